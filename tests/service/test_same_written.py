"""What the service writes, and lists in order: the same requests get the same responses in both languages.

Only ids, times and cursors differ: the test puts names in their place.
"""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks import Stack

pytestmark = pytest.mark.slow

ANSWERS = {
    "sort_key": "todo_id:uuid",
    "attributes": (
        "text?, size:number?, status:new|paid?, created_at:created, updated_at:updated, revision:revision, expires_at:expiry?"
    ),
    "indexes": "status/created_at, status/size, size/revision",
}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

ITEM = "/users/a/{id}"
NEW = '{"user_id": "a", "text": "b", "status": "new"}'
MATCHES = [
    '"1"',
    '"2"',
    "*",
    '"7" , "2"',
    'W/"2"',
    '"02"',
    '"-1"',
    '""',
    '"é"',
    '"a,b"',
    '"2"\t ',
    "2",
    '"2',
    '"1""2"',
    ",",
]
MATCHES += ['"1",', ",".join(['"1"'] * 20), ",".join(['"1"'] * 21), f'"{"1" * 19}"', f'"{"1" * 40}"', '" "', "w/*", ""]
WRITTEN = '{"created_at": null, "updated_at": "b", "revision": [1], "text": "c"}'
BOUNDS = ["from=1&to=2", "from=2&to=1", "from=1e2&to=99", "from=-1&to=-2", "from=a", "from=", "to=1e126"]
BOUNDS += [
    f"from={'1' * 37}2&to={'1' * 38}",
    f"from={'1' * 38}&to={'1' * 37}2",
    "from=-1e-130&to=0",
    "from=1e-130&to=-0.0",
]

# Each request: its method, path, headers and body. "{id}" is the newest id, "{cursor}" the newest cursor.
REQUESTS: list[tuple[str, str, dict[str, str], str]] = [
    ("POST", "/users", {}, '{"user_id": "a", "todo_id": "b"}'),
    ("POST", "/users", {}, '{"user_id": "a", "todo_id": null}'),
    ("POST", "/users", {}, "{}"),
    ("PUT", "/users/a/b", {}, "{}"),
    ("PUT", "/users/a/b", {"If-None-Match": "*"}, "{}"),
    *(
        ("POST", "/users", {}, f'{{"user_id": "a", "expires_at": {expiry}}}')
        for expiry in ("1", "1e3", "1.5", "1e12", '"1"')
    ),
    ("GET", ITEM, {}, ""),  # has expired
    ("PATCH", ITEM, {}, '{"text": "c"}'),
    ("PUT", ITEM, {}, "{}"),
    ("DELETE", ITEM, {"If-Match": '"1"'}, ""),
    ("POST", "/users", {}, NEW),
    ("GET", ITEM, {}, ""),
    ("PUT", ITEM, {}, WRITTEN),
    *(("PUT", ITEM, {"If-None-Match": value}, "{}") for value in ("*", "* ", '"2"', "")),
    ("PATCH", ITEM, {}, "{}"),
    ("PATCH", ITEM, {}, '{"revision": 9}'),
    ("PATCH", ITEM, {}, WRITTEN),
    *(
        (method, ITEM, {"If-Match": match}, body)
        for match in MATCHES
        for method, body in (("PATCH", '{"text": "d"}'), ("PUT", '{"status": "paid"}'), ("PATCH", "{}"))
    ),
    *(("DELETE", ITEM, {"if-match": match}, "") for match in ('"1"', "1", "*", "*")),
    ("PATCH", ITEM, {}, '{"text": "d"}'),
    *(("POST", "/users", {}, NEW.replace("}", f', "size": {size}}}')) for size in ("2", "10", "-1.5", "1e2", "0")),
    *(("GET", f"/users/a?limit=2{rest}", {}, "") for rest in ("", "&cursor={cursor}", "&order=asc&cursor={cursor}")),
    *(
        ("GET", f"/users/a?limit=2&order=desc{rest}", {}, "")
        for rest in ("", "&cursor={cursor}", "&cursor={cursor}&to=b")
    ),
    *(("GET", f"/users/a?order={order}", {}, "") for order in ("", "DESC", "down", "asc")),
    *(("GET", f"/users/a?{bounds}", {}, "") for bounds in BOUNDS),
    *(("GET", f"/users?order=down&{bounds}", {}, "") for bounds in BOUNDS),
    *(("GET", f"/users-by-status-and-size/new?{bounds}", {}, "") for bounds in BOUNDS),
    ("GET", "/users-by-status-and-size/new?from=0.0&to=1e1&order=desc&limit=1", {}, ""),
    ("GET", "/users-by-status-and-size/new?from=0.0&to=1e1&order=desc&limit=1&cursor={cursor}", {}, ""),
    ("GET", "/users-by-status-and-size/new?from=0.0&to=10&order=desc&limit=1&cursor={cursor}", {}, ""),
    ("GET", "/users-by-status-and-size/new?from=0.0&to=1e1&limit=1&cursor={cursor}", {}, ""),
    ("GET", "/users-by-size/1e1?from=1.0", {}, ""),
    ("GET", "/users-by-size/10?from=1.5&to=2", {}, ""),
    *(
        ("GET", f"/users-by-status-and-created_at/new?{name}={time}", {}, "")
        for name in ("from", "to")
        for time in ("2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00Z", "2026-01-31", "2026-02-30T12:00:00.000Z", "")
    ),
]


def test_responds_the_same_in_both_languages_to_requests_about_what_it_writes(make_stack: Callable[..., Stack]) -> None:
    stacks = [
        make_stack(language="python", api_type="rest", **ANSWERS),
        make_stack(language="rust", api_type="http", **ANSWERS),
    ]
    with contextlib.ExitStack() as running:
        for stack in stacks:
            running.enter_context(stack.running("dev", "DOCKER=no"))
        python, rust = (send_all(stack) for stack in stacks)

    different = [each for each in zip(REQUESTS, python, rust, strict=True) if each[1] != each[2]]
    assert different == []
    assert {status for status, *_ in python} == {200, 201, 204, 400, 404, 412}


def send_all(stack: Stack) -> list[tuple[int, dict[str, Any], Any]]:
    """Send the requests, and return what a client sees of each response."""
    known = {"id": "", "cursor": ""}
    responses = []
    for method, path, headers, body in REQUESTS:
        url = stack.url + path.format(**known)
        sent = {name: value.encode() for name, value in headers.items()}
        response = requests.request(method, url, headers=sent, data=body.encode(), timeout=60)
        content = json.loads(response.text) if response.text else {}
        if response.status_code == 201:
            known["id"] = content["todo_id"]
        if content.get("next_cursor"):
            known["cursor"] = content["next_cursor"]
            content["next_cursor"] = "a cursor"  # numbers in it are as each language writes them
        shown = {name: response.headers.get(name) for name in ("ETag", "Location")}
        responses.append((response.status_code, name_values(shown), name_values(content)))
    return responses


def name_values(value: Any) -> Any:
    """Return a value with names in place of ids and times, and with the members of objects in order."""
    text = UUID.sub("an id", json.dumps(value, sort_keys=True, ensure_ascii=False))
    return json.loads(TIME.sub("a time", text))
