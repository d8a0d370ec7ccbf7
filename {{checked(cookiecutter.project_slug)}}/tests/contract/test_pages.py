"""Routes that list items, a page at a time."""

from __future__ import annotations

import base64
import json
from itertools import chain
from typing import TYPE_CHECKING, Any

import project
import pytest
from api import Api, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb.service_resource import Table
    from project import Route

    Item = dict[str, Any]

PARTITION_KEY = project.KEY[0]


@pytest.fixture
def items(table: Table, new_key: Callable[[], Item]) -> list[Item]:
    """Five items; those of a table with a sort key are in one partition, and in its order."""
    partition = {PARTITION_KEY.name: new_key()[PARTITION_KEY.name]}
    keys = [new_key() for _ in range(5)]
    if len(project.KEY) > 1:
        for key in keys:
            key.update(partition)
    items = [{**key, "the-position": position} for position, key in enumerate(keys)]
    for item in items:
        table.put_item(Item=item)
    return sorted(items, key=lambda item: item[project.KEY[-1].name])


def read_pages(api: Api, path: str, limit: int) -> Iterator[list[Item]]:
    query = {"limit": str(limit)}
    while True:
        answer = api.request("GET", path, query=query)
        assert answer.status == 200, answer
        assert answer.json.keys() == {"items", "next_cursor"}
        yield answer.json["items"]
        if answer.json["next_cursor"] is None:
            return
        query["cursor"] = answer.json["next_cursor"]


@pytest.mark.smoke
def test_lists_items(api: Api, items: list[Item], page_route: Route) -> None:
    pages = list(read_pages(api, fill(page_route.path, items[0]), limit=100))

    listed = list(chain(*pages))
    assert all(item in listed for item in items)


def test_shows_each_item_on_one_page(api: Api, items: list[Item], page_route: Route) -> None:
    pages = list(read_pages(api, fill(page_route.path, items[0]), limit=2))

    seen = [item for page in pages for item in page if item in items]
    assert all(len(page) <= 2 for page in pages)
    assert sorted(seen, key=items.index) == items


def test_lists_a_partition_alone_in_the_order_of_its_sort_key(
    api: Api, items: list[Item], item: Item, query_route: Route
) -> None:
    pages = list(read_pages(api, fill(query_route.path, items[0]), limit=2))

    assert list(chain(*pages)) == items
    assert item not in items


def test_lists_nothing_where_there_is_nothing(api: Api, key: Item, query_route: Route) -> None:
    answer = api.request("GET", fill(query_route.path, key))

    assert (answer.status, answer.json) == (200, {"items": [], "next_cursor": None})


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "ten", "", " 1", "1_0", "１"])
def test_refuses_a_limit_other_than_1_to_100(api: Api, key: Item, page_route: Route, limit: str) -> None:
    answer = api.request("GET", fill(page_route.path, key), query={"limit": limit})

    assert answer.status == 400
    assert "limit" in answer.json["message"]


def encode(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "key_texts",
    [[], [None, None], [1, 1], [{"S": "a"}, {"N": "1"}], ["", ""], ["\ud800"] * 2, ["a"] * 3, "ab"],
    ids=str,
)
def test_refuses_a_cursor_that_somebody_else_made(api: Api, key: Item, page_route: Route, key_texts: Any) -> None:
    names = {segment.strip("{}") for segment in page_route.path.split("/") if segment.startswith("{")}
    scope = [page_route.path, {name: str(key[name]) for name in names}]

    answer = api.request("GET", fill(page_route.path, key), query={"cursor": encode([scope, key_texts])})

    assert answer.status == 400
    assert "cursor" in answer.json["message"]


@pytest.mark.parametrize("cursor", ["", "x", "bm9uZQ", "W10", "e30", "WzEsMl0", "é", "null", "W10=" * 1000])
def test_refuses_a_cursor_that_it_did_not_make(api: Api, key: Item, page_route: Route, cursor: str) -> None:
    answer = api.request("GET", fill(page_route.path, key), query={"cursor": cursor})

    assert answer.status == 400
    assert "cursor" in answer.json["message"]


def test_refuses_a_cursor_of_another_partition(
    api: Api, items: list[Item], new_key: Callable[[], Item], query_route: Route
) -> None:
    cursor = api.request("GET", fill(query_route.path, items[0]), query={"limit": "1"}).json["next_cursor"]

    answer = api.request("GET", fill(query_route.path, new_key()), query={"cursor": cursor})

    assert cursor
    assert answer.status == 400


def test_refuses_a_cursor_of_another_route(api: Api, items: list[Item], list_route: Route, query_route: Route) -> None:
    cursor = api.request("GET", fill(list_route.path, items[0]), query={"limit": "1"}).json["next_cursor"]

    answer = api.request("GET", fill(query_route.path, items[0]), query={"cursor": cursor})

    assert cursor
    assert answer.status == 400
