"""What the service's tools write is ignored by git, and removed by `make clean`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from repositories import commit_all, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks import Stack


@pytest.mark.slow
def test_removes_what_schemathesis_writes(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(routes="GET /users")
    service = stack.service
    text = service.read("openapi.yaml")
    (service.path / "openapi.yaml").write_text(
        text.replace('"200":', '"202":'), encoding="utf-8"
    )  # so that it finds one
    run("git", "init", "--quiet", directory=service.path)
    (service.path / ".git" / "info" / "exclude").write_text(".venv\n")  # a link here, a directory elsewhere
    (service.path / "dev.log").touch()
    commit_all(service.path, "The service")
    written = [".hypothesis", ".schemathesis"]

    with stack.running("dev", "DOCKER=no"):
        arguments = ["--url", stack.url, "--phases", "examples,coverage", "--checks", "status_code_conformance"]
        service.run(".venv/bin/schemathesis", "run", "openapi.yaml", *arguments, PYTHONPATH="tests")
    before = [name for name in written if (service.path / name).exists()]
    status = run("git", "status", "--porcelain", "--", ":!dev.log", directory=service.path)
    service.make("clean")

    assert (before, status) == (written, "")
    assert [name for name in written if (service.path / name).exists()] == []
