"""Measures the service in Python beside the service in Rust, and writes the table to results/languages.md.

Both are rendered with the same answers, built by their own `make build`, and asked the same. The compiler's work
is measured from an empty directory, with the packages downloaded before.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEMPLATE = Path(__file__).resolve().parent.parent
RESULT = TEMPLATE / "benchmarks" / "results" / "languages.md"
STARTS = 9
REQUESTS = 400
SECONDS_TO_START = 60
EMULATOR = "/var/rapid/aws-lambda-rie"
NO_ROUTE = {
    "httpMethod": "GET",
    "resource": "/no-such-route",
    "requestContext": {"path": "/no-such-route"},
    "pathParameters": None,
    "queryStringParameters": None,
}


@dataclass(frozen=True)
class Figures:
    """What was measured of one language."""

    first_build: float
    """Seconds."""

    edit_build: float
    """Seconds, after an edit of the routes."""

    unchanged_build: float
    """Seconds."""

    artifact: int
    """Bytes that are deployed, before compression."""

    init: float
    """Milliseconds by which a function's first answer takes longer than the others."""

    request: float
    """Milliseconds, of a read through `sam local` with a warm container."""


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        figures = {language: measure(language, Path(directory)) for language in ("python", "rust")}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(write_table(figures["python"], figures["rust"]), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


def measure(language: str, directory: Path) -> Figures:
    service = directory / f"bench-{language}"
    answers = [f"project_slug={service.name}", f"language={language}", "functions=single"]
    cookiecutter = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--default-config"]
    run(*cookiecutter, "--output-dir", str(directory), *answers)
    make(service, "setup")
    if language == "rust":
        run("cargo", "fetch", "--quiet", directory=service)
    routes = next(service.glob("src/**/routes.*"))
    artifact = service / ".aws-sam" / "build" / "ApiFunction"

    first_build = measure_seconds(lambda: make(service, "build"))
    unchanged_build = measure_seconds(lambda: make(service, "build"))
    with routes.open("a", encoding="utf-8") as file:
        file.write("\n")
    edit_build = measure_seconds(lambda: make(service, "build"))
    return Figures(
        first_build,
        edit_build,
        unchanged_build,
        sum(file.stat().st_size for file in artifact.rglob("*") if file.is_file()),
        statistics.median(measure_init(language, artifact) for _ in range(STARTS)),
        measure_request(service),
    )


def measure_init(language: str, artifact: Path) -> float:
    """Return by how many milliseconds the first answer takes longer than those that follow.

    It is asked for a route that is not there: no table takes part.
    """
    with run_function(language, artifact, "--env", "TABLE_NAME=none") as port:
        times = [measure_seconds(lambda: invoke(port)) for _ in range(20)]
    return (times[0] - statistics.median(times[1:])) * 1000


@contextlib.contextmanager
def run_function(language: str, artifact: Path, *options: str) -> Iterator[int]:
    """Run a function in a container of Lambda's runtime, and yield the port at which its emulator takes invocations.

    The options are those of `docker run`.
    """
    image, handler = {
        "python": ("public.ecr.aws/lambda/python:3.13-rapid-x86_64", "service.app.handler"),
        "rust": ("public.ecr.aws/lambda/provided:al2023-rapid-x86_64", "bootstrap"),
    }[language]
    port = find_free_port()
    settings = {
        "_HANDLER": handler,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    environment = [argument for name, value in settings.items() for argument in ("--env", f"{name}={value}")]
    mounts = ["--volume", f"{artifact}:/var/task:ro", "--publish", f"127.0.0.1:{port}:8080"]
    command = ["docker", "run", "--detach", *mounts, *environment, *options, "--entrypoint", EMULATOR, image]
    container = run(*command, "--log-level", "error").strip()
    try:
        wait_until_answers(port)
        yield port
    finally:
        run("docker", "rm", "--force", container)


def invoke(port: int) -> None:
    answer = requests.post(
        f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", json=NO_ROUTE, timeout=60
    )
    if answer.json()["statusCode"] != 404:
        raise RuntimeError(f"The function did not answer as it should: {answer.text}")


def measure_request(service: Path) -> float:
    """Return the median time in milliseconds of a read through `make start`, from a warm container."""
    port = find_free_port()
    settings = [f"PORT={port}", f"LOCALSTACK_PORT={find_free_port()}"]
    make(service, "up", *settings)
    try:
        with serving(service, settings):
            wait_until_answers(port)
            url = f"http://127.0.0.1:{port}/users"
            requests.post(url, json={"user_id": "001", "name": "田中太郎"}, timeout=60).raise_for_status()
            times = [
                measure_seconds(lambda: requests.get(f"{url}/001", timeout=60).raise_for_status())
                for _ in range(REQUESTS)
            ]
    finally:
        make(service, "down", *settings)
    return statistics.median(times) * 1000


@contextlib.contextmanager
def serving(service: Path, settings: list[str]) -> Iterator[None]:
    process = subprocess.Popen(
        ["make", "start", *settings],
        cwd=service,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def wait_until_answers(port: int) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        with contextlib.suppress(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/no-such-route", timeout=60)
            return
        time.sleep(0.05)
    raise RuntimeError(f"Nothing answers on port {port}")


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def measure_seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def make(service: Path, *arguments: str) -> str:
    return run("make", *arguments, directory=service)


def run(*command: str, directory: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
    result = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(f"{shutil.which(command[0])} {' '.join(command[1:])} failed:\n{result.stdout}")
    return result.stdout


def write_table(python: Figures, rust: Figures) -> str:
    rows = [
        ("Deployed, before compression", *(f"{figures.artifact / 1e6:.2f} MB" for figures in (python, rust))),
        ("Cold init", *(f"{figures.init:.0f} ms" for figures in (python, rust))),
        ("Warm read through `sam local`", *(f"{figures.request:.1f} ms" for figures in (python, rust))),
        ("`make build`, the first", *(f"{figures.first_build:.1f} s" for figures in (python, rust))),
        ("`make build`, after an edit", *(f"{figures.edit_build:.1f} s" for figures in (python, rust))),
        ("`make build`, nothing changed", *(f"{figures.unchanged_build:.1f} s" for figures in (python, rust))),
    ]
    table = [("", "Python", "Rust"), ("---", "--:", "--:"), *rows]
    lines = ["| " + " | ".join(row) + " |" for row in table]
    machine = f"{os.cpu_count()} processors, {platform.machine()}"
    return "\n".join([*lines, "", f"Measured by `make bench` on a machine with {machine}.", ""])


if __name__ == "__main__":
    main()
