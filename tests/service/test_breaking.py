"""`make breaking`: what it compares, and that it fails only if clients break or a program fails."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from renders import Service
from repositories import commit_all, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from renders import Bake

OLD, NEW = "services/old-api", "services/users-api"
# Instead of Go, which needs a minute to compile oasdiff: prints its arguments.
GO = '#!/bin/sh\necho "go $*"\nexit "${GO_STATUS:-0}"\n'


@pytest.fixture
def make_breaking(tmp_path: Path) -> Callable[..., tuple[int, list[str]]]:
    """Runs `make breaking` in a directory, and returns its status and what it prints."""
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(GO)
    go.chmod(0o755)

    def make(directory: Path, *arguments: str, **environment: str) -> tuple[int, list[str]]:
        environment = {"PATH": f"{go.parent}:{os.environ['PATH']}", **environment}
        result = Service(directory).run("make", "--no-print-directory", "breaking", *arguments, **environment)
        return result.returncode, result.stdout.splitlines()

    return make


@pytest.fixture
def repository(bake: Bake, tmp_path: Path) -> Path:
    """A repository whose second commit adds the service, and whose third one moves it."""
    repository = tmp_path / "repository"
    (repository / "services").mkdir(parents=True)
    run("git", "init", "--quiet", "--initial-branch=main", directory=repository)
    commit_all(repository, "Nothing yet")
    shutil.copytree(bake().path, repository / OLD)
    commit_all(repository, "Add the service")
    run("git", "mv", OLD, NEW, directory=repository)
    commit_all(repository, "Move the service")
    return repository


def clone(repository: Path, *arguments: str) -> Path:
    copy = repository.with_name(f"clone-{len(list(repository.parent.iterdir()))}")
    run("git", "clone", "--quiet", *arguments, f"file://{repository}", str(copy), directory=repository)
    return copy


def test_has_nothing_to_compare_with_in_one_line(
    repository: Path, make_breaking: Callable[..., tuple[int, list[str]]]
) -> None:
    shallow = clone(repository, "--depth=1")
    empty = repository.with_name("empty")
    shutil.copytree(repository / NEW, empty)
    run("git", "init", "--quiet", directory=empty)

    moved = make_breaking(repository / NEW, "BASE=HEAD^")
    no_origin = make_breaking(repository / NEW)
    no_parent = make_breaking(shallow / NEW, "BASE=HEAD^")
    no_commit_at_all = make_breaking(empty, "BASE=HEAD")

    assert moved == (0, ["HEAD^ has no openapi.yaml in this directory: nothing to compare with"])
    bases = {"origin/main": no_origin, "HEAD": no_commit_at_all, "HEAD^": no_parent}
    assert bases == {base: (0, [f"This clone has no {base}: nothing to compare with"]) for base in bases}


def test_compares_with_the_file_at_the_base(
    repository: Path, make_breaking: Callable[..., tuple[int, list[str]]]
) -> None:
    status, lines = make_breaking(clone(repository) / NEW)

    assert status == 0
    assert len(lines) == 1
    assert lines[0].endswith(" breaking --fail-on MISSING-VERSION-BUMP origin/main:./openapi.yaml openapi.yaml")


def test_fails_if_a_program_fails(
    repository: Path, tmp_path: Path, make_breaking: Callable[..., tuple[int, list[str]]]
) -> None:
    outside = shutil.copytree(repository / NEW, tmp_path / "outside")
    commit = run("git", "rev-parse", "HEAD", directory=repository).strip()

    no_repository, lines = make_breaking(outside, "BASE=HEAD")
    oasdiff, _ = make_breaking(repository / NEW, "BASE=HEAD", GO_STATUS="1")
    (repository / ".git" / "objects" / commit[:2] / commit[2:]).unlink()
    broken, _ = make_breaking(repository / NEW, "BASE=main")

    assert "not a git repository" in lines[0]
    assert 0 not in (no_repository, oasdiff, broken)
