"""Values of each type of attribute, at the bounds of what is valid: both languages accept and refuse the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks import Stack

pytestmark = pytest.mark.slow

ATTRIBUTES = (
    "text?, size:number?, count:integer?, flag:boolean?, state:new|paid?, at:datetime?, tags:list?, more:map?, "
    "until:expiry?, email?"
)
ACCEPTED = {
    "text": ['""', '"é"', '"1"'],
    "size": ["1.5", "-0", "1e125", "12345678901234567890123456789012345678"],
    "count": ["1", "-1", "1.0", "1e2", "100e-2", "-0.0", "1e125"],
    "flag": ["true", "false"],
    "state": ['"new"', '"paid"'],
    "at": [
        '"2026-01-31T12:00:00Z"',
        '"2024-02-29t23:59:59.123456789012z"',
        '"0001-01-01T00:00:00+23:59"',
        '"9999-12-31T23:59:59.9-00:00"',
    ],
    "tags": ["[]", '[null, {"a": []}]'],
    "more": ["{}", '{"a": null}'],
    "until": ["253402300799", "2.53402300799e11", "4102444800.0", "-1", "0", "-1e125"],
    "email": ['"a"'],
}
REFUSED = {
    "text": ["1", "true", "null", "[]", "{}"],
    "size": ['"1"', "true", "null"],
    "count": ["1.5", "1e-1", "1e-130", '"1"', "true", "null"],
    "flag": ["0", '"true"', "null"],
    "state": ['"New"', '""', '["new"]', "null", '"new|paid"'],
    "at": [
        '"2026-01-31"',
        '"2023-02-29T12:00:00Z"',
        '"2026-01-31T23:59:60Z"',
        '"2026-01-31 12:00:00Z"',
        '"2026-01-31T12:00:00"',
        '"2026-01-31T12:00:00+0100"',
        '"2026-01-31T12:00:00+24:00"',
        '"2026-01-31T12:00:00.Z"',
        '"2026-01-31T12:00Z"',
        '"0000-01-01T00:00:00Z"',
        '""',
        "0",
        "null",
    ],
    "tags": ['"a"', "{}", "null"],
    "more": ["[]", '"a"', "null"],
    "until": [
        "253402300800",
        "253402300799.5",
        "1769860800000",
        "1e12",
        "1.5",
        '"1"',
        '"2026-01-31T12:00:00Z"',
        "null",
    ],
    "email": ['""', "1", "null", f'"{"é" * 1025}"'],
    "other": ["1", "null"],
}


@pytest.mark.parametrize("language", ["python", "rust"])
def test_accepts_and_refuses_values_at_the_bounds_of_each_type(make_stack: Callable[..., Stack], language: str) -> None:
    stack = make_stack(language=language, attributes=ATTRIBUTES, indexes="email")

    def put(name: str, value: str) -> requests.Response:
        return requests.put(f"{stack.url}/users/1", data=f'{{"{name}": {value}}}'.encode(), timeout=60)

    with stack.running("dev", "DOCKER=no"):
        accepted = {(name, value): put(name, value) for name, values in ACCEPTED.items() for value in values}
        refused = {(name, value): put(name, value) for name, values in REFUSED.items() for value in values}

    assert [
        (case, response.text) for case, response in accepted.items() if response.status_code not in (200, 201)
    ] == []
    assert [case for case, response in refused.items() if response.status_code != 400] == []
    assert all(response.json()["message"].startswith(f"{name} ") for (name, _), response in refused.items())
