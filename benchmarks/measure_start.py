"""Measures a fresh render: the time to the first response of `make dev DOCKER=no`, and of `make test`. Writes results/start.md."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from measuring import find_free_port, make_table, render, run, serve, write_report

# One render in Rust: the compiler takes minutes.
ROUNDS = {"python": 5, "rust": 1}
LIMITS = {"python": (8.5, 5.0), "rust": (None, None)}
MOST_SECONDS_OF_TESTS = 8.0
SECONDS_TO_COMPILE = 900


@dataclass(frozen=True)
class Start:
    """The seconds that a start took, and the most that it may take."""

    name: str
    seconds: list[float]
    limit: float | None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def row(self) -> tuple[str, ...]:
        return (
            self.name,
            f"{self.median:.1f} s",
            f"{max(self.seconds):.1f} s",
            f"{self.limit} s" if self.limit else "",
        )


def main() -> None:
    starts = [start for language in ROUNDS for start in measure(language)]
    write_report(
        "start",
        make_table(
            ("To the first response of `make dev DOCKER=no`", "median", "slowest", "at most"), [s.row for s in starts]
        ),
        "The first start has a fresh render and uv's and cargo's downloads. Rust includes the compiler's time.",
    )
    slow = [s for s in starts if s.limit and s.median > s.limit]
    if slow:
        sys.exit("\n".join(f"{s.name}: {s.median:.1f} s; the limit is {s.limit} s" for s in slow))


def measure(language: str) -> list[Start]:
    """Return the first and the second start of fresh renders."""
    with tempfile.TemporaryDirectory() as directory:
        download(render(Path(directory), project_slug="bench-download", language=language))
        services = [
            render(Path(directory), project_slug=f"bench-{number}", language=language)
            for number in range(ROUNDS[language])
        ]
        first, second = zip(*((measure_start(service), measure_start(service)) for service in services), strict=True)
        tests = list(map(measure_tests, services)) if language == "python" else []
    name = language.capitalize()
    first_limit, second_limit = LIMITS[language]
    starts = [
        Start(f"{name}, a fresh render", list(first), first_limit),
        Start(f"{name}, the second time", list(second), second_limit),
    ]
    if tests:
        starts.append(Start("`make test` in Python", tests, MOST_SECONDS_OF_TESTS))
    return starts


def measure_tests(service: Path) -> float:
    """Return the seconds that `make test` takes."""
    started = time.perf_counter()
    run("make", "test", directory=service)
    return time.perf_counter() - started


def download(service: Path) -> None:
    """Put the packages that a service needs into the caches of uv and cargo."""
    run("make", ".venv/.local", directory=service)
    if (service / "Cargo.toml").exists():
        run("cargo", "fetch", "--quiet", directory=service)


def measure_start(service: Path) -> float:
    """Return the seconds until the API lists its items."""
    port = find_free_port()
    settings = (f"PORT={port}", f"LOCALSTACK_PORT={find_free_port()}", "DOCKER=no")
    started = time.perf_counter()
    with serve("make", "dev", *settings, directory=service, port=port, seconds=SECONDS_TO_COMPILE) as url:
        requests.get(f"{url}/users", timeout=60).raise_for_status()
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
