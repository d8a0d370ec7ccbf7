"""What the service's tools write is ignored by git, and removed by `make clean`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from repositories import commit_all, run

if TYPE_CHECKING:
    from renders import Bake


@pytest.mark.slow
def test_removes_what_schemathesis_writes(bake_with_tools: Bake) -> None:
    service = bake_with_tools(routes="GET /users")
    text = service.read("openapi.yaml")
    (service.path / "openapi.yaml").write_text(
        text.replace('"200":', '"202":'), encoding="utf-8"
    )  # so that it finds one
    run("git", "init", "--quiet", directory=service.path)
    (service.path / ".git" / "info" / "exclude").write_text(".venv\n")  # a link here, a directory elsewhere
    commit_all(service.path, "The service")

    failed = service.run("make", "fuzz").returncode != 0
    written = [name for name in (".hypothesis", ".schemathesis") if (service.path / name).exists()]
    status = run("git", "status", "--porcelain", directory=service.path)
    service.make("clean")

    assert (failed, written, status) == (True, [".hypothesis"], "")
    assert not (service.path / ".hypothesis").exists()
