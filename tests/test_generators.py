"""The tools that render the template give the same service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from conftest import cookiecutter
from repositories import read_tree, run

if TYPE_CHECKING:
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


def test_sam_init_gives_the_same_service(repository: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    render_with_sam(repository, tmp_path / "sam", ANSWERS)

    assert read_tree(tmp_path / "sam" / "orders") == expected


def test_sam_init_refuses_bad_answers_without_a_traceback(repository: Path, tmp_path: Path) -> None:
    output = render_with_sam(repository, tmp_path / "sam", {"region": "mars"}, status=1)

    assert "region: 'mars' is not an AWS region" in output
    assert "Traceback" not in output
    assert list((tmp_path / "sam").glob("*")) == []


def test_cruft_create_gives_the_same_service(repository: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    options = ["--no-input", "--extra-context", json.dumps(ANSWERS), "--output-dir", str(tmp_path / "cruft")]
    run("cruft", "create", str(repository), *options, directory=tmp_path)

    assert read_tree(tmp_path / "cruft" / "orders") == expected
