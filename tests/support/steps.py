"""Follows the steps of a document exactly.

A step is "In `file`, above `line`:" or "below `line`:" or "In `file`, a new file:", and a block with the text. A line is
named without its indentation. A text above a line gets the blank lines that the line has above it; below a line that is not indented, those below it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from renders import TEMPLATE

if TYPE_CHECKING:
    from pathlib import Path

STEP = re.compile(
    r"^In `(?P<file>[^`]+)`, (?:a new file|(?P<where>above|below) `(?P<line>[^`]+)`):\n\n"
    r"```\w+\n(?P<text>.*?\n)```$",
    re.MULTILINE | re.DOTALL,
)
BLOCK = re.compile(r"^```(?!sh$)\w+\n.*?^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A text, and the place where it is put."""

    file: str
    where: str
    """above or below a line; empty for a new file."""

    line: str
    text: str


def read_steps(document: str) -> list[Step]:
    """Return the steps of a document. Each of its blocks must be in a step, except for commands."""
    steps = [
        Step(found["file"], found["where"] or "", found["line"] or "", found["text"])
        for found in STEP.finditer(document)
    ]
    assert steps
    assert len(steps) == len(BLOCK.findall(document)), "a block belongs to no step"
    return steps


def follow(steps: list[Step], project: Path) -> None:
    """Follow the steps in their order."""
    for step in steps:
        path = project / step.file
        assert step.where or not path.exists(), f"{step.file} already exists"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = put(step, path.read_text(encoding="utf-8")) if step.where else step.text
        path.write_text(text, encoding="utf-8")


def put(step: Step, text: str) -> str:
    """Return a file's text with the step's text in it. Fails if the file does not have the step's line exactly once."""
    found = list(re.finditer(rf"^ *{re.escape(step.line)}\n", text, re.MULTILINE))
    assert len(found) == 1, f"{step.file} has the line {step.line!r} {len(found)} times"
    before, line, after = text[: found[0].start()], found[0][0], text[found[0].end() :]
    blank_lines = "\n" * (len(before) - len(before.rstrip("\n")) - 1)
    if step.where == "above":
        return before + step.text + blank_lines + line + after
    own_lines = "\n" * (len(after) - len(after.lstrip("\n"))) if line[0] != " " else ""
    return before + line + own_lines + step.text + after


def read_table_page(section: str, language: str = "python") -> list[Step]:
    """Return the steps of a section of docs/table.md, with the page's differences for a language."""
    page = (TEMPLATE / "docs" / "table.md").read_text(encoding="utf-8")
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    other = "Rust" if language == "python" else "Python"
    text = re.sub(rf"^### [^\n]*, in {other}\n.*?(?=^### |\Z)", "", text, flags=re.MULTILINE | re.DOTALL)
    if language == "rust":
        text = text.replace("BuildMethod: python-uv", "BuildMethod: rust-cargolambda")
    return read_steps(text)
