"""What the template's files are rendered with. Cookiecutter asks for `local_extensions.AnswersExtension`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Import the extension only when it is asked for: the post-gen hook needs no Jinja, whose import takes longest.

    Cookiecutter asks three times. The extension stays known by this file's path: its name may mean another version's.
    """
    if name != "AnswersExtension":
        raise AttributeError(name)
    if __file__ not in sys.modules:
        sys.modules[__file__] = import_module("local_extensions.extension")
    return sys.modules[__file__].AnswersExtension
