"""`make new`, for which a checkout needs Python and make only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from renders import TEMPLATE
from repositories import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_installs_what_rendering_needs_and_nothing_else(repository: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    run("git", "clone", "--quiet", str(repository), str(checkout), directory=tmp_path)
    path = os.pathsep.join(entry for entry in os.environ["PATH"].split(os.pathsep) if str(TEMPLATE) not in entry)

    run("make", "new", "NO_INPUT=1", f"OUTPUT={tmp_path / 'output'}", directory=checkout, PATH=path)

    programs = {program.name for program in (checkout / ".venv" / "bin").iterdir()}
    assert (tmp_path / "output" / "users-api" / "Makefile").is_file()
    assert "cookiecutter" in programs
    assert not programs & {"pytest", "ruff", "sam"}
