"""Every tool that renders the template gives the same service, and refuses bad answers before any file exists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from renders import cookiecutter
from repositories import commit_all, read_tree, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANSWERS = {"project_name": "Orders", "table_name": "orders", "partition_key": "order:N", "region": "eu-west-1"}

pytestmark = pytest.mark.slow


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, bytes]:
    """What cookiecutter renders."""
    result = cookiecutter(
        "--no-input", "-o", str(tmp_path / "cookiecutter"), *(f"{name}={value}" for name, value in ANSWERS.items())
    )
    assert result.returncode == 0, result.stderr
    return read_tree(tmp_path / "cookiecutter" / "orders")


def render_with_sam(repository: Path, output: Path, answers: dict[str, str], status: int = 0) -> str:
    options = ["--no-input", "--extra-context", json.dumps(answers), "--output-dir", str(output)]
    return run("sam", "init", "--location", str(repository), *options, directory=output.parent, status=status)


def render_with_cruft(repository: Path, output: Path, answers: dict[str, str], status: int = 0) -> str:
    options = ["--no-input", "--extra-context", json.dumps(answers), "--output-dir", str(output)]
    return run("cruft", "create", str(repository), *options, directory=output.parent, status=status)


def change_answers_with_cruft(service: Path, answers: dict[str, str], status: int = 0) -> str:
    options = ["--skip-apply-ask", "--variables-to-update", json.dumps(answers)]
    return run("cruft", "update", *options, directory=service, status=status)


RENDERERS = pytest.mark.parametrize("render", [render_with_sam, render_with_cruft], ids=["sam init", "cruft create"])


@RENDERERS
def test_gives_the_same_service(
    repository: Path, expected: dict[str, bytes], tmp_path: Path, render: Callable[..., str]
) -> None:
    render(repository, tmp_path / "output", ANSWERS)

    assert read_tree(tmp_path / "output" / "orders") == expected


@RENDERERS
def test_refuses_bad_answers_with_a_line_for_each(repository: Path, tmp_path: Path, render: Callable[..., str]) -> None:
    output = render(repository, tmp_path / "output", {"region": "mars", "routes": "FETCH /"}, status=1)

    assert "region: 'mars' is not an AWS region" in output
    assert "Traceback" not in output
    assert "\nroutes: 'FETCH /': 'FETCH' is not a method" in output
    assert "\n\nFix these answers:\n\nregion='mars'\nroutes='FETCH /'\n" in output
    assert list((tmp_path / "output").glob("*")) == []


@pytest.fixture
def cruft_service(repository: Path, tmp_path: Path) -> Path:
    """A service of cruft's, in git."""
    render_with_cruft(repository, tmp_path / "output", ANSWERS)
    service = tmp_path / "output" / "orders"
    run("git", "init", "--quiet", directory=service)
    commit_all(service, "Render the service")
    return service


def test_cruft_diff_prints_a_patch_that_applies_and_nothing_else_on_stdout(cruft_service: Path) -> None:
    makefile = (cruft_service / "Makefile").read_text(encoding="utf-8")
    (cruft_service / "Makefile").write_text(f"# Edited\n{makefile}", encoding="utf-8")

    run("bash", "-ec", "cruft diff >../patch", directory=cruft_service)

    lines = (cruft_service.parent / "patch").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("diff --git ")
    assert [line for line in lines if line.startswith("-")][1:] == ["-# Edited"]
    run("git", "apply", "../patch", directory=cruft_service)
    assert run("git", "status", "--short", directory=cruft_service) == ""


def test_cruft_update_brings_new_routes(cruft_service: Path) -> None:
    change_answers_with_cruft(cruft_service, {"routes": "GET /orders, GET /reports"})

    assert "Path: /reports" in (cruft_service / "template.yaml").read_text(encoding="utf-8")


def test_cruft_update_renders_with_the_code_of_the_new_version(repository: Path, tmp_path: Path) -> None:
    template = tmp_path / repository.name
    run("git", "clone", "--quiet", str(repository), str(template), directory=tmp_path)
    render_with_cruft(template, tmp_path / "output", {**ANSWERS, "architecture": "x86_64"})
    service = tmp_path / "output" / "orders"
    run("git", "init", "--quiet", directory=service)
    commit_all(service, "Render the service")
    code = (template / "local_extensions" / "deployment.py").read_text(encoding="utf-8")
    (template / "local_extensions" / "deployment.py").write_text(code.replace("ubuntu-24.04", "ubuntu-latest"))
    commit_all(template, "Use another machine")

    run("cruft", "update", "--skip-apply-ask", directory=service)

    assert "ubuntu-latest" in (service / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_cruft_update_refuses_bad_routes_and_changes_nothing(cruft_service: Path) -> None:
    output = change_answers_with_cruft(cruft_service, {"routes": "FETCH /, GET b", "region": "mars"}, status=1)

    assert "region: 'mars' is not an AWS region" in output
    assert "Traceback" not in output
    assert "\nroutes: 'FETCH /': 'FETCH' is not a method" in output
    assert "\nroutes: 'GET b': 'b' does not start with '/'" in output
    assert run("git", "status", "--short", directory=cruft_service) == ""
