{% if service.is_python -%}
"""Finds out whether a function's source has changed."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def list_files(directory: Path) -> list[Path]:
    """Return the files of a function. Links are followed, and data counts: it may be read at import."""
    files = directory.rglob("*", recurse_symlinks=True)
    return [file for file in files if file.is_file() and "__pycache__" not in file.parts]
{%- else -%}
"""Builds the functions' programs, and finds out whether their source has changed."""

import json
import re
import subprocess
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


class BuildError(Exception):
    """There is no program to start."""


class Build:
    """The programs that cargo has built, by name."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.programs: dict[str, Path] = {}
        self.times: dict[Path, int] = {}
        self.number = 0

    def update(self) -> int:
        """Build after an edit, and return the number of the last build that worked. Raises BuildError if none did."""
        with self.lock:
            times = read_times(list_files(self.programs.values()))
            if times != self.times:
                if programs := build():
                    self.programs = programs
                    self.number += 1
                    # The build may have brought files; an edit during it still counts.
                    after = read_times(list_files(programs.values()))
                    self.times = {file: times.get(file, time) for file, time in after.items()}
                elif self.programs:
                    self.times = {}  # what is missing may come anywhere: the next request builds again
                    print("The build failed. The API still runs the last one that worked.", flush=True)
                else:
                    raise BuildError("The build failed")
            return self.number

    def find_program(self, name: str | None) -> Path:
        """Return the program with a name, or the only one if it is None. Raises BuildError."""
        found = [program for built, program in self.programs.items() if name in (None, built)]
        if len(found) != 1:
            raise BuildError(f"cargo built {', '.join(self.programs)}; name one as Binary in Metadata of template.yaml")
        return found[0]


def build() -> dict[str, Path]:
    """Run `cargo build`, and return the programs that it made; none if it failed."""
    command = ["cargo", "build", "--message-format=json-render-diagnostics"]
    result = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    made = [message for message in messages if message.get("executable") and message["target"]["kind"] == ["bin"]]
    programs = {message["target"]["name"]: Path(message["executable"]) for message in made}
    return programs if result.returncode == 0 else {}


{% if not service.is_jwt -%}
def find_target_directory() -> Path:
    """Return the directory in which cargo puts what it builds; its configuration may name another one than target."""
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    result = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
    return Path(json.loads(result.stdout)["target_directory"])


{% endif -%}
def list_files(programs: Iterable[Path]) -> set[Path]:
    """Return the files that programs were built from: those of their packages, and what these include."""
    files = {PROJECT / "Cargo.toml"}
    for program in programs:
        # https://doc.rust-lang.org/cargo/reference/build-cache.html#dep-info-files
        with suppress(OSError):  # after `cargo clean`, the next build brings it
            names = Path(f"{program}.d").read_text(encoding="utf-8").partition(": ")[2]
            files |= {Path(name.replace("\\ ", " ")) for name in re.split(r"(?<!\\)\s+", names) if name}
    for directory in {parent for file in files for parent in file.parents}:
        if (directory / "Cargo.toml").exists():
            files |= {directory / "Cargo.toml", *(directory / "src").rglob("*", recurse_symlinks=True)}
    return files
{%- endif %}


def read_times(files: Iterable[Path]) -> dict[Path, int]:
    """Return when each of the files that exist was changed last."""
    times = {}
    for file in files:
        with suppress(OSError):
            times[file] = file.stat().st_mtime_ns
    return times
