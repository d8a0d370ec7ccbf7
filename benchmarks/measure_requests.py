"""Measures requests to a service that runs on a laptop, one by one and under load. Writes results/requests.md."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from matplotlib import pyplot as plt

from measuring import (
    ARCHITECTURE,
    BASELINES,
    FUNCTION_SETTINGS,
    RATIO_HEADER,
    REGION,
    Ratio,
    find_free_port,
    make_client,
    make_table,
    measure_pairs,
    measure_seconds,
    percentile,
    render,
    save_plot,
    serve,
    serve_service,
    show_milliseconds,
    write_report,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REQUESTS = 200
COLD_REQUESTS = 7
SECONDS_SAM_WAITS = 1
LOAD = 1000
AT_ONCE = 8
TABLE = "users"
NUMBERS = count()


@dataclass(frozen=True)
class Load:
    """The responses of a server to many requests at once."""

    name: str
    latencies: list[float]
    """Seconds, in the order in which the requests were sent."""

    statuses: list[int]
    seconds: float

    @property
    def errors(self) -> int:
        return sum(status >= 400 for status in self.statuses)

    @property
    def row(self) -> tuple[str, ...]:
        rate = f"{len(self.latencies) / self.seconds:.0f}"
        return (self.name, str(len(self.latencies)), str(self.errors), rate, *show_percentiles(self.latencies))


def main() -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        python, rust = (
            render(Path(name), project_slug=f"bench-{language}", language=language) for language in ("python", "rust")
        )
        python_url, localstack_port = running.enter_context(serve_service(python))
        rust_url, _ = running.enter_context(serve_service(rust))
        empty_url = running.enter_context(serve_empty(python))
        calls = make_calls(localstack_port)
        by_route = {
            route: (measure(request_of(python_url, route)), measure(request_of(rust_url, route)), measure(call))
            for route, call in calls.items()
        }
        read = request_of(python_url, "GET /users/{user_id}")
        empty = request_of(empty_url, "GET /users/{user_id}")
        ratios = [
            Ratio("A warm read", "an empty handler", *measure_pairs(read, empty, REQUESTS)),
            Ratio("A warm read", "DynamoDB's GetItem", *measure_pairs(read, calls["GET /users/{user_id}"], REQUESTS)),
        ]
        loads = [
            put_load("the service in Python", python_url),
            put_load("the service in Rust", rust_url),
            put_load("an empty handler", empty_url),
        ]
        with serve_cold(python) as url:
            cold = measure_pairs(request_of(url, "GET /users/{user_id}"), read, COLD_REQUESTS)
        ratios.append(Ratio("A read without warm containers", "a warm read", *cold))
    draw(loads)
    write_report(
        "requests",
        make_table(
            ("", *(f"{part}, {column}" for part in ("Python", "Rust", "only DynamoDB") for column in ("p50", "p99"))),
            [
                (route, *(shown for seconds in times for shown in show_percentiles(seconds)))
                for route, times in by_route.items()
            ],
        ),
        describe_waits([seconds for python, rust, _ in by_route.values() for seconds in (*python, *rust)]),
        make_table(RATIO_HEADER, [ratio.row for ratio in ratios]),
        make_table(
            (f"{AT_ONCE} at once", "requests", "errors", "per second", "p50", "p99"), [load.row for load in loads]
        ),
        "![Latency under load](requests.svg)",
    )
    failed = [f"{load.name} failed {load.errors} of {len(load.statuses)} requests" for load in loads if load.errors]
    if failed:
        sys.exit("\n".join(failed))


# --- requests ----------------------------------------------------------------------------------


def request_of(url: str, route: str) -> Callable[[], int]:
    """Return a function that sends a request to a route; each create or delete has an item of its own."""
    session = requests.Session()
    method, path = route.split(" ")
    item = {"user_id": "001", "name": "田中太郎"}
    session.put(f"{url}/users/001", json=item, timeout=60)

    def send() -> int:
        user_id = "001"
        if method in {"POST", "DELETE"}:
            user_id = f"bench-{next(NUMBERS)}"
        body = (
            {**item, "user_id": user_id} if method in {"POST", "PUT"} else {"name": "x"} if method == "PATCH" else None
        )
        response = session.request(method, url + path.replace("{user_id}", user_id), json=body, timeout=60)
        if response.status_code >= 400 and not (method == "DELETE" and response.status_code == 404):
            raise RuntimeError(f"{route} returned {response.status_code}: {response.text}")
        return response.status_code

    return send


def make_calls(localstack_port: int) -> dict[str, Callable[[], object]]:
    """Return the calls of DynamoDB that the routes make, by route."""
    client = make_client(localstack_port)
    key = {"user_id": {"S": "001"}}
    item: Any = {**key, "name": {"S": "田中太郎"}}
    change: Any = {"UpdateExpression": "SET #name = :name", "ExpressionAttributeNames": {"#name": "name"}}
    return {
        "GET /users": lambda: client.scan(TableName=TABLE, Limit=25),
        "POST /users": lambda: client.put_item(TableName=TABLE, Item=item),
        "GET /users/{user_id}": lambda: client.get_item(TableName=TABLE, Key=key, ConsistentRead=True),
        "PUT /users/{user_id}": lambda: client.put_item(TableName=TABLE, Item=item, ReturnValues="ALL_OLD"),
        "PATCH /users/{user_id}": lambda: client.update_item(
            TableName=TABLE, Key=key, ExpressionAttributeValues={":name": {"S": "x"}}, ReturnValues="ALL_NEW", **change
        ),
        "DELETE /users/{user_id}": lambda: client.delete_item(TableName=TABLE, Key={"user_id": {"S": "none"}}),
    }


def measure(act: Callable[[], object]) -> list[float]:
    """Return the seconds of each call, after a first one."""
    act()
    return [measure_seconds(act) for _ in range(REQUESTS)]


def show_percentiles(seconds: list[float]) -> tuple[str, str]:
    return show_milliseconds(percentile(seconds, 50)), show_milliseconds(percentile(seconds, 99))


def describe_waits(seconds: list[float]) -> str:
    """Return a sentence on the requests that `sam local` delayed."""
    waits = sum(wait >= SECONDS_SAM_WAITS for wait in seconds)
    return f"Of these {len(seconds):,} requests to the service, {waits} took a second longer; [why](../../docs/local-stack.md#a-known-delay)."


# --- other servers -----------------------------------------------------------------------------


@contextmanager
def serve_empty(service: Path) -> Iterator[str]:
    """Serve a handler that does nothing, with a service's `sam`."""
    port = find_free_port()
    template = ("--template", "empty.yaml", "--parameter-overrides", f"Architecture={ARCHITECTURE}")
    options = ("--skip-pull-image", "--warm-containers", "LAZY", "--port", str(port))
    with serve(read_sam(service), "local", "start-api", *template, *options, directory=BASELINES, port=port) as url:
        yield url


