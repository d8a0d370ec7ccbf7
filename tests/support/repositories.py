"""Git repositories: this one's clone, and those of services."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from renders import TEMPLATE

if TYPE_CHECKING:
    from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
}


def run(*command: str, directory: Path, status: int = 0, answers: str = "", **environment: str) -> str:
    """Run a command, and return its output and errors in one. Fails the test where it ends with another status."""
    result = subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **IDENTITY, **environment},
        input=answers,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == status, result.stdout
    return result.stdout


def commit_all(repository: Path, message: str) -> None:
    run("git", "add", "--all", directory=repository)
    run("git", "commit", "--quiet", "--allow-empty", "--message", message, directory=repository)


def clone_template(copy: Path) -> None:
    """Clone this repository with its history, and commit what is here and not committed."""
    run("git", "clone", "--quiet", str(TEMPLATE), str(copy), directory=TEMPLATE)
    run("git", "rm", "-r", "--quiet", ".", directory=copy)
    listing = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", directory=TEMPLATE)
    for file in listing.strip("\0").split("\0"):
        if (TEMPLATE / file).exists():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TEMPLATE / file, copy / file)
    commit_all(copy, "The template as it is here")


def require_commit(repository: Path, commit: str) -> None:
    """Skip the test where the history does not go back to a commit."""
    known = subprocess.run(
        ["git", "cat-file", "-e", f"{commit}^{{commit}}"], cwd=repository, capture_output=True, check=False
    )
    if known.returncode:
        pytest.skip(f"this clone's history has no commit {commit}: `git fetch --unshallow` gets it")


def read_tree(directory: Path) -> dict[str, bytes]:
    """Return the content of each file but for git's, cruft's and the answers."""
    paths = [
        path for path in directory.rglob("*") if path.is_file() and ".git" not in path.relative_to(directory).parts
    ]
    own = {".cruft.json", "answers.json"}
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths if path.name not in own}
