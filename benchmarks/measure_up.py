"""Measures `make up` until the table exists, compared with LocalStack's bare image. Writes results/up.md."""

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
        image = read_image(service)
        # The first round installs the service's tools.
        rounds = [(measure_up(service, image), *measure_bare(image)) for _ in range(ROUNDS + 1)][1:]
    up, ready, answering = zip(*rounds, strict=True)
    ratios = [
        Ratio("`make up`, until the table exists", "the bare image, until its DynamoDB answers", up, answering, 1.2),
        Ratio("`make up`, until the table exists", "the bare image, until it reports that it is ready", up, ready),
    ]
    draw_ratios(ratios, "up")
    write_report(
        "up",
        make_table(RATIO_HEADER, [ratio.row for ratio in ratios]),
        "The bare image reports that it is ready before it has started DynamoDB: the first request starts that.",
        "![Ratios](up.svg)",
    )
    refuse_excess(ratios)


def read_image(service: Path) -> str:
    """Return the emulator's image in compose.yaml."""
    compose = (service / "compose.yaml").read_text(encoding="utf-8")
    found = re.search(r"image: \$\{EMULATOR_IMAGE:-(\S+)\}", compose)
    if not found:
        raise RuntimeError("compose.yaml names no image")
    return found[1]


def measure_up(service: Path, image: str) -> float:
    settings = [f"LOCALSTACK_PORT={find_free_port()}", f"EMULATOR_IMAGE={image}"]
    seconds = measure_seconds(lambda: make(service, "up", *settings))
    make(service, "down", *settings)
    return seconds


def measure_bare(image: str) -> tuple[float, float]:
    """Return the seconds until the image reports that it is ready, and until its DynamoDB answers."""
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
    """Wait until LocalStack has run its ready scripts; the bare image has none."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/init/ready") as answer:
            if json.load(answer)["completed"]:
                return
        time.sleep(0.05)
    raise RuntimeError("LocalStack did not become ready")


if __name__ == "__main__":
    main()