@contextmanager
def serve_cold(service: Path) -> Iterator[str]:
    """Serve a service without warm containers: `sam local` starts one for each request."""
    port = find_free_port()
    settings = service.parent / "cold.toml"
    settings.write_text("version = 0.1\n", encoding="utf-8")
    options = ("--docker-network", service.name, "--env-vars", "env.json", "--skip-pull-image", "--port", str(port))
    command = (read_sam(service), "local", "start-api", "--config-file", str(settings), *options)
    with serve(*command, directory=service, port=port) as url:
        yield url


def read_sam(service: Path) -> str:
    return str(service / ".venv" / "bin" / "sam")


# --- load --------------------------------------------------------------------------------------


def put_load(name: str, url: str) -> Load:
    """Read an item many times, AT_ONCE requests at once."""
    read = request_of(url, "GET /users/{user_id}")
    read()

    def send(_: int) -> tuple[float, int]:
        started = time.perf_counter()
        status = requests.get(f"{url}/users/001", timeout=60).status_code
        return time.perf_counter() - started, status

    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        latencies, statuses = zip(*pool.map(send, range(LOAD)), strict=True)
    return Load(name, list(latencies), list(statuses), time.perf_counter() - started)


def draw(loads: list[Load]) -> None:
    figure, plots = plt.subplots(1, len(loads), figsize=(9, 3.2), sharey=True)
    for axes, load in zip(plots, loads, strict=True):
        axes.plot([seconds * 1000 for seconds in load.latencies], ".", markersize=2)
        axes.set(title=load.name, xlabel="request", ylim=(0, None))
    plots[0].set_ylabel("milliseconds")
    figure.suptitle(f"{LOAD} requests, {AT_ONCE} at once")
    save_plot(figure, "requests")


if __name__ == "__main__":
    # In place of the user's own credentials and region, which `sam` would pass to the functions.
    os.environ |= {**FUNCTION_SETTINGS, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    main()
