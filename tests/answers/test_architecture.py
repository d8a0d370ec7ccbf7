"""The architecture of the functions is this machine's, unless an answer names the other one."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from local_extensions.answers import find_answer, find_architecture
from renders import TEMPLATE, Service, cookiecutter

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("machine", "architecture"),
    [
        ("x86_64", "x86_64"),
        ("AMD64", "x86_64"),  # Windows
        ("arm64", "arm64"),  # macOS
        ("ARM64", "arm64"),  # Windows
        ("aarch64", "arm64"),  # Linux
        ("riscv64", "x86_64"),
        ("", "x86_64"),
    ],
)
def test_is_the_machine_s_in_lambda_s_words(
    monkeypatch: pytest.MonkeyPatch, cookies: Any, machine: str, architecture: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)

    assert find_architecture() == architecture
    assert read_architecture(Service(cookies.bake().project_path)) == architecture


def test_is_the_machine_s_in_a_replay_without_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")

    assert find_answer({}, "architecture") == "arm64"


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_may_be_the_other_one_and_is_in_the_summary(tmp_path: Path, architecture: str) -> None:
    result = cookiecutter("--no-input", f"architecture={architecture}", directory=tmp_path, template=TEMPLATE)

    assert f"functions for {architecture}," in result.stderr
    assert read_architecture(Service(tmp_path / "users-api")) == architecture


def read_architecture(service: Service) -> str:
    (line,) = [line for line in service.read("template.yaml").splitlines() if "Architectures:" in line]
    (architecture,) = yaml.safe_load(line)["Architectures"]
    return str(architecture)
