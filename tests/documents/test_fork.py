"""docs/fork.md, followed literally: a fork has its own name and file, and its test passes."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from renders import TEMPLATE
from repositories import clone_template, run
from steps import follow, read_steps

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (TEMPLATE / "docs" / "fork.md").read_text(encoding="utf-8")
REPLACE_NAME, RUN_TEST = re.findall(r"^```sh\n(.*?)\n", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    copy = tmp_path / "fork"
    clone_template(copy)
    follow(read_steps(PAGE), copy)
    return copy


def run_own_test(fork: Path, status: int = 0) -> str:
    command = RUN_TEST.replace(".venv/bin/python", sys.executable)
    return run("bash", "-ec", f"{command} --numprocesses=0", directory=fork, status=status)


@pytest.mark.slow
def test_a_fork_passes_its_own_test(fork: Path) -> None:
    run_own_test(fork)


@pytest.mark.slow
def test_one_command_replaces_the_organisation_everywhere(fork: Path) -> None:
    run("bash", "-ec", REPLACE_NAME, directory=fork)

    assert run("git", "grep", "--word-regexp", "O" + "RG/", directory=fork, status=1) == ""
    assert "cookiecutter gh:acme/cookiecutter-sam-localstack" in (fork / "README.md").read_text(encoding="utf-8")


def test_each_text_to_change_is_in_its_file() -> None:
    rows = re.findall(r"^\| .* \| `(.*)` \| `(.*)` \|$", PAGE, re.MULTILINE)

    assert len(rows) == PAGE.count("\n| ") - 1
    assert [row for row in rows if (TEMPLATE / row[1]).read_text(encoding="utf-8").count(row[0]) != 1] == []
