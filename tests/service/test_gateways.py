"""What gateways answer to odd paths and large bodies: the rows of docs/http.md, with real requests."""

from __future__ import annotations

import http.client
import json
import re
from typing import TYPE_CHECKING

import pytest
import requests

from renders import TEMPLATE
from stacks import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks import Stack

PATHS = ("/users/", "//users", "/users//x")
BODIES = {"an event over 6 MB": 6_400_000, "a body over 10 MB, the limit of API Gateway": 11_000_000}
SLASHES = "Which route a path matches"
LIMITS = "What gateways return without calling the function"

pytestmark = [pytest.mark.slow, pytest.mark.parametrize(("api_type", "column"), [("rest", 0), ("http", 1)])]


def read_statuses(row: str, section: str) -> list[list[int]]:
    """Return the statuses in the cells of each row of this name in a section of the page; 200 where a cell has none."""
    page = (TEMPLATE / "docs" / "http.md").read_text(encoding="utf-8")
    text = page.partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = re.findall(rf"^\| {re.escape(row)} \|(.*)\|$", text, re.MULTILINE)
    return [[int((re.findall(r"\b\d{3}\b", cell) or ["200"])[0]) for cell in cells.split("|")] for cells in rows]


def send(stack: Stack, method: str, path: str, body: str | None = None) -> int:
    """Send a request with exactly this path, and return the response's status."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=120)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


def send_all(stack: Stack) -> dict[str, int]:
    """Send a request for each row, and return the responses' statuses."""
    paths = {path: send(stack, "GET", path) for path in PATHS}
    bodies = {
        row: send(stack, "POST", "/users", json.dumps({"user_id": "x", "text": "x" * size}))
        for row, size in BODIES.items()
    }
    return paths | bodies


def test_without_docker(make_stack: Callable[..., Stack], api_type: str, column: int) -> None:
    """As AWS: the first table of the paths, and the last columns of the limits."""
    stack = make_stack(api_type=api_type)

    with stack.running("dev", "DOCKER=no"):
        found = send_all(stack)

    paths = {path: read_statuses(f"`{path}`", SLASHES)[0][column] for path in PATHS}
    assert found == paths | {row: read_statuses(row, LIMITS)[0][2 + column] for row in BODIES}


@pytest.mark.docker
def test_with_docker(make_stack: Callable[..., Stack], api_type: str, column: int) -> None:
    """As `sam local`: the second table of the paths, and the first columns of the limits."""
    stack = make_stack(
        api_type=api_type, routes="GET /users, POST /users, GET /users/{user_id}, GET /slow/{x}, GET /object/{x}"
    )
    routes = stack.service.path / "src" / "service" / "routes.py"
    routes.write_text(
        re.sub(
            r"( +)raise NotImplementedYet\(",
            r"\1if 'object' in request.resource:\n\1    return Response(200, {'a': 1})\n"
            r"\1__import__('time').sleep(14)\n\g<0>",
            routes.read_text(),
        )
    )
    stack.service.edit("template.yaml", "Timeout: 15", "Timeout: 8")
    stack.make("up")
    stack.make("build")

    with stack.running():
        found = send_all(stack)
        statuses = {
            "unknown route": send(stack, "GET", "/nothing"),
            "undeclared HEAD": send(stack, "HEAD", "/users"),
            "time-out": send(stack, "GET", "/slow/1"),
            "a body that is not text": send(stack, "GET", "/object/1"),
            "not UTF-8": requests.post(f"{stack.url}/users", data=b"\xff", timeout=30).status_code,
        }
        routes.write_text(routes.read_text() + "raise RuntimeError('at import')\n")
        stack.make("build")
        wait_until(lambda: "at import" in requests.get(f"{stack.url}/users", timeout=30).text or api_type == "rest", 20)
        failed = requests.get(f"{stack.url}/users", timeout=30)

    paths = {path: read_statuses(f"`{path}`", SLASHES)[1][0] for path in PATHS}
    assert found == paths | {row: read_statuses(row, LIMITS)[0][column] for row in BODIES}
    assert statuses == {
        "unknown route": 403,
        "undeclared HEAD": 502,
        "time-out": 502,
        "a body that is not text": 200,
        "not UTF-8": 502,
    }
    assert failed.status_code == (502 if api_type == "rest" else 200)
    assert ("Internal server error" if api_type == "rest" else "stackTrace") in failed.text
