"""Routes that read an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import project
import pytest
from api import Api, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb.service_resource import Table
    from project import Route

    Key = dict[str, Any]

# What a URL, a gateway or a decoder might take for something else. (%2F splits a path at every gateway.)
TELLING_TEXTS = [
    "a b",
    "é",
    "日本",
    "🦀",
    "100%",
    "%41",
    "a+b",
    "a?b",
    "a#b",
    '"',
    "\\",
    "{}",
    "a&b=c",
    "a;b",
    "a:b",
    "~",
]


@pytest.mark.smoke
def test_reads_an_item(api: Api, item: dict[str, Any], read_route: Route) -> None:
    answer = api.request("GET", fill(read_route.path, item))

    assert (answer.status, answer.json) == (200, item)
    assert answer.headers["content-type"] == "application/json"


def test_answers_404_where_no_item_has_the_key(api: Api, key: Key, read_route: Route) -> None:
    answer = api.request("GET", fill(read_route.path, key))

    assert (answer.status, answer.json.keys()) == (404, {"message"})


@pytest.mark.parametrize("text", TELLING_TEXTS)
def test_reads_back_any_key_that_is_text(api: Api, table: Table, key: Key, read_route: Route, text: str) -> None:
    texts = {attribute.name: text for attribute in project.KEY if attribute.type == "S"}
    item = {**key, **texts, "the-text": text}
    table.put_item(Item=item)

    answer = api.request("GET", fill(read_route.path, item))

    table.delete_item(Key={name: item[name] for name in key})
    assert (answer.status, answer.json) == (200, item)


def test_finds_a_number_however_it_is_written(api: Api, item: dict[str, Any], read_route: Route) -> None:
    written = {attribute.name: f"{item[attribute.name]}.0" for attribute in project.KEY if attribute.type == "N"}

    answer = api.request("GET", fill(read_route.path, {**item, **written}))

    assert (answer.status, answer.json) == (200, item)


@pytest.mark.parametrize("text", ["one", "1_000", "0x10", "NaN", "１", "1e400", "1" * 39])
@pytest.mark.parametrize("attribute", [a for a in project.KEY if a.type == "N"] or [None], ids=lambda a: a and a.name)
def test_refuses_a_path_that_is_no_number(
    api: Api, key: Key, read_route: Route, attribute: project.KeyAttribute | None, text: str
) -> None:
    impossible = {attribute.name: text} if attribute else {project.KEY[0].name: "x" * 2049}

    answer = api.request("GET", fill(read_route.path, {**key, **impossible}))

    assert (answer.status, answer.json.keys()) == (400, {"message"})


def test_shows_what_json_has_no_type_for(api: Api, table: Table, key: Key, read_route: Route) -> None:
    table.put_item(
        Item={**key, "the-bytes": b"\x00\xff", "the-words": {"a"}, "the-numbers": {1}, "the-blobs": {b"\x01"}}
    )

    answer = api.request("GET", fill(read_route.path, key))

    assert answer.json == {**key, "the-bytes": "AP8=", "the-words": ["a"], "the-numbers": [1], "the-blobs": ["AQ=="]}


@pytest.mark.smoke
def test_answers_head_without_a_body(api: Api, item: dict[str, Any], head_route: Route) -> None:
    answer = api.request("HEAD", fill(head_route.path, item))

    assert (answer.status, answer.text) == (200, "")


def test_answers_head_for_no_item_without_a_body(api: Api, new_key: Callable[[], Key], head_route: Route) -> None:
    answer = api.request("HEAD", fill(head_route.path, new_key()))

    assert answer.status == (404 if head_route.operation == "read" else 200)
    assert answer.text == ""
