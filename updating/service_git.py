"""Git, in the service's repository: what is not committed, the merge, and its conflicts."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class UpdateError(Exception):
    """The update is refused, and nothing has changed. One line says why, and what to do."""


def git(*arguments: str, check: bool = True, text: str = "", environment: Mapping[str, str] | None = None) -> str:
    """Run git, and return what it prints."""
    result = run_git(*arguments, text=text, environment=environment)
    if check and result.returncode:
        raise UpdateError(f"git {arguments[0]} failed: {result.stderr.strip()}")
    return result.stdout


def run_git(
    *arguments: str, text: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-c", "core.quotePath=false", *arguments],
        env={**os.environ, **(environment or {})},
        input=text,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )


def require_clean_repository() -> None:
    """Refuse to start if something is not committed: `git reset --hard` must undo the update and nothing else."""
    if not git("rev-parse", "--verify", "--quiet", "HEAD", check=False):
        raise UpdateError(
            "The service is not committed in git; run `git init`, `git add --all` and `git commit` first."
        )
    lines = git("status", "--porcelain", "--untracked-files=no").splitlines()
    lines += git("status", "--porcelain", "--", ".").splitlines()
    files = list(dict.fromkeys(line[3:] for line in lines))
    if files:
        raise UpdateError(f"Not committed: {', '.join(files)}; commit or stash them first.")


def commit_tree(directory: Path, message: str, *parents: str) -> str:
    """Commit a directory as the service's, in a commit that no branch contains, and return the commit."""
    prefix = git("rev-parse", "--show-prefix").strip()
    with tempfile.TemporaryDirectory() as temporary:
        index = {"GIT_INDEX_FILE": str(Path(temporary) / "index")}
        add = ["-c", "core.sparseCheckout=false", "--work-tree", str(directory), "add", "--all", "--force", "."]
        git("-C", str(directory), "--git-dir", git("rev-parse", "--absolute-git-dir").strip(), *add, environment=index)
        tree = git("write-tree", environment=index).strip()
        if prefix:
            index = {"GIT_INDEX_FILE": str(Path(temporary) / "prefixed")}
            git("read-tree", f"--prefix={prefix}", tree, environment=index)
            tree = git("write-tree", environment=index).strip()
    identity = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", "make update"), ("EMAIL", "update@localhost"))
    }
    options = [word for parent in parents for word in ("-p", parent)]
    return git("commit-tree", tree, "-m", message, *options, environment=identity).strip()


def list_unmerged() -> list[tuple[str, str]]:
    """Return the status and the path of each file with a conflict, such as UU and Makefile."""
    return [(status, file) for status, file in list_statuses() if "U" in status or status in ("AA", "DD")]


def list_changed() -> list[str]:
    """Return the files that the merge changed or added."""
    return [file for status, file in list_statuses() if "D" not in status]


def list_statuses() -> list[tuple[str, str]]:
    lines = git("status", "--porcelain", "--untracked-files=no", "--no-renames").splitlines()
    prefix = git("rev-parse", "--show-prefix").strip()
    return [(line[:2], line[3:].strip('"').removeprefix(prefix)) for line in lines]
