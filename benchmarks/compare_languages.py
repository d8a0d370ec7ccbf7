"""Compares the service in Python with the service in Rust. Writes results/languages.md.

Both have the same answers, are built with `make build`, and get the same requests. Compilation starts from an empty
directory, with the packages already downloaded.
"""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import requests

from measuring import (
    HANDLERS,
    make,
    make_table,
    measure_seconds,
    render,
    run,
    serve_service,
    show_milliseconds,
    write_report,
)

REQUESTS = 400


@dataclass(frozen=True)
class Figures:
    """The measurements of one language."""

    first_build: float
    """Seconds."""

    edit_build: float
    """Seconds, after an edit of the routes."""

    unchanged_build: float
    """Seconds."""

    artifact: int
    """Bytes that are deployed, before compression."""

    request: float
    """Seconds for a read through `sam local` with a warm container."""


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        python, rust = (measure(language, Path(directory)) for language in HANDLERS)
    rows = [
        ("Deployed, before compression", *(f"{figures.artifact / 1e6:.2f} MB" for figures in (python, rust))),
        ("Warm read through `sam local`", *(show_milliseconds(figures.request) for figures in (python, rust))),
        ("`make build`, the first", *(f"{figures.first_build:.1f} s" for figures in (python, rust))),
        ("`make build`, after an edit", *(f"{figures.edit_build:.1f} s" for figures in (python, rust))),
        ("`make build`, nothing changed", *(f"{figures.unchanged_build:.1f} s" for figures in (python, rust))),
    ]
    write_report("languages", make_table(("", "Python", "Rust"), rows))


def measure(language: str, directory: Path) -> Figures:
    service = render(directory, project_slug=f"bench-{language}", language=language)
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
        measure_request(service),
    )


def measure_request(service: Path) -> float:
    """Return the median seconds of a read through `make start` with a warm container."""
    with serve_service(service) as (url, _):
        requests.post(f"{url}/users", json={"user_id": "001", "name": "田中太郎"}, timeout=60).raise_for_status()
        times = [
            measure_seconds(lambda: requests.get(f"{url}/users/001", timeout=60).raise_for_status())
            for _ in range(REQUESTS)
        ]
    return statistics.median(times)


if __name__ == "__main__":
    main()
