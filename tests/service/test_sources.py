"""scripts/sources.py of services in Rust: which edits it notices, and where it finds what cargo built.

A small crate without packages takes a second to build; test_local_api.py and test_local_stack.py edit whole services.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from crates import EDITABLE, FILES, HOST, write_crates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from renders import Bake

pytestmark = [pytest.mark.rust, pytest.mark.slow]

VALUES = ["value"] * len(EDITABLE)
# For each line that it reads, it does what the local API does for a request, and prints what the program prints.
DRIVER = """
import subprocess, sys
sys.path.insert(0, "scripts")
import sources
build = sources.Build()
for _ in sys.stdin:
    try:
        number = build.update()
        program = build.find_program(None)
        print(number, subprocess.run([program], stdout=subprocess.PIPE, text=True).stdout.strip(), flush=True)
    except sources.BuildError as error:
        print(error, flush=True)
"""
FAILED = "The build failed. The API still runs the last one that worked."


@dataclass
class Program:
    """A program that is built from sources, and its sources."""

    directory: Path
    driver: subprocess.Popen[str]

    def run(self) -> list[str]:
        """Return the number of the build and what the program prints, or the line that says why it does not."""
        assert self.driver.stdin
        assert self.driver.stdout
        self.driver.stdin.write("\n")
        self.driver.stdin.flush()
        return self.driver.stdout.readline().split()

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.directory / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


@pytest.fixture
def sources(tmp_path: Path, bake: Bake, rust_tools: Path) -> Path:
    """The sources of a program, with the service's script."""
    write_crates(tmp_path)
    shutil.copytree(bake(language="rust").path / "scripts", tmp_path / "app" / "scripts")
    (tmp_path / "app" / ".venv").symlink_to(rust_tools)
    return tmp_path


@contextlib.contextmanager
def running(sources: Path) -> Iterator[Program]:
    driver = subprocess.Popen(
        [".venv/bin/python", "-c", DRIVER],
        cwd=sources / "app",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Program(sources, driver)
    finally:
        driver.kill()
        driver.wait()


@pytest.fixture
def program(sources: Path) -> Iterator[Program]:
    with running(sources) as program:
        yield program


def test_notices_the_edit_of_each_file_and_nothing_else(program: Program) -> None:
    first = program.run()
    (program.directory / "app" / "notes.txt").write_text("not a source")
    (program.directory / "other.rs").write_text("not a source")
    again = program.run()

    assert first == again == ["1", *VALUES]
    for number, file in enumerate(EDITABLE, start=2):
        program.edit(file, "value", f"v{number}")
        output = program.run()
        assert output[0] == str(number), file
        assert f"v{number}" in output, file
        assert program.run() == output
    assert sorted(program.run()[1:]) == sorted(f"v{number}" for number in range(2, len(EDITABLE) + 2))


@pytest.mark.parametrize(
    ("file", "statement", "missing", "right"),
    [
        ("shared/src/lib.rs", "mod more;\n", "shared/src/more.rs", ""),
        ("app/src/main.rs", 'const _: &str = include_str!("../../sql/query.sql");\n', "sql/query.sql", "SELECT"),
    ],
)
def test_builds_again_when_a_missing_file_appears(
    program: Program, file: str, statement: str, missing: str, right: str
) -> None:
    path = program.directory / missing
    path.parent.mkdir(exist_ok=True)
    first = program.run()

    program.edit(file, "\n", f"\n{statement}")
    failed = " ".join(program.run())
    first_again = program.run()
    path.write_text(right)
    fixed = program.run()

    assert failed == FAILED
    assert first_again == first
    assert (fixed[0], fixed[1:]) == ("2", first[1:])


def test_reports_a_build_that_never_worked(sources: Path) -> None:
    (sources / "linked" / "mod.rs").write_text("no Rust")

    with running(sources) as program:
        failed = " ".join(program.run())
        (sources / "linked" / "mod.rs").write_text(FILES["linked/mod.rs"])
        fixed = program.run()

    assert failed == "The build failed"
    assert fixed == ["1", *VALUES]


def test_builds_again_after_cargo_clean(program: Program) -> None:
    first = program.run()
    shutil.rmtree(program.directory / "app" / "target")

    assert program.run() == ["2", *first[1:]]


@pytest.mark.parametrize(
    "settings",
    [
        f'target = ["{HOST}"]\ntarget-dir = "a b/c"\nbuild-dir = "own"',
        'target-dir = "final"\nbuild-dir = "intermediate"',
    ],
)
def test_finds_what_cargo_builds_wherever_its_settings_put_it(sources: Path, settings: str) -> None:
    config = sources / ".cargo" / "config.toml"
    config.write_text(f"[build]\n{settings}\n")

    with running(sources) as program:
        first = program.run()
        program.edit("words.txt", "value", "new")
        program.edit("shared/src/lib.rs", "value", "new")
        second = program.run()

    assert first == ["1", *VALUES]
    assert (second[0], second.count("new")) == ("2", 2)
