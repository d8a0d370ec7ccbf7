"""What goes wrong under and around the running service, and what it makes of that."""

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
from conftest import Service, find_free_port
from loaded_stack import LIST, run_function_of
from stacks import SECONDS_TO_COMPILE, is_listening, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loaded_stack import LoadedStack
    from stacks import Stack

pytestmark = [pytest.mark.docker, pytest.mark.slow]

PYTHON_IMAGE = "public.ecr.aws/lambda/python:3.13"
SECONDS_TO_END = 30  # serve.py kills after 10, and Docker takes a while on a busy machine
FAULTS = [*faulty_proxy.ANSWERS, "connections cut", "silence", "a byte a second"]


@contextlib.contextmanager
def proxy_running(stack: Stack, directory: Path) -> Iterator[Path]:
    """Put the faulty proxy between the functions and LocalStack, and give the file that tells it what to do wrong."""
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
    result = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
    return result.stdout.strip()


def expect_unavailable(url: str, **item: Any) -> None:
    """Read, or put an item, and see it answered in time that the table is not to be had."""
    started = time.monotonic()
    answer = requests.put(url, json=item, timeout=60) if item else requests.get(url, timeout=60)

    assert (answer.status_code, answer.json().keys()) == (503, {"message"}), answer.text
    assert answer.headers["Retry-After"] == "1"
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("language", ["python", "rust"])
def test_answers_by_its_contract_whatever_becomes_of_the_table(
    make_stack: Callable[..., Stack], language: str, tmp_path: Path
) -> None:
    stack = make_stack(language=language, functions="single")
    localstack = f"{stack.slug}-localstack-1"
    url = f"{stack.url}/users/1"
    stack.make("up")

    with proxy_running(stack, tmp_path) as fault, stack.running():
        requests.put(url, json={"seen": 0}, timeout=30).raise_for_status()
        for number, wrong in enumerate(FAULTS):
            fault.write_text(wrong)
            expect_unavailable(url, **({"seen": number + 1} if wrong in faulty_proxy.ANSWERS else {}))
        fault.write_text("a second late")
        kept = requests.get(url, timeout=30)
        fault.write_text("none")

        docker("pause", localstack)
        expect_unavailable(url)
        docker("unpause", localstack)
        after_pause = requests.get(url, timeout=30)
        docker("network", "disconnect", stack.slug, localstack)
        expect_unavailable(url)
        stack.make("up")
        after_cut = requests.get(url, timeout=30)
        stack.dynamodb().delete_table(TableName="users")
        expect_unavailable(url)
        stack.make("up")
        with_new_table = requests.put(url, json={"seen": 100}, timeout=30)
        docker("stop", "--time=1", localstack)
        expect_unavailable(url)
        stack.make("up")
        after_stop = requests.put(url, json={"seen": 101}, timeout=30)
        docker("restart", "--time=1", localstack)
        # By reading: LocalStack may store, once its table is there, a PUT that it was sent before and has not answered.
        wait_until(lambda: requests.get(f"{stack.url}/users", timeout=30).ok, 60)
        after_restart = requests.put(url, json={"seen": 102}, timeout=30)

    assert (kept.status_code, kept.json()) == (200, {"user_id": "1", "seen": 0})
    assert after_pause.json() == after_cut.json() == kept.json()
    assert (with_new_table.status_code, after_stop.status_code, after_restart.status_code) == (201, 201, 201)


@pytest.fixture
def silent_name_server(loaded_stack: LoadedStack) -> Iterator[str]:
    """The address of a name server on the stack's network that takes what it is asked, and never answers."""
    program = (
        "import socket, time; server = socket.socket(type=socket.SOCK_DGRAM); server.bind(('', 53)); time.sleep(600)"
    )
    container = docker(
        "run", "--detach", f"--network={loaded_stack.slug}", "--entrypoint=python3", PYTHON_IMAGE, "-c", program
    )
    address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    yield docker("inspect", f"--format={address}", container)
    docker("rm", "--force", container)


