"""What the benchmarks share: running services, times, ratios of paired runs, and reports."""

from __future__ import annotations

import contextlib
import importlib.util
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

import boto3
import matplotlib as mpl
import requests
from matplotlib import pyplot as plt

from template_copy import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from matplotlib.figure import Figure
    from mypy_boto3_dynamodb import DynamoDBClient

RESULTS = TEMPLATE / "benchmarks" / "results"
BASELINES = TEMPLATE / "benchmarks" / "baselines"
SECONDS_TO_START = 60
REGION = "ap-northeast-1"  # the template's default

ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"

RUNTIMES = {"python": "public.ecr.aws/lambda/python:3.14", "rust": "public.ecr.aws/lambda/provided:al2023"}
EMULATOR = "/var/rapid/aws-lambda-rie"
HANDLERS = {"python": "service.app.handler", "rust": "bootstrap"}
INVOCATION = "2015-03-31/functions/function/invocations"
FUNCTION_SETTINGS = {
    "TABLE_NAME": "users",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


# --- ratios ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ratio:
    """How much longer one action takes than another, both measured in turn."""

    name: str
    against: str
    seconds: Sequence[float]
    floor: Sequence[float]
    limit: float | None = None

    @property
    def value(self) -> float:
        """The median of the pairs' ratios: other work on the machine slows down both of a pair."""
        return statistics.median_low(self.values)

    @property
    def pair(self) -> tuple[float, float]:
        """The seconds of the pair whose ratio is the median."""
        number = self.values.index(self.value)
        return self.seconds[number], self.floor[number]

    @property
    def values(self) -> list[float]:
        """The ratio of each pair."""
        return [one / other for one, other in zip(self.seconds, self.floor, strict=True)]

    @property
    def exceeds(self) -> bool:
        return self.limit is not None and self.value > self.limit

    @property
    def row(self) -> tuple[str, ...]:
        return (
            self.name,
            self.against,
            *map(show_milliseconds, self.pair),
            f"{self.value:.2f}",
            f"{self.limit:.1f}" if self.limit else "",
        )


RATIO_HEADER = ("", "against", "takes", "that takes", "ratio", "at most")


def measure_pairs(
    act: Callable[[], object], floor: Callable[[], object], pairs: int
) -> tuple[list[float], list[float]]:
    """Return the seconds of both, measured in turn after each has run once."""
    act()
    floor()
    times = [(measure_seconds(act), measure_seconds(floor)) for _ in range(pairs)]
    return [one for one, _ in times], [other for _, other in times]


def measure_seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def percentile(seconds: Sequence[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]


# --- reports -----------------------------------------------------------------------------------


def show_milliseconds(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.{0 if milliseconds >= 100 else 1 if milliseconds >= 1 else 3}f} ms"


def make_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table. Columns of figures, except for the first, are aligned right."""
    rows = list(rows)
    aligned = [
        "--:" if column and all(row[column][:1].isdigit() or not row[column] for row in rows) else "---"
        for column in range(len(header))
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, aligned, *rows))


def write_report(name: str, *parts: str) -> None:
    """Write results/<name>.md, and print it."""
    machine = f"Measured by `make bench` on a machine with {os.cpu_count()} processors, {platform.machine()}."
    report = RESULTS / f"{name}.md"
    report.write_text("\n\n".join([*parts, machine]) + "\n", encoding="utf-8")
    print(report.read_text(encoding="utf-8"))


def draw_ratios(ratios: Sequence[Ratio], name: str) -> None:
    """Draw results/<name>.svg: one row per ratio, with the middle half of its pairs, their median, and the limit."""
    figure, axes = plt.subplots(figsize=(7, 1 + 0.5 * len(ratios)))
    axes.boxplot([ratio.values for ratio in ratios], orientation="horizontal", showfliers=False, whis=(5, 95))
    axes.set_yticks(
        range(1, len(ratios) + 1), [f"{ratio.name}\nagainst {ratio.against}".replace("`", "") for ratio in ratios]
    )
    axes.tick_params(axis="y", labelsize=7)
    limits = [(ratio.limit, position) for position, ratio in enumerate(ratios, start=1) if ratio.limit]
    axes.plot(*zip(*limits, strict=True), "|", color="tab:red", markersize=18, label="at most")
    axes.axvline(1, color="tab:gray", linewidth=0.8)
    axes.invert_yaxis()
    axes.set(xlabel="times as long")
    axes.legend()
    save_plot(figure, name)


def save_plot(figure: Figure, name: str) -> None:
    """Write results/<name>.svg. The same figures give the same file."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.tight_layout()
        figure.savefig(RESULTS / f"{name}.svg", metadata={"Date": None})


def refuse_excess(ratios: Iterable[Ratio]) -> None:
    """Exit with one line per ratio that is above its limit."""
    lines = [
        f"{ratio.name}: {ratio.value:.2f} times {ratio.against}; the limit is {ratio.limit}"
        for ratio in ratios
        if ratio.exceeds
    ]
    if lines:
        sys.exit("\n".join(lines))


# --- running services --------------------------------------------------------------------------


def render(directory: Path, **answers: str) -> Path:
    """Render a service for this machine below a directory, and return its path."""
    given = [f"{answer}={value}" for answer, value in {"architecture": ARCHITECTURE, **answers}.items()]
    cookiecutter = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--default-config"]
    run(*cookiecutter, "--output-dir", str(directory), *given)
    return directory / answers["project_slug"]


@contextlib.contextmanager
def emulate_function(
    language: str, artifact: Path, network: str = "bridge", *options: str, **settings: str
) -> Iterator[str]:
    """Run a function in Lambda's image, and yield the URL that invokes it, one request at a time.

    The options are for `docker run`, the settings for the function's environment.
    """
    port = find_free_port()
    emulator = find_emulator()
    environment = {"_HANDLER": HANDLERS[language], **FUNCTION_SETTINGS, **settings}
    container = run(
        *("docker", "run", "--detach", "--network", network, "--publish", f"127.0.0.1:{port}:8080"),
        *("--volume", f"{artifact}:/var/task:ro", "--volume", f"{emulator}:{EMULATOR}:ro", *options),
        *(word for name, value in environment.items() for word in ("--env", f"{name}={value}")),
        *("--entrypoint", EMULATOR, RUNTIMES[language], "--log-level", "error"),
    ).strip()
    try:
        wait_until_answers(port)
        yield f"http://127.0.0.1:{port}/{INVOCATION}"
    finally:
        run("docker", "rm", "--force", container)


def find_emulator() -> Path:
    """Return Lambda's emulator, which `sam` brings."""
    spec = importlib.util.find_spec("samcli")
    if spec is None or spec.origin is None:
        raise RuntimeError("aws-sam-cli is not installed; run `make setup`")
    return Path(spec.origin).parent / "local" / "rapid" / f"aws-lambda-rie-{ARCHITECTURE}"


@contextlib.contextmanager
def serve(*command: str, directory: Path, port: int, seconds: float = SECONDS_TO_START) -> Iterator[str]:
    """Run a program to the end of the block, and yield its URL once it answers on a port."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, cwd=directory, env=make_environment(), stdout=log, stderr=log, start_new_session=True
        )
        try:
            try:
                wait_until_answers(port, process, seconds)
            except TimeoutError:
                log.seek(0)
                sys.exit(f"{' '.join(command)} does not respond:\n{log.read()}")
            yield f"http://127.0.0.1:{port}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


@contextlib.contextmanager
def serve_service(service: Path) -> Iterator[tuple[str, int]]:
    """Run a service with its emulator, and yield the API's URL and the emulator's port."""
    port, localstack_port = find_free_port(), find_free_port()
    settings = [f"PORT={port}", f"LOCALSTACK_PORT={localstack_port}"]
    make(service, "up", "build", *settings)
    try:
        with serve("make", "start", *settings, directory=service, port=port) as url:
            yield url, localstack_port
    finally:
        make(service, "down", *settings)


def make_client(localstack_port: int) -> DynamoDBClient:
    """Return a DynamoDB client for an emulator, from outside its network."""
    return boto3.client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{localstack_port}",
        region_name=REGION,
        aws_access_key_id=FUNCTION_SETTINGS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=FUNCTION_SETTINGS["AWS_SECRET_ACCESS_KEY"],
    )


def wait_until_answers(
    port: int, process: subprocess.Popen[bytes] | None = None, seconds: float = SECONDS_TO_START
) -> None:
    """Wait for a response on a port. Raises TimeoutError, at once if the process has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and (process is None or process.poll() is None):
        with contextlib.suppress(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/no-such-route", timeout=seconds)  # Rust is compiled first
            return
        time.sleep(0.05)
    raise TimeoutError(f"Port {port} does not respond")


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make(service: Path, *arguments: str) -> str:
    return run("make", *arguments, directory=service)


def run(*command: str, directory: Path | None = None) -> str:
    """Run a program and return its output. Exits with that output if it fails."""
    result = subprocess.run(
        command,
        cwd=directory,
        env=make_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(f"{shutil.which(command[0])} {' '.join(command[1:])} failed:\n{result.stdout}")
    return result.stdout


def make_environment() -> dict[str, str]:
    """Return the environment of a user, without what make and other projects' builds have put into it."""
    others = {"CARGO_TARGET_DIR", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONDONTWRITEBYTECODE"}
    return {name: value for name, value in os.environ.items() if name not in others}
