"""A copy of what makes the template, without what the checkout has beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent.parent


def copy_template(copy: Path) -> None:
    """Copy what cookiecutter reads of the template into a directory that is not there yet."""
    copy.mkdir()
    for name in ("cookiecutter.json", "local_extensions.py", "rendered_service.py"):
        shutil.copy(TEMPLATE / name, copy)
    for name in ("hooks", "{{checked(cookiecutter.project_slug)}}"):
        shutil.copytree(TEMPLATE / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