def test_waits_for_no_silent_name_server(loaded_stack: LoadedStack, silent_name_server: str) -> None:
    # As a laptop finds its name servers without its VPN.
    options = (f"--dns={silent_name_server}", "--dns-search=example", "--dns-search=test")

    with run_function_of(loaded_stack, loaded_stack.artifact, 1, "http://nobody:4566", *options) as function:
        started = time.monotonic()
        answer = function.request("GET", LIST)
        seconds = time.monotonic() - started

    assert (answer.status, answer.json.keys()) == (503, {"message"})
    assert seconds < 15


def test_says_that_the_table_is_not_there_in_another_region(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(functions="single", region="eu-west-1")
    samconfig = stack.service.path / "samconfig.toml"
    stack.make("up", AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1")

    with stack.running(AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1"):
        right = requests.get(f"{stack.url}/users", timeout=30)
    samconfig.write_text(samconfig.read_text().replace('"eu-west-1"', '"us-east-1"'))
    with stack.running():
        expect_unavailable(f"{stack.url}/users")

    assert right.status_code == 200


@pytest.mark.parametrize("target", ["dev", "start"])
def test_leaves_no_trace_where_a_port_is_taken(make_stack: Callable[..., Stack], target: str) -> None:
    stack = make_stack()
    for port, setting in ((stack.port, "PORT"), (stack.localstack_port, "LOCALSTACK_PORT")):
        with socket.create_server(("127.0.0.1", port)):
            result = stack.service.run("make", "up" if setting == "LOCALSTACK_PORT" else target, *stack.settings)

        (line,) = [line for line in result.stdout.splitlines() if f"Port {port}" in line]
        assert result.returncode != 0
        assert line == f"Port {port} is taken: stop what listens there, or choose another with {setting}=…"
        assert "Traceback" not in result.stdout
        assert stack.slug not in docker("ps", "--all") + docker("network", "ls")


def test_is_served_once_at_a_time(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(functions="single")

    with stack.running("dev") as first:
        requests.get(f"{stack.url}/users", timeout=30).raise_for_status()
        container = stack.containers()
        for target, port in (("dev", stack.port), ("start", find_free_port())):
            second = stack.service.run("make", target, *stack.settings, f"PORT={port}")
            assert second.returncode != 0
            assert f"This project is being served already, on port {stack.port}" in second.stdout
            assert "Traceback" not in second.stdout
        still = requests.get(f"{stack.url}/users", timeout=30)
        same_container = stack.containers() == container

        os.killpg(first.pid, signal.SIGKILL)
        first.wait(SECONDS_TO_END)
        was_listening = is_listening(stack.port)
        with stack.running("start"):
            log = stack.service.path / "start.log"
            wait_until(lambda: "Running on" in log.read_text(), SECONDS_TO_COMPILE)
            again = requests.get(f"{stack.url}/users", timeout=30)
            stack.make("down")

    assert (still.status_code, same_container, was_listening, again.status_code) == (200, True, True, 200)
    assert not is_listening(stack.port)
    assert stack.slug not in docker("ps", "--all") + docker("network", "ls")


def test_comes_up_once_however_many_ask_for_it(make_stack: Callable[..., Stack], tmp_path: Path) -> None:
    stack = make_stack()
    other = tmp_path / "worktree" / stack.slug

    with ThreadPoolExecutor() as terminals:
        outputs = list(terminals.map(stack.make, ["up", "up"]))
    stack.dynamodb().put_item(TableName="users", Item={"user_id": {"S": "1"}})
    shutil.copytree(stack.service.path, other, symlinks=True)
    refused = Service(other).run("make", "up", f"LOCALSTACK_PORT={find_free_port()}")
    kept = stack.dynamodb().scan(TableName="users")["Items"]

    assert all("Healthy" in output for output in outputs)
    assert refused.returncode != 0
    assert f"LocalStack runs for {stack.service.path}, which has this one's name" in refused.stdout
    assert kept == [{"user_id": {"S": "1"}}]


def test_is_tested_once_at_a_time_and_ends_at_once(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(functions="single")
    log = stack.service.path / "tests.log"

    with log.open("w") as output:
        first = subprocess.Popen(["make", "test-integration"], cwd=stack.service.path, stdout=output)
    wait_until(lambda: "Starting the API" in log.read_text(), SECONDS_TO_COMPILE)
    second = stack.service.run("make", "test-integration")
    wait_until(lambda: "tests/contract/test_create.py" in log.read_text(), SECONDS_TO_END)
    still_runs = first.poll() is None
    first.terminate()
    status = first.wait(SECONDS_TO_END)

    assert second.returncode != 0
    assert "These tests are running already: wait until they have ended." in second.stdout
    assert still_runs
    assert status != 0
    assert " failed" not in log.read_text()
    assert find_processes(stack) == []
    assert f"{stack.slug}-test" not in docker("ps", "--all") + docker("network", "ls")


def test_ends_at_every_stage_and_starts_again(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(functions="single", routes="GET /users")
    (stack.service.path / ".venv").unlink()
    routes = stack.service.path / "src" / "service" / "routes.py"

    for number, stage in enumerate(
        ("uv sync", "-1  Creating", "Waiting", "Starting Build", "Mounting", "a request", "Changed: ")
    ):
        process, log = start_dev(stack)
        if stage == "a request":
            wait_until(lambda: is_listening(stack.port), SECONDS_TO_COMPILE)
            threading.Thread(target=try_to_get, args=(f"{stack.url}/users",), daemon=True).start()
            wait_until(lambda: stack.containers() != [], SECONDS_TO_END)
        elif stage == "Changed: ":
            wait_until(lambda: is_listening(stack.port), SECONDS_TO_COMPILE)
            requests.get(f"{stack.url}/users", timeout=30).raise_for_status()
            wait_until(lambda log=log: touch_and_look(routes, log, "Changed: "), SECONDS_TO_END)  # type: ignore[misc]
        else:
            wait_until(lambda log=log, stage=stage: stage in log.read_text(), SECONDS_TO_COMPILE)  # type: ignore[misc]
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
        assert stack.containers() == [], stage
        assert find_processes(stack) == [], stage


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


def touch_and_look(file: Path, log: Path, told: str) -> bool:
    file.touch()
    return told in log.read_text()


def find_processes(stack: Stack) -> list[str]:
    """Return the processes that the project's tools still run."""
    listing = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True)
    return [line for line in listing.stdout.splitlines() if f"{stack.service.path}/" in line]


def test_comes_up_where_it_was_paused_after_a_script_had_failed(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    script = stack.service.path / "localstack" / "ready.d" / "seed.py"
    script.write_text("raise RuntimeError('no seeds today')\n")
    stack.service.run("make", "up", *stack.settings)
    docker("pause", f"{stack.slug}-localstack-1")
    still = stack.service.run("timeout", "60", "make", "up", *stack.settings)
    docker("pause", f"{stack.slug}-localstack-1")
    script.unlink()

    stack.make("up")

    assert still.returncode != 0
    assert "localstack/ready.d/seed.py failed: no seeds today" in still.stdout


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (r"\Z", "a: [", r"template.yaml is not YAML, line \d+"),
        ("AWS::DynamoDB::Table", "AWS::SNS::Topic", "template.yaml declares no AWS::DynamoDB::Table"),
        ("KeyType: HASH", "KeyType: HASCH", "ValidationException"),
        ("Default: users", "Default: others", "Table users is not there"),
    ],
    ids=["syntax error", "no table", "invalid key", "another table"],
)
def test_says_in_a_line_what_is_wrong_with_the_table_and_goes_on_when_it_is_mended(
    make_stack: Callable[..., Stack], right: str, wrong: str, told: str
) -> None:
    stack = make_stack()
    template = stack.service.path / "template.yaml"
    whole = template.read_text()
    template.write_text(re.sub(right, wrong, whole))
    started = time.monotonic()

    result = stack.service.run("make", "up", *stack.settings)
    seconds = time.monotonic() - started
    template.write_text(whole)
    stack.make("up")

    assert result.returncode != 0
    assert re.search(told, result.stdout)
    assert "Traceback" not in result.stdout
    assert seconds < 20
    assert stack.dynamodb().describe_table(TableName="users")["Table"]["TableStatus"] == "ACTIVE"
