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

# Earlier versions, which get tags in the tests' copies: the repository itself has tags from 0.9.0 on.
VERSIONS = {
    "v0.1.0": "953ea89",  # the first that has documents
    "v0.8.0": "c77a12d",  # the last with __checked in .cruft.json, and with a directory of another name
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
    for version, commit in VERSIONS.items():
        if has_commit(copy, commit):
            run("git", "tag", "--force", version, commit, directory=copy)
    run("git", "rm", "-r", "--quiet", ".", directory=copy)
    listing = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", directory=TEMPLATE)
    for file in listing.strip("\0").split("\0"):
        if (TEMPLATE / file).exists():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TEMPLATE / file, copy / file)
    commit_all(copy, "The template as it is here")


def require_version(repository: Path, version: str) -> None:
    """Skip the test where the history does not go back to a version."""
    if not has_commit(repository, version):
        pytest.skip(f"this clone's history has no version {version}: `git fetch --unshallow` gets it")


def has_commit(repository: Path, revision: str) -> bool:
    command = ["git", "cat-file", "-e", f"{revision}^{{commit}}"]
    return subprocess.run(command, cwd=repository, capture_output=True, check=False).returncode == 0


def read_tree(directory: Path) -> dict[str, bytes]:
    """Return the content of each file but for git's, cruft's and the answers."""
    paths = [
        path for path in directory.rglob("*") if path.is_file() and ".git" not in path.relative_to(directory).parts
    ]
    own = {".cruft.json", "answers.json"}
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths if path.name not in own}
