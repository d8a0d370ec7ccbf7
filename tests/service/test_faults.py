"""Faults under and around the running service, and how it reacts."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

import faulty_proxy
from renders import Service, find_free_port
from stacks import PYTHON_IMAGE, SECONDS_TO_COMPILE, is_listening, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from renders import Bake
    from stacks import Stack

pytestmark = [pytest.mark.docker, pytest.mark.slow]

SECONDS_TO_END = 30  # Docker takes a while on a busy machine
FAULTS = [*faulty_proxy.RESPONSES, "connections cut", "silence"]


@contextlib.contextmanager
def proxy_running(stack: Stack, directory: Path) -> Iterator[Path]:
    """Put the faulty proxy between the functions and LocalStack, and yield the file that names the fault."""
    fault = directory / "fault"
    fault.write_text("none")
    (stack.service.path / "env.json").write_text(
        stack.service.read("env.json").replace("//localstack:", "//faulty-proxy:")
    )
    mounts = [f"--volume={faulty_proxy.__file__}:/proxy.py:ro", f"--volume={directory}:/faults:ro"]
    container = docker(
        *("run", "--detach", f"--network={stack.slug}", "--network-alias=faulty-proxy", *mounts),
        *("--entrypoint=python3", PYTHON_IMAGE, "/proxy.py", "/faults/fault"),
    )
    try:
        yield fault
    finally:
        docker("rm", "--force", container)


def docker(*arguments: str) -> str:
    result = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"docker {' '.join(arguments)} failed: {result.stderr}"
    return result.stdout.strip()


def expect_unavailable(url: str, **item: Any) -> None:
    """Read or put an item, and expect a 503 in time."""
    started = time.monotonic()
    response = requests.put(url, json=item, timeout=60) if item else requests.get(url, timeout=60)

    assert (response.status_code, response.json().keys()) == (503, {"message"}), response.text
    assert response.headers["Retry-After"] == "1"
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("language", ["python", "rust"])
def test_returns_503_while_the_table_is_unavailable_and_recovers(
    make_stack: Callable[..., Stack], language: str, tmp_path: Path
) -> None:
    stack = make_stack(language=language)
    localstack = f"{stack.slug}-localstack-1"
    url = f"{stack.url}/users/1"
    stack.make("up")

    with proxy_running(stack, tmp_path) as fault, stack.running():
        requests.put(url, json={"seen": 0}, timeout=30).raise_for_status()
        for number, wrong in enumerate(FAULTS):
            fault.write_text(wrong)
            expect_unavailable(url, **({"seen": number + 1} if wrong in faulty_proxy.RESPONSES else {}))
        fault.write_text("a second late")
        kept = requests.get(url, timeout=30)
        fault.write_text("none")

        stack.pause()
        expect_unavailable(url)
        stack.compose("unpause").check_returncode()
        after_pause = requests.get(url, timeout=30)
        stack.dynamodb().delete_table(TableName="users")
        expect_unavailable(url)
        stack.make("up")
        with_new_table = requests.put(url, json={"seen": 100}, timeout=30)
        docker("stop", "--time=1", localstack)
        expect_unavailable(url)
        stack.make("up")
        after_stop = requests.put(url, json={"seen": 101}, timeout=30)
        docker("restart", "--time=1", localstack)
        # By reading: LocalStack may still store a PUT that it received before the table existed.
        wait_until(lambda: requests.get(f"{stack.url}/users", timeout=30).ok, 60)
        after_restart = requests.put(url, json={"seen": 102}, timeout=30)

    assert (kept.status_code, kept.json()) == (200, {"user_id": "1", "seen": 0})
    assert after_pause.json() == kept.json()
    assert (with_new_table.status_code, after_stop.status_code, after_restart.status_code) == (201, 201, 201)


def own_lines(output: str) -> list[str]:
    """Return the lines of an output that make has not written itself."""
    return [line for line in output.splitlines() if not line.startswith("make")]


@pytest.mark.parametrize(("target", "setting"), [("dev", "PORT"), ("start", "PORT"), ("up", "LOCALSTACK_PORT")])
def test_starts_nothing_if_a_port_is_taken(make_stack: Callable[..., Stack], target: str, setting: str) -> None:
    stack = make_stack()
    port = stack.port if setting == "PORT" else stack.localstack_port
    with socket.create_server(("127.0.0.1", port)):
        result = stack.service.run("make", target, *stack.settings)

    assert result.returncode != 0
    assert own_lines(result.stdout) == [
        f"Port {port} is taken; stop what listens there, or choose another with {setting}"
    ]
    assert stack.slug not in docker("ps", "--all") + docker("network", "ls")


@pytest.mark.parametrize("port", ["", "65536"])
@pytest.mark.parametrize(("target", "setting"), [("start", "PORT"), ("up", "LOCALSTACK_PORT")])
def test_refuses_an_invalid_port_in_one_line(bake_with_tools: Bake, target: str, setting: str, port: str) -> None:
    result = bake_with_tools().run("make", target, f"{setting}={port}")

    assert result.returncode != 0
    assert own_lines(result.stdout) == [f"{setting}={port} is not a valid port; use 1 to 65535"]


def test_another_terminal_or_checkout_does_not_disturb_the_emulator(
    make_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    stack = make_stack()
    other = tmp_path / "worktree" / stack.slug

    stack.make("up")
    with ThreadPoolExecutor() as terminals:
        list(terminals.map(stack.make, ["up", "up"]))
    stack.dynamodb().put_item(TableName="users", Item={"user_id": {"S": "1"}})
    shutil.copytree(stack.service.path, other, symlinks=True)
    refused = Service(other).run("make", "up", f"LOCALSTACK_PORT={find_free_port()}")
    kept = stack.dynamodb().scan(TableName="users")["Items"]

    assert refused.returncode != 0
    assert f"The emulator of {stack.service.path} has the same name and is running" in refused.stdout
    assert kept == [{"user_id": {"S": "1"}}]


def test_the_tests_stop_at_once_and_leave_nothing(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    log = stack.service.path / "tests.log"

    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "test-integration"], cwd=stack.service.path, stdout=output, stderr=output, start_new_session=True
        )
    wait_until(lambda: "tests/contract/test_create.py" in log.read_text(), SECONDS_TO_COMPILE)
    os.killpg(process.pid, signal.SIGTERM)
    status = process.wait(SECONDS_TO_END)

    assert status != 0
    assert " failed" not in log.read_text()
    wait_until(lambda: find_processes(stack) == [], SECONDS_TO_END)
    wait_until(lambda: f"{stack.slug}-test" not in docker("ps", "--all") + docker("network", "ls"), SECONDS_TO_END)


def test_dev_stops_at_every_stage_and_starts_again(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(routes="GET /users")
    routes = stack.service.path / "src" / "service" / "routes.py"

    # The emulator of the first stage may go on, and create the table: the second stage finds it, the third does not.
    for number, stage in enumerate(("-1  Creat", "Starting Build", "-1  Started", "a request", "Changed: ")):
        process, log = start_dev(stack)
        if stage == "a request":
            wait_until(lambda: is_listening(stack.port), SECONDS_TO_COMPILE)
            threading.Thread(target=try_to_get, args=(f"{stack.url}/users",), daemon=True).start()
            wait_until(lambda: stack.containers() != [], SECONDS_TO_END)
        elif stage == "Changed: ":
            wait_until(lambda: is_listening(stack.port), SECONDS_TO_COMPILE)
            requests.get(f"{stack.url}/users", timeout=30).raise_for_status()
            wait_until(lambda: touch_and_read(routes, log, "Changed: "), SECONDS_TO_END)
        else:
            wait_until(lambda: stage in log.read_text(), SECONDS_TO_COMPILE)
        if number % 2:
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGINT)
        try:
            status = process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{stage}: did not end within {SECONDS_TO_END} s:\n{log.read_text()}")

        assert status != 0, stage
        assert "Traceback" not in log.read_text(), stage
        wait_until(lambda: stack.containers() == [], SECONDS_TO_END)
        wait_until(lambda: find_processes(stack) == [], SECONDS_TO_END)
        assert not is_listening(stack.port), stage
        if stage == "Starting Build":
            stack.make("down")


def start_dev(stack: Stack) -> tuple[subprocess.Popen[str], Path]:
    log = stack.service.path / "stages.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "dev", *stack.settings],
            cwd=stack.service.path,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    return process, log


def try_to_get(url: str) -> None:
    with contextlib.suppress(requests.RequestException):
        requests.get(url, timeout=30)


def touch_and_read(file: Path, log: Path, text: str) -> bool:
    file.touch()
    return text in log.read_text()


def find_processes(stack: Stack) -> list[str]:
    """Return the project's processes."""
    listing = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True)
    return [line for line in listing.stdout.splitlines() if f"{stack.service.path}/" in line]


def test_up_reports_in_one_line_what_is_wrong_with_the_table(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    template = stack.service.path / "template.yaml"
    whole = template.read_text()
    for right, wrong, line in [
        (r"\Z", "a: [", r"not valid YAML, line \d+: .*"),
        ("AWS::DynamoDB::Table", "AWS::SNS::Topic", "no AWS::DynamoDB::Table is declared"),
        ("KeyType: HASH", "KeyType: HASCH", ".*ValidationException.*"),
    ]:
        template.write_text(re.sub(right, wrong, whole))

        result = stack.service.run("make", "up", *stack.settings)

        assert result.returncode != 0
        assert re.search(
            rf"^localstack/ready.d/create_table\.py failed: template\.yaml: {line}$", result.stdout, re.MULTILINE
        )
        assert "Traceback" not in result.stdout
    template.write_text(whole)
    stack.make("up")

    assert stack.dynamodb().describe_table(TableName="users")["Table"]["TableStatus"] == "ACTIVE"
