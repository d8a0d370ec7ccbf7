"""GET lists the items of a partition, one page at a time."""

import pytest
from api import KEY, Api, Item, list_paths

pytestmark = pytest.mark.parametrize("path", list_paths("query"))

*_, SORT_KEY = KEY


def test_lists_only_the_partition_in_order(api: Api, items: list[Item], item: Item, path: str) -> None:
    first = api.get(path, items[0], limit="3").json
    second = api.get(path, items[0], cursor=first["next_cursor"]).json

    assert first["items"] + second["items"] == items
    assert second["next_cursor"] is None
    assert item not in items


def test_lists_in_the_opposite_order_within_bounds(api: Api, items: list[Item], path: str) -> None:
    first, last = str(items[1][SORT_KEY]), str(items[3][SORT_KEY])
    query = {"order": "desc", "from": first, "to": last, "limit": "2"}

    page = api.request("GET", path, items[0], query=query).json
    rest = api.request("GET", path, items[0], query={**query, "cursor": page["next_cursor"]}).json

    assert page["items"] + rest["items"] == items[3:0:-1]
    assert api.request("GET", path, items[0], query={"from": first}).json["items"] == items[1:]
    assert api.request("GET", path, items[0], query={"to": last, "order": "asc"}).json["items"] == items[:4]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"order": "down"}, "order must be asc or desc"),
{%- if service.sort_key and service.sort_key.is_number %}
        ({"from": "b"}, "from must be a number"),
{%- else %}
        ({"to": ""}, "to must not be empty"),
{%- endif %}
        ({"from": "2", "to": "1"}, "from must not be greater than to"),
    ],
)
def test_refuses_an_invalid_order_or_bound(api: Api, key: Item, path: str, query: dict[str, str], message: str) -> None:
    response = api.request("GET", path, key, query=query)

    assert (response.status, response.json) == (400, {"message": message})


def test_refuses_a_cursor_of_another_order_or_bound(api: Api, items: list[Item], path: str) -> None:
    first = str(items[0][SORT_KEY])
    cursor = api.get(path, items[0], order="asc", limit="1").json["next_cursor"]

    assert api.get(path, items[0], cursor=cursor).status == 200
    assert api.get(path, items[0], order="desc", cursor=cursor).status == 400
    assert api.request("GET", path, items[0], query={"cursor": cursor, "from": first}).status == 400
    assert api.get(path, items[0], cursor=cursor, to=first).status == 400


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
