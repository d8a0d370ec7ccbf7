"""What the template's files are rendered with. Cookiecutter asks for `local_extensions.AnswersExtension`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def __getattr__(name: str) -> Any:
    """Import the extension only when it is asked for: the post-gen hook needs no Jinja, whose import takes longest.

    Cookiecutter asks three times. The extension stays known by its files' directory and time: its name may mean another
    version's, and cruft checks out two versions into one directory.
    """
    if name != "AnswersExtension":
        raise AttributeError(name)
    directory = Path(__file__).parent
    key = f"{directory} {max(file.stat().st_mtime_ns for file in directory.glob('*.py'))}"
    if key not in sys.modules:
        sys.modules[key] = import_module("local_extensions.extension")
    return sys.modules[key].AnswersExtension
