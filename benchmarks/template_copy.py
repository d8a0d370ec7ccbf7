"""Copies the template, without the rest of the checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent.parent


def copy_template(copy: Path) -> None:
    """Copy the files that cookiecutter reads into a new directory."""
    copy.mkdir()
    shutil.copy(TEMPLATE / "cookiecutter.json", copy)
    for name in ("hooks", "local_extensions", "templates", "{{checked(cookiecutter.project_slug)}}"):
        shutil.copytree(TEMPLATE / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
