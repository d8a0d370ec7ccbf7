"""Measures `make up`, to the table, beside LocalStack's bare image to its own readiness. Writes results/up.md."""

from __future__ import annotations

import json
import re
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from measuring import (
    RATIO_HEADER,
    SECONDS_TO_START,
    Ratio,
    draw_ratios,
    find_free_port,
    make,
    make_client,
    make_table,
    measure_seconds,
    refuse_excess,
    render,
    run,
    write_report,
)

ROUNDS = 7


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        service = render(Path(directory), project_slug="bench-up")
        make(service, "setup")
        image = read_image(service)
        rounds = [(measure_up(service), *measure_bare(image)) for _ in range(ROUNDS + 1)][1:]
    up, ready, answering = zip(*rounds, strict=True)
    ratios = [
        Ratio("`make up`, to the table", "the bare image, until its DynamoDB answers", up, answering, 1.2),
        Ratio("`make up`, to the table", "the bare image, until it says that it is ready", up, ready),
    ]
    draw_ratios(ratios, "up")
    write_report(
        "up",
        make_table(RATIO_HEADER, [ratio.row for ratio in ratios]),
        "The bare image is ready before it has started DynamoDB, which it starts at the first request.",
        "![Ratios](up.svg)",
    )
    refuse_excess(ratios)


def read_image(service: Path) -> str:
    """Return the image that a service starts."""
    compose = (service / "compose.yaml").read_text(encoding="utf-8")
    found = re.search(r"image: (\S+):\$\{LOCALSTACK_VERSION:-(\S+)\}", compose)
    if not found:
        raise RuntimeError("compose.yaml names no image")
    return f"{found[1]}:{found[2]}"


def measure_up(service: Path) -> float:
    settings = [f"LOCALSTACK_PORT={find_free_port()}"]
    seconds = measure_seconds(lambda: make(service, "up", *settings))
    make(service, "down", *settings)
    return seconds


def measure_bare(image: str) -> tuple[float, float]:
    """Return after how many seconds the image says that it is ready, and after how many its DynamoDB answers."""
    port = find_free_port()
    client = make_client(port)
    started = time.perf_counter()
    container = run("docker", "run", "--detach", "--publish", f"127.0.0.1:{port}:4566", image).strip()
    try:
        wait_until_ready(port)
        ready = time.perf_counter() - started
        client.list_tables()
        return ready, time.perf_counter() - started
    finally:
        run("docker", "rm", "--force", "--volumes", container)


def wait_until_ready(port: int) -> None:
    """Return when LocalStack says that it has run the ready scripts, of which the bare image has none."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/init/ready") as answer:
            if json.load(answer)["completed"]:
                return
        time.sleep(0.05)
    raise RuntimeError("LocalStack did not become ready")


if __name__ == "__main__":
    main()
