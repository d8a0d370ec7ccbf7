"""What the template's files are rendered with. Cookiecutter asks for `local_extensions.AnswersExtension`."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Import the extension only when it is asked for: the post-gen hook needs no Jinja, whose import takes longest."""
    if name != "AnswersExtension":
        raise AttributeError(name)
    return import_module("local_extensions.extension").AnswersExtension
