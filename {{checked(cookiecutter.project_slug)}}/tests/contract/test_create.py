"""Routes that create an item."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import project
import pytest
from api import Api, fill, split
from project import Route

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    Key = dict[str, Any]

PARTITION_KEY = project.KEY[0]
LAST_KEY = project.KEY[-1]
ONE_BYTE_OR_MORE: list[Any] = [1, [], {}]


def item_route_paths() -> set[str]:
    names = {attribute.name for attribute in project.KEY}
    return {
        route.path
        for route in project.ROUTES
        if route.operation not in (None, "stub")
        and {s.strip("{}") for s in split(route.path) if s.startswith("{")} == names
    }


@pytest.mark.smoke
def test_creates_an_item_and_answers_with_it(api: Api, table: Table, key: Key, create_route: Route) -> None:
    item = {**key, "the-name": "田中太郎", "the-tags": ["a", None, True, {"b": 1.5}], "the-empty": ""}

    answer = api.request("POST", fill(create_route.path, key), body=item)

    assert answer.status == 201, answer
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == json.loads(json.dumps(item), parse_float=Decimal)
    assert table.get_item(Key=key)["Item"]["the-name"] == "田中太郎"


def test_says_where_the_new_item_is(api: Api, key: Key, create_route: Route) -> None:
    answer = api.request("POST", fill(create_route.path, key), body=key)

    paths = {api.stage + fill(path, key) for path in item_route_paths()}
    assert answer.status == 201, answer
    assert answer.headers.get("location", "") in (paths or {""})


def test_does_not_create_an_item_twice(api: Api, table: Table, item: dict[str, Any], create_route: Route) -> None:
    answer = api.request("POST", fill(create_route.path, item), body={**item, "the-name": "other"})

    key = {attribute.name: item[attribute.name] for attribute in project.KEY}
    assert answer.status == 409, answer
    assert answer.json.keys() == {"message"}
    assert table.get_item(Key=key)["Item"] == item


def test_keeps_numbers_to_their_last_digit(api: Api, table: Table, key: Key, create_route: Route) -> None:
    numbers = "12345678901234567890123456789012345678, -0.00000000000000000000000000000000000001, 1e125, 1E-130, 1.0, 0"
    body = json.dumps(key)[:-1] + f', "the-numbers": [{numbers}, 0e99999999999999999999]}}'

    answer = api.request("POST", fill(create_route.path, key), body=body)

    expected = [*map(Decimal, numbers.split(",")), Decimal(0)]
    assert answer.status == 201, answer
    assert answer.json["the-numbers"] == expected
    assert table.get_item(Key=key)["Item"]["the-numbers"] == expected


@pytest.mark.parametrize(
    "body",
    ["", "no JSON", "[]", '"text"', "null", '{"the-a": 1', "[" * 100_000, '{"the-a": "\\ud800"}'],
    ids=["empty", "text", "array", "string", "null", "cut", "deep", "surrogate"],
)
def test_refuses_a_body_that_is_no_json_object(api: Api, key: Key, create_route: Route, body: str) -> None:
    answer = api.request("POST", fill(create_route.path, key), body=body)

    assert (answer.status, answer.json.keys()) == (400, {"message"})


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e126", "1e-131", "1e999999999999999999999", "1" * 39]
)
def test_refuses_a_number_that_dynamodb_cannot_keep(api: Api, key: Key, create_route: Route, number: str) -> None:
    answer = api.request(
        "POST", fill(create_route.path, key), body=json.dumps(key)[:-1] + f', "the-number": {number}}}'
    )

    assert (answer.status, answer.json.keys()) == (400, {"message"})


def test_refuses_an_item_that_is_nested_too_deeply(api: Api, key: Key, create_route: Route) -> None:
    body = json.dumps(key)[:-1] + ', "the-deep": ' + "[" * 33 + "]" * 33 + "}"

    answer = api.request("POST", fill(create_route.path, key), body=body)

    assert (answer.status, answer.json.keys()) == (400, {"message"})


def test_refuses_an_item_without_a_key(api: Api, key: Key, create_route: Route) -> None:
    body = {name: value for name, value in key.items() if name != LAST_KEY.name}

    answer = api.request("POST", fill(create_route.path, key), body=body)

    assert answer.status == 400
    assert LAST_KEY.name in answer.json["message"]


def impossible_values() -> list[Any]:
    others = [None, True, [1], {"a": 1}]
    if LAST_KEY.type == "N":
        return [*others, "1", "", "text"]
    return [*others, 1, "", "x" * (LAST_KEY.max_bytes + 1), "é" * (LAST_KEY.max_bytes // 2 + 1)]


@pytest.mark.parametrize("value", impossible_values(), ids=lambda value: json.dumps(value)[:20])
def test_refuses_a_key_that_cannot_be(api: Api, key: Key, create_route: Route, value: Any) -> None:
    answer = api.request("POST", fill(create_route.path, key), body={**key, LAST_KEY.name: value})

    assert answer.status == 400, answer
    assert LAST_KEY.name in answer.json["message"]


def test_refuses_a_body_of_very_many_values_at_once(api: Api, key: Key, create_route: Route) -> None:
    bodies = [{**key, "the-list": [value] * 300_000} for value in ONE_BYTE_OR_MORE]

    answers = [api.request("POST", fill(create_route.path, key), body=body) for body in bodies]

    assert [answer.status for answer in answers] == [413, 413, 413]


def test_refuses_an_attribute_without_a_name(api: Api, key: Key, create_route: Route) -> None:
    answer = api.request("POST", fill(create_route.path, key), body={**key, "": 1})

    assert (answer.status, answer.json.keys()) == (400, {"message"})


def test_refuses_an_item_over_400_kilobytes(api: Api, key: Key, create_route: Route) -> None:
    answer = api.request("POST", fill(create_route.path, key), body={**key, "the-text": "x" * 410_000})

    assert (answer.status, answer.json.keys()) == (413, {"message"})


def test_takes_the_partition_key_from_the_path(api: Api, key: Key, partition_create_route: Route) -> None:
    body = {name: value for name, value in key.items() if name != PARTITION_KEY.name}

    answer = api.request("POST", fill(partition_create_route.path, key), body=body)

    assert (answer.status, answer.json) == (201, key)


def test_refuses_a_partition_key_other_than_the_path_s(api: Api, key: Key, partition_create_route: Route) -> None:
    other = 1 if PARTITION_KEY.type == "N" else "other"

    answer = api.request("POST", fill(partition_create_route.path, key), body={**key, PARTITION_KEY.name: other})

    assert answer.status == 400
    assert PARTITION_KEY.name in answer.json["message"]
