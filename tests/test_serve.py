"""scripts/serve.py, which `make dev` runs, around a `sam` that only seems to build and to serve."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from conftest import find_free_port
from stacks import is_listening, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Bake, Service

pytestmark = pytest.mark.docker

# Takes a template in which Broken stands, as sam does many: it builds, and cannot be served.
SAM = f"""#!/bin/sh
[ "$1" = build ] && exit 0
grep Broken template.yaml && exit 1
exec {sys.executable} -m http.server --bind 127.0.0.1 "$4" >/dev/null
"""
SECONDS = 10
IMAGE = "public.ecr.aws/lambda/python:3.13"


@pytest.fixture
def service(bake: Bake, tools: Path) -> Service:
    """A service in Rust, whose `sam` is the one above."""
    service = bake(language="rust", project_slug=f"serve-{os.getpid()}")
    programs = service.path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, script in (("python", f'#!/bin/sh\nexec {tools}/bin/python "$@"\n'), ("sam", SAM)):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    (service.path / ".venv" / ".complete").touch()
    return service


@contextlib.contextmanager
def serving(service: Service, port: int) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Serve and watch the service; gives the process, whose output is a pipe, and the file of its errors."""
    errors = service.path / "errors.log"
    command = [".venv/bin/python", "scripts/serve.py", f"--port={port}", "--network", service.path.name]
    with errors.open("w") as file:
        process = subprocess.Popen(
            [*command, "--watch", "build"],
            cwd=service.path,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            start_new_session=True,
        )
    impatience = threading.Timer(3 * SECONDS, process.kill)  # or a line that does not come is waited for for ever
    impatience.start()
    try:
        wait_until(lambda: is_listening(port), SECONDS)
        yield process, errors
    finally:
        impatience.cancel()
        process.terminate()
        process.wait(SECONDS)


def read_until(process: subprocess.Popen[str], told: str) -> str:
    """Return the lines that serve.py prints, to the first that holds this."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if told in line:
            break
    return "".join(lines)


def test_serves_again_once_a_template_is_mended_that_sam_cannot_serve(service: Service) -> None:
    template = service.path / "template.yaml"
    whole = template.read_text()
    port = find_free_port()

    with serving(service, port) as (process, errors):
        template.write_text(whole + "# Broken\n")
        told = read_until(process, "sam has ended")
        was_listening = is_listening(port)
        template.write_text(whole)
        read_until(process, "served by it")
        is_back = is_listening(port)

    assert "served by it" not in told
    assert (was_listening, is_back) == (False, True)
    assert "Traceback" not in errors.read_text()


def test_sees_each_change_of_a_file_in_whose_place_an_editor_puts_another(service: Service) -> None:
    with serving(service, find_free_port()) as (process, _):
        for name in ("Cargo.toml", "Cargo.toml", "template.yaml", "template.yaml"):
            new = service.path / "new"
            new.write_text(service.read(name))
            new.replace(service.path / name)

            assert f"Changed: {name}." in read_until(process, "served by it")


def test_removes_a_container_that_sam_had_not_put_on_the_network_yet(service: Service) -> None:
    built = service.path / ".aws-sam" / "build" / "ApiFunction"
    built.mkdir(parents=True)
    create = ["docker", "create", "--label=sam.cli.container.type=lambda", f"--volume={built}:/var/task:ro", IMAGE]
    container = subprocess.run(create, capture_output=True, text=True, check=True).stdout.strip()

    service.run(".venv/bin/python", "scripts/serve.py", "--stop", "--network", service.path.name).check_returncode()

    assert subprocess.run(["docker", "rm", container], capture_output=True, check=False).returncode != 0


def test_goes_on_when_nobody_reads_what_it_says(service: Service) -> None:
    port = find_free_port()

    with serving(service, port) as (process, errors):
        assert process.stdout is not None
        process.stdout.close()
        (service.path / "template.yaml").write_text(service.read("template.yaml") + "# Broken\n")
        wait_until(lambda: not is_listening(port), SECONDS)
        process.send_signal(signal.SIGQUIT)
        status = process.wait(SECONDS)

    assert status == 128 + signal.SIGQUIT
    assert errors.read_text() == ""


def serve_py(service: Service, *options: str) -> list[str]:
    return [".venv/bin/python", "scripts/serve.py", "--network", service.path.name, *options]


def test_stops_whatever_has_become_of_its_lock(service: Service) -> None:
    lock = service.path / "build" / f"{service.path.name}.lock"
    lock.parent.mkdir()

    for left in (b"", b"\0" * 46, b'{"holder": 1, "po'):
        lock.write_bytes(left)
        result = service.run(*serve_py(service, "--stop"))
        assert (result.returncode, result.stdout) == (0, "")
    # No file may grow, as on a full disk.
    result = service.run("bash", "-c", 'ulimit -f 0; exec "$@"', "bash", *serve_py(service, "--stop"))
    assert (result.returncode, result.stdout) == (0, "")


def test_serves_and_ends_on_a_full_disk(service: Service) -> None:
    port = find_free_port()
    command = serve_py(service, f"--port={port}")

    limited = ["bash", "-c", 'ulimit -f 0; exec "$@"', "bash", *command]
    process = subprocess.Popen(limited, cwd=service.path, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: is_listening(port), SECONDS)
    process.terminate()
    _, errors = process.communicate(timeout=SECONDS)

    assert process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in errors
    assert not is_listening(port)


def test_says_in_a_line_that_it_cannot_write(service: Service) -> None:
    (service.path / "build").write_text("")

    result = service.run(*serve_py(service))

    assert result.returncode == 1
    assert result.stdout == f"build/{service.path.name}.lock cannot be written: File exists\n"


def test_says_in_a_line_that_docker_is_not_installed(service: Service, tmp_path: Path) -> None:
    for options in ([], ["--stop"]):
        result = service.run(*serve_py(service, *options), PATH=str(tmp_path))

        assert result.returncode == 1
        assert result.stdout == "Docker is not installed: `make doctor` says what is missing\n"


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (None, "env.json cannot be read: No such file or directory"),
        ('{"Parameters": {"A": "1",}}', "env.json is not JSON: "),
        ('["A"]', "env.json must be a JSON object of objects"),
        ('{"Parameters": "A"}', "env.json must be a JSON object of objects"),
    ],
)
def test_says_in_a_line_what_is_wrong_with_env_json(service: Service, variables: str | None, told: str) -> None:
    file = service.path / "env.json"
    file.unlink()
    if variables:
        file.write_text(variables)

    result = service.run("timeout", str(SECONDS), *serve_py(service, f"--port={find_free_port()}"))

    assert result.returncode == 1
    assert result.stdout.startswith(told)
    assert result.stdout.count("\n") == 1


@pytest.mark.parametrize("port", ["", "-1", "65536", "http"])
@pytest.mark.parametrize(("target", "setting"), [("start", "PORT"), ("up", "LOCALSTACK_PORT")])
def test_says_in_a_line_that_a_port_is_none(service: Service, target: str, setting: str, port: str) -> None:
    result = service.run("make", target, f"{setting}={port}")

    assert result.returncode != 0
    assert [line for line in result.stdout.splitlines() if not line.startswith("make: ***")] == [
        f"{setting}={port} is no port: choose one from 1 to 65535"
    ]
