"""Changes of a service's source that its tests must notice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from renders import Service


def list_mutants(text: str, right: str, wrong: str) -> list[str]:
    """Return a text once for each place where a part of it is, with another one in that place."""
    starts = [match.start() for match in re.finditer(re.escape(right), text)]
    return [text[:start] + wrong + text[start + len(right) :] for start in starts]


def fails(service: Service, path: Path, text: str, *arguments: str) -> bool:
    """Return whether a test fails while a file has another text. The arguments are pytest's."""
    original = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    result = service.run(".venv/bin/python", "-m", "pytest", "--quiet", "--exitfirst", *arguments)
    path.write_text(original, encoding="utf-8")
    return re.search(r"\d failed", result.stdout) is not None
