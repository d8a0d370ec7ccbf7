"""The same requests get the same responses in both languages, through `sam local` and through the API without Docker.

The four services run side by side. If two shared a table, they would answer a second PUT or POST of a key differently.
"""

from __future__ import annotations

import contextlib
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks import Stack

pytestmark = [pytest.mark.docker, pytest.mark.slow]

KEYS = ["a b", "é", "日本", "🦀", "100%", "a+b", "a?b", "a#b", '"', "\\"]

# Paths and bodies that two programs may read in two ways.
REQUESTS = [
    *(("GET", f"/users?limit={limit}", "") for limit in ("1", "100", "0", "101", "01", "1.0", "%2B1", "", "9" * 30)),
    *(("GET", f"/users?cursor={cursor}", "") for cursor in ("", "x", "W10", "e30", "bnVsbA")),
    *(("PUT", f"/users/{quote(key, safe='')}", '{"seen": 1}') for key in KEYS),
    *(("GET", f"/users/{quote(key, safe='')}", "") for key in [*KEYS, "nobody", "x" * 2049]),
    *(
        (method, f"/users/{method}", body)
        for method in ("PUT", "PATCH")
        for body in (
            *("", "null", "[]", "{", "{}", '{"a": NaN}', '{"a": 1,}', '{"a": 01}', '{"a": "\\ud800"}', '{"": 1}'),
            *('{"a": 1e126}', '{"a": 0.1e-130}', f'{{"a": {"1" * 39}}}', '{"user_id": "other"}', '{"user_id": 1}'),
            '{"a": [1.0, -0, 1e2, 1E+5, 0.00000001, 12345678901234567890123456789012345678, -5e-130, 0e99999999999999999999]}',
            '{"é\\n": "\\b\\u2028🦀/\\\\", "t": true, "f": false, "n": null, "m": {}, "l": [[], {}, null]}',
            '{"a": {"$serde_json::private::Number": "1"}, "b": {"S": "x"}}',
            '{"NaN": [-Infinity]}',
            f'{{"a": {"[" * 33}{"]" * 33}}}',
            f'{{"a": "{"x" * 410_000}"}}',
        )
    ),
    *(("POST", "/users", body) for body in ('{"user_id": "1"}', '{"user_id": "1"}', '{"user_id": ""}', "{}")),
    *(("DELETE", "/users/1", ""), ("DELETE", "/users/1", "")),
]


def test_answers_the_same_in_both_languages_both_apis_and_both_ways_to_run(make_stack: Callable[..., Stack]) -> None:
    services = ({"language": "python", "api_type": "rest"}, {"language": "rust", "api_type": "http"})
    stacks = [make_stack(**answers) for answers in services for _ in range(2)]
    with contextlib.ExitStack() as running:
        for position, stack in enumerate(stacks):
            if position % 2:
                running.enter_context(stack.running("dev", "DOCKER=no"))
            else:
                stack.make("up")
                running.enter_context(stack.running())

        for stack in stacks:  # the first write to an emulator may take so long that the SDK repeats it
            ask(stack, "PUT", "/users/first", "{}")
            ask(stack, "DELETE", "/users/first", "")
        # moto fails with an UpdateItem that changes nothing, and checks the condition before the item's size.
        requests_to_all = [request for request in REQUESTS if request[0] != "PATCH" or 2 < len(request[2]) < 400_000]
        different = [
            (request, responses)
            for request in requests_to_all
            for responses in [[ask(stack, *request) for stack in stacks]]
            if len(set(responses)) > 1
        ]
        for stack in stacks:
            assert_reads_any_key_back(stack)
        # docs/http.md, "Keys in URLs": `sam local` decodes what is not UTF-8.
        not_utf8 = requests.put(f"{stacks[0].url}/users/a%FF", json={}, timeout=60)

    assert different == []
    assert not_utf8.json() == {"user_id": "a\ufffd"}


def assert_reads_any_key_back(stack: Stack) -> None:
    for key in KEYS:
        url = f"{stack.url}/users/{quote(key, safe='')}"
        requests.delete(url, timeout=60)
        put = requests.put(url, json={"seen": key}, timeout=60)
        read = requests.get(stack.url + put.headers["Location"], timeout=60)

        assert (put.status_code, read.status_code) == (201, 200)
        assert read.json() == {"user_id": key, "seen": key}


def ask(stack: Stack, method: str, path: str, body: str) -> str:
    """Send a request, and return what a client sees of the response: numbers by value, parsers' positions left out."""
    response = requests.request(method, stack.url + path, data=body.encode(), timeout=60)
    # `sam local` adds a Content-Type to responses without a body.
    names = ("Content-Type", "Location", "Retry-After") if response.content else ("Location", "Retry-After")
    headers = {name: response.headers.get(name) for name in names}
    text = re.sub(r"line \d+, column \d+", "", response.text)
    content = json.loads(text, parse_float=Decimal, parse_int=Decimal) if text else None
    return repr((response.status_code, headers, normalize(content)))


def normalize(value: Any) -> Any:
    """Return JSON with the members of objects in order, and equal numbers alike."""
    if isinstance(value, dict):
        return {name: normalize(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [normalize(element) for element in value]
    return value.normalize() if isinstance(value, Decimal) else value
