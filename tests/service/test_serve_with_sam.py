"""scripts/serve_with_sam.py, which `make dev` runs, with a `sam` that only listens; test_local_stack.py has the real one."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from renders import find_free_port
from stacks import PYTHON_IMAGE, is_listening, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from renders import Bake, Service

pytestmark = pytest.mark.docker

SAM = f"""#!/bin/sh
exec {sys.executable} -m http.server --bind 127.0.0.1 "$4" >/dev/null
"""
SECONDS = 20


@pytest.fixture
def service(bake: Bake, tools: Path) -> Service:
    """A service whose `sam` is the one above."""
    service = bake(project_slug=f"serve-{os.getpid()}")
    programs = service.path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, script in (("python", f'#!/bin/sh\nexec {tools}/bin/python "$@"\n'), ("sam", SAM)):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    return service


def make_command(service: Service, port: int) -> list[str]:
    return [".venv/bin/python", "scripts/serve_with_sam.py", f"--port={port}", "--network", service.path.name]


def test_prints_the_address_of_the_page_that_make_docs_wrote(service: Service) -> None:
    page = service.path / "build" / "api.html"
    page.parent.mkdir()
    page.touch()
    port = find_free_port()

    process = subprocess.Popen(
        make_command(service, port), cwd=service.path, start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    wait_until(lambda: is_listening(port), SECONDS)
    process.terminate()

    assert process.communicate(timeout=SECONDS)[0] == f"The API's page: {page.as_uri()}\n"


def test_removes_a_container_of_this_service_that_is_in_no_network_yet(service: Service) -> None:
    label = "--label=sam.cli.container.type=lambda"
    folders = [service.path / ".aws-sam" / "build" / "ApiFunction", service.path.parent / "another" / ".aws-sam"]
    containers = []
    for folder in folders:
        folder.mkdir(parents=True)
        command = ["docker", "create", label, f"--volume={folder}:/var/task", PYTHON_IMAGE]
        containers.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    port = find_free_port()

    try:
        process = subprocess.Popen(make_command(service, port), cwd=service.path, start_new_session=True)
        wait_until(lambda: is_listening(port), SECONDS)
        process.terminate()
        process.wait(SECONDS)
        listing = ["docker", "ps", "--all", "--quiet", "--no-trunc"]
        left = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()
    finally:
        subprocess.run(["docker", "rm", "--force", *containers], capture_output=True, check=True)

    assert [container in left for container in containers] == [False, True]


def test_refuses_an_env_json_that_is_not_json_in_one_line(service: Service) -> None:
    (service.path / "env.json").write_text('{"Parameters": {"A": "1",}}')

    result = service.run(*make_command(service, find_free_port()))

    assert result.returncode == 1
    assert result.stdout.startswith("env.json is not valid JSON: ")
    assert result.stdout.count("\n") == 1
