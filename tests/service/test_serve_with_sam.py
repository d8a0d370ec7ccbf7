"""scripts/serve_with_sam.py, which `make dev` runs, with a `sam` that only pretends to build and to serve."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from renders import Service, find_free_port
from stacks import PYTHON_IMAGE, is_listening, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from renders import Bake

pytestmark = pytest.mark.docker

# Like sam with many templates, it builds one that contains "Broken", and cannot serve it.
SAM = f"""#!/bin/sh
[ "$1" = build ] && exit 0
grep Broken template.yaml && exit 1
exec {sys.executable} -m http.server --bind 127.0.0.1 "$4" >/dev/null
"""
SECONDS = 20
BUILT = "Built; the next request gets it."


@pytest.fixture
def service(bake: Bake, tools: Path) -> Service:
    """A service in Rust, whose `sam` is the one above."""
    service = bake(language="rust", project_slug=f"serve-{os.getpid()}")
    programs = service.path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, script in (("python", f'#!/bin/sh\nexec {tools}/bin/python "$@"\n'), ("sam", SAM)):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    # The Makefile takes these for an environment that is complete.
    (service.path / ".venv" / ".local").write_text(f"{programs.parent}\n")
    for stamp in (".deploy", ".complete"):
        (service.path / ".venv" / stamp).touch()
    return service


@contextlib.contextmanager
def serving(service: Service, port: int) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Serve and watch the service; yields the process, whose output is a pipe, and the file of its errors."""
    errors = service.path / "errors.log"
    command = [".venv/bin/python", "scripts/serve_with_sam.py", f"--port={port}", "--network", service.path.name]
    with errors.open("w") as file:
        process = subprocess.Popen(
            [*command, "--watch", "build"],
            cwd=service.path,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            start_new_session=True,
        )
    timer = threading.Timer(3 * SECONDS, process.kill)  # ends the wait for a line that does not come
    timer.start()
    try:
        wait_until(lambda: is_listening(port), SECONDS)
        yield process, errors
    finally:
        timer.cancel()
        process.terminate()
        process.wait(SECONDS)


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Return the lines that serve_with_sam.py prints, up to the first that contains a text."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            break
    return "".join(lines)


def test_survives_a_template_that_sam_cannot_serve(service: Service) -> None:
    template = service.path / "template.yaml"
    whole = template.read_text()
    port = find_free_port()

    with serving(service, port) as (process, errors):
        template.write_text(whole + "# Broken\n")
        output = read_until(process, "sam has ended")
        was_listening = is_listening(port)
        template.write_text(whole)
        read_until(process, BUILT)
        is_back = is_listening(port)

    assert BUILT not in output
    assert (was_listening, is_back) == (False, True)
    assert "Traceback" not in errors.read_text()


def test_prints_the_address_of_the_page_that_make_docs_wrote(service: Service) -> None:
    page = service.path / "build" / "api.html"
    page.parent.mkdir()
    page.touch()

    with serving(service, find_free_port()) as (process, _):
        output = read_until(process, "page")

    assert output.splitlines()[-1] == f"The API's page: {page.as_uri()}"


def test_removes_a_container_of_this_service_that_is_in_no_network_yet(service: Service) -> None:
    label = "--label=sam.cli.container.type=lambda"
    folders = [service.path / ".aws-sam" / "build" / "ApiFunction", service.path.parent / "another" / ".aws-sam"]
    containers = []
    for folder in folders:
        folder.mkdir(parents=True)
        command = ["docker", "create", label, f"--volume={folder}:/var/task", PYTHON_IMAGE]
        containers.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())

    try:
        with serving(service, find_free_port()):
            pass
        listing = ["docker", "ps", "--all", "--quiet", "--no-trunc"]
        left = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()
    finally:
        subprocess.run(["docker", "rm", "--force", *containers], capture_output=True, check=True)

    assert [container in left for container in containers] == [False, True]


def test_refuses_an_env_json_that_is_not_json_in_one_line(service: Service) -> None:
    (service.path / "env.json").write_text('{"Parameters": {"A": "1",}}')
    command = [
        ".venv/bin/python",
        "scripts/serve_with_sam.py",
        f"--port={find_free_port()}",
        "--network",
        service.path.name,
    ]

    result = service.run(*command)

    assert result.returncode == 1
    assert result.stdout.startswith("env.json is not valid JSON: ")
    assert result.stdout.count("\n") == 1
