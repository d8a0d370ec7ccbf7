"""What the service writes, lists in order, and keeps for each user: the same requests get the same responses in both languages.

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
ANSWERS_WITH_OWNERS = {
    "table_name": "todos",
    "partition_key": "user_id:owner",
    "sort_key": "todo_id:N",
    "attributes": "text?, size:number?, status:open|done?, revision:revision, expires_at:expiry?",
    "indexes": "status, size, text",
    "auth": "jwt",
}
USERS = ["alice", "bob", "日本 \"'\\{}", "x" * 2048, "x" * 2049]
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
Sent = tuple[str, str, dict[str, str], str]
# What a client sees: the status, headers and the body.
Seen = tuple[int, Any, Any]
REQUESTS: list[Sent] = [
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

# The same for two users, with the token of each; the paths and bodies name others.
OWNED = '{"todo_id": 1, "status": "open", "size": 2, "text": "a"}'
REQUESTS_OF_USERS: list[tuple[str, str, str]] = [
    ("POST", "/todos", OWNED),
    ("POST", "/todos", OWNED),
    *(("POST", "/todos", f'{{"todo_id": 2, "user_id": {owner}}}') for owner in ('"alice"', '"bob"', "7", "null", '""')),
    ("PUT", "/todos/3", '{"size": 1e1, "status": "open"}'),
    ("PUT", "/todos/4.0?user_id=bob", '{"size": -1, "user_id": "alice", "todo_id": 4}'),
    ("PUT", "/todos/5", '{"todo_id": 6, "user_id": "somebody"}'),
    ("PATCH", "/todos/1", '{"user_id": "bob", "size": 3}'),
    ("PATCH", "/todos/1", '{"user_id": null, "todo_id": null}'),
    ("PATCH", "/todos/9", '{"size": 3}'),
    ("GET", "/todos/1e0?user_id=alice", ""),
    ("GET", "/todos?limit=1&cursor={cursor}", ""),  # the other user's
    ("GET", "/todos", ""),
    ("GET", "/todos?order=desc&from=2&to=3", ""),
    ("GET", "/todos?limit=1", ""),
    ("GET", "/todos?limit=1&cursor={cursor}", ""),
    ("GET", "/todos?limit=2&order=desc", ""),
    ("GET", "/todos?limit=2&order=desc&cursor={cursor}", ""),
    *(("GET", f"/todos-by-status/{status}?order=down&from=9", "") for status in ("open", "done", "none", "%20")),
    ("GET", "/todos-by-status/open?limit=1", ""),
    ("GET", "/todos-by-status/open?limit=1&cursor={cursor}", ""),
    ("GET", "/todos-by-status/done?limit=1&cursor={cursor}", ""),
    ("GET", "/todos-by-text/a", ""),
    ("GET", f"/todos-by-text/{'x' * 1025}", ""),
    *(
        ("GET", f"/todos-by-size?{bounds}", "")
        for bounds in ("", "order=desc&to=1e1", "from=3&to=1", "from=a", "order=")
    ),
    ("GET", "/todos-by-size?limit=1", ""),
    ("GET", "/todos-by-size?limit=1&cursor={cursor}", ""),
    ("DELETE", "/todos/3", ""),
    ("DELETE", "/todos/3", ""),
]


def test_responds_the_same_in_both_languages_to_requests_about_what_it_writes(make_stack: Callable[..., Stack]) -> None:
    stacks = [
        make_stack(language="python", api_type="rest", **ANSWERS),
        make_stack(language="rust", api_type="http", **ANSWERS),
    ]

    python = compare(stacks, REQUESTS)

    assert {status for status, *_ in python} == {200, 201, 204, 400, 404, 412}


def test_responds_the_same_in_both_languages_to_users_with_their_own_items(make_stack: Callable[..., Stack]) -> None:
    stacks = [make_stack(language=language, api_type="http", **ANSWERS_WITH_OWNERS) for language in ("python", "rust")]
    program = [".venv/bin/python", "scripts/tokens.py"]
    tokens = [stacks[0].service.run(*program, SUB=user).stdout.strip() for user in USERS]

    python = compare(
        stacks,
        [
            (method, path, {"Authorization": f"Bearer {token}"}, body)
            for token in tokens
            for method, path, body in REQUESTS_OF_USERS
        ],
    )

    assert {status for status, *_ in python} == {200, 201, 204, 400, 404, 409}
    lists = [content["items"] for status, _, content in python if status == 200 and "items" in content]
    assert all(len({item["user_id"] for item in items}) <= 1 for items in lists)


def compare(stacks: list[Stack], sent: list[Sent]) -> list[Seen]:
    """Send requests to two services, and return what clients see. Fails where they see something else."""
    with contextlib.ExitStack() as running:
        for stack in stacks:
            running.enter_context(stack.running("dev", "DOCKER=no"))
        one, other = (send_all(stack, sent) for stack in stacks)
    assert [each for each in zip(sent, one, other, strict=True) if each[1] != each[2]] == []
    return one


def send_all(stack: Stack, sent: list[Sent]) -> list[Seen]:
    """Send the requests, and return what a client sees of each response."""
    known = {"id": "", "cursor": ""}
    responses = []
    for method, path, headers, body in sent:
        url = stack.url + path.format(**known)
        encoded = {name: value.encode() for name, value in headers.items()}
        response = requests.request(method, url, headers=encoded, data=body.encode(), timeout=60)
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
