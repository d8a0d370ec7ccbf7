"""A document's steps are followed exactly, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from steps import follow, read_steps

if TYPE_CHECKING:
    from pathlib import Path

FILE = "one = [\n    1,\n]\n\n\ntwo = 2\n"


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("above `two = 2`", "three = 3", "one = [\n    1,\n]\n\n\nthree = 3\n\n\ntwo = 2\n"),
        ("below `one = [`", "    0,", "one = [\n    0,\n    1,\n]\n\n\ntwo = 2\n"),
    ],
)
def test_puts_a_text_above_or_below_a_line(tmp_path: Path, place: str, text: str, expected: str) -> None:
    (tmp_path / "file.py").write_text(FILE)

    follow(read_steps(f"In `file.py`, {place}:\n\n```python\n{text}\n```\n"), tmp_path)

    assert (tmp_path / "file.py").read_text() == expected


def test_creates_a_new_file_and_overwrites_none(tmp_path: Path) -> None:
    steps = read_steps("In `tests/file.py`, a new file:\n\n```python\none = 1\n```\n")

    follow(steps, tmp_path)

    assert (tmp_path / "tests" / "file.py").read_text() == "one = 1\n"
    with pytest.raises(AssertionError, match="already exists"):
        follow(steps, tmp_path)


@pytest.mark.parametrize("line", ["three = 3", "one"])
def test_fails_if_the_line_is_missing(tmp_path: Path, line: str) -> None:
    (tmp_path / "file.py").write_text(FILE)

    with pytest.raises(AssertionError, match="0 times"):
        follow(read_steps(f"In `file.py`, above `{line}`:\n\n```python\nx\n```\n"), tmp_path)


def test_fails_if_the_line_exists_twice(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text(FILE + FILE)

    with pytest.raises(AssertionError, match="2 times"):
        follow(read_steps("In `file.py`, above `two = 2`:\n\n```python\nx\n```\n"), tmp_path)


def test_fails_for_a_block_outside_the_steps() -> None:
    with pytest.raises(AssertionError, match="a block belongs to no step"):
        read_steps("In `a`, a new file:\n\n```python\nx\n```\n\nAnd somewhere:\n\n```yaml\nx\n```\n")
