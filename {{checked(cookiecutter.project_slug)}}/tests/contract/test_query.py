"""GET lists the items of a partition, one page at a time."""

import pytest
from api import Api, Item, list_paths

pytestmark = pytest.mark.parametrize("path", list_paths("query"))


def test_lists_only_the_partition_in_order(api: Api, items: list[Item], item: Item, path: str) -> None:
    first = api.get(path, items[0], limit="3").json
    second = api.get(path, items[0], cursor=first["next_cursor"]).json

    assert first["items"] + second["items"] == items
    assert second["next_cursor"] is None
    assert item not in items


def test_lists_nothing_for_an_empty_partition(api: Api, key: Item, path: str) -> None:
    response = api.get(path, key)

    assert (response.status, response.json) == (200, {"items": [], "next_cursor": None})


def test_refuses_a_cursor_of_another_partition(api: Api, items: list[Item], key: Item, path: str) -> None:
    cursor = api.get(path, items[0], limit="1").json["next_cursor"]

    assert api.get(path, key, cursor=cursor).status == 400
{%- if contract.list_routes(service, "list") %}


def test_refuses_a_cursor_of_another_route(api: Api, items: list[Item], path: str) -> None:
    cursor = api.get(list_paths("list")[0], limit="1").json["next_cursor"]

    assert api.get(path, items[0], cursor=cursor).status == 400
{%- endif %}
