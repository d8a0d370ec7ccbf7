"""Renders of the template, and what is done with them."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import socket
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import yaml

TEMPLATE = Path(__file__).resolve().parents[2]
SLUG = "{{checked(cookiecutter.project_slug)}}"
NUMBERS = itertools.count()
COOKIECUTTER_CONFIG = Path(__file__).with_name("cookiecutterrc.yaml")
ANSWERS: dict[str, str] = yaml.safe_load(COOKIECUTTER_CONFIG.read_text(encoding="utf-8"))["default_context"]
# Debian with Python 3.14 and Lambda's runtime, on which MiniStack's image is built.
MINISTACK_BASE = "local/debian-forky:lambda"

# What tests with a marker need, and its program.
PROGRAMS = {"lldb": ("LLDB", "lldb"), "node": ("Node.js", "npx"), "rust": ("cargo", "cargo")}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Debug information, incremental compilation and optimization take longer than they save here. An edit of this file
# makes cargo compile everything again.
CARGO_CONFIG = """\
[build]
build-dir = "{build}"
incremental = false

[profile.dev]
debug = false

[profile.release]
codegen-units = 16
lto = "off"
opt-level = 0
"""


def docker_answers() -> bool:
    return (
        shutil.which("docker") is not None
        and subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    )


def has_image(name: str) -> bool:
    return subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False).returncode == 0


def go_answers() -> bool:
    command = ["go", "list", "-m", "github.com/oasdiff/oasdiff@latest"]
    return (
        shutil.which("go") is not None
        and subprocess.run(command, cwd="/", capture_output=True, check=False).returncode == 0
    )


def find_browser() -> str | None:
    """Return the path of a browser that the tests can use."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@lru_cache
def find_missing(marker: str) -> str:
    """Return what tests with a marker need and this machine lacks, or nothing."""
    if marker == "docker" and not docker_answers():
        return "no Docker engine answers"
    if marker == "ministack" and not has_image(MINISTACK_BASE):
        return f"the image {MINISTACK_BASE} does not exist"
    if marker == "go" and not go_answers():
        return "Go is not installed, or cannot download modules"
    if marker == "browser" and find_browser() is None:
        return f"none of {', '.join(BROWSERS)} is installed"
    name, program = PROGRAMS.get(marker, ("", ""))
    return f"{name} is not installed" if program and shutil.which(program) is None else ""


@dataclass(frozen=True)
class Service:
    """A rendered service."""

    path: Path

    @property
    def files(self) -> list[str]:
        """Every file that was rendered, in order."""
        return sorted(path.relative_to(self.path).as_posix() for path in self.path.rglob("*") if path.is_file())

    def read(self, file: str) -> str:
        return (self.path / file).read_text(encoding="utf-8")

    def edit(self, file: str, old: str, new: str) -> None:
        """Put a text in place of another one, which the file must have."""
        text = self.read(file)
        assert old in text, f"{file} lacks {old!r}"
        (self.path / file).write_text(text.replace(old, new), encoding="utf-8")

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the service's directory, its output and errors in one."""
        return subprocess.run(
            command,
            cwd=self.path,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1200,
            check=False,
        )

    def check(self, *command: str) -> None:
        """Run a command. Fails the test if the command fails."""
        result = self.run(*command)
        assert result.returncode == 0, f"{' '.join(command)} failed:\n{result.stdout}"

    def make(self, *arguments: str, **environment: str) -> str:
        """Run make, and return what it prints. Fails the test where make fails."""
        result = self.run("make", *arguments, **environment)
        assert result.returncode == 0, f"make {' '.join(arguments)} failed:\n{result.stdout}"
        return result.stdout


class Bake(Protocol):
    """Renders the template with answers; those that are not given are the defaults."""

    def __call__(self, **answers: Any) -> Service: ...


def cookiecutter(
    *arguments: str, template: Path = TEMPLATE, directory: Path | None = None, typed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run cookiecutter as a user would, with the tests' own settings: see conftest.py."""
    return subprocess.run(
        ["cookiecutter", str(template), *arguments],
        cwd=directory,
        env={**os.environ, **environment},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def use_tools(service: Service, tools: Path) -> None:
    """Give a service the environment that `make setup` installed for another one, newer than its pyproject.toml."""
    (service.path / ".venv").symlink_to(tools)
    # In make's order: another service may have renewed one, and make would install the following ones again.
    for stamp in (tools / ".local", tools / ".deploy", tools / ".complete"):
        if stamp.exists():
            stamp.touch()
    os.environ["MYPY_CACHE_DIR"] = str(tools / "mypy-cache")  # what mypy knows of the libraries holds for all


def find_free_port() -> int:
    """Return a port on which nothing listens. Systems take those of connections from 32768 up, or from higher ports."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
