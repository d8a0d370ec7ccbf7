"""GET lists items, one page at a time."""

import base64
import json
from typing import Any

import pytest
from api import {{ "EXPIRY, KEY, " if service.attributes.expiry }}Api, Item, {{ "Table, " if service.attributes.expiry }}list_paths

pytestmark = pytest.mark.parametrize("path", list_paths("list", "query"))


def read_pages(api: Api, path: str, item: Item, **query: str) -> list[list[Item]]:
    """Return the items of each page, from the first page to the last."""
    pages = []
    while True:
        response = api.request("GET", path, item, query=query)
        assert response.status == 200
        assert response.json.keys() == {"items", "next_cursor"}
        pages.append(response.json["items"])
        if response.json["next_cursor"] is None:
            return pages
        query["cursor"] = response.json["next_cursor"]


@pytest.mark.smoke
def test_lists_items(api: Api, item: Item, path: str) -> None:
    assert api.get(path, item, limit="1").json["items"]


def test_lists_each_item_on_one_page(api: Api, items: list[Item], path: str) -> None:
    pages = read_pages(api, path, items[0], limit="2")

    listed = [item for page in pages for item in page if item in items]
    assert all(len(page) <= 2 for page in pages)
    assert api.get(path, items[0], limit="100").status == 200
    assert sorted(listed, key=items.index) == items


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "ten", "", " 1", "1_0", "１"])
def test_refuses_a_limit_other_than_1_to_100(api: Api, key: Item, path: str, limit: str) -> None:
    response = api.get(path, key, limit=limit)

    assert (response.status, response.json) == (400, {"message": "limit must be a whole number from 1 to 100"})


@pytest.mark.parametrize("cursor", ["", "x", "bm9uZQ", "W10", "e30", "WzEsMl0", "é", "null", "W10=" * 1000])
def test_refuses_a_cursor_that_the_api_did_not_make(api: Api, key: Item, path: str, cursor: str) -> None:
    response = api.get(path, key, cursor=cursor)

    assert response.status == 400
    assert response.json == {"message": "cursor must be the next_cursor of a page from this path"}


@pytest.mark.parametrize(
    "key_texts",
    [[], [None, None], [1, 1], [{"S": "a"}, {"N": "1"}], ["", ""], ["\ud800"] * 2, ["a"] * 3, "ab"],
    ids=str,
)
def test_refuses_a_cursor_that_was_changed(api: Api, items: list[Item], path: str, key_texts: Any) -> None:
    cursor = api.get(path, items[0], limit="1").json["next_cursor"]
    scope, _ = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    changed = base64.urlsafe_b64encode(json.dumps([scope, key_texts]).encode()).decode().rstrip("=")

    response = api.get(path, items[0], cursor=changed)

    assert response.status == 400
    assert response.json == {"message": "cursor must be the next_cursor of a page from this path"}
{%- if service.attributes.expiry %}


def test_omits_an_expired_item(api: Api, table: Table, items: list[Item], path: str) -> None:
    table.put_item(Item={**items[0], EXPIRY: 1})

    keys = [[item[name] for name in KEY] for page in read_pages(api, path, items[0], limit="2") for item in page]

    assert [item for item in items if [item[name] for name in KEY] in keys] == items[1:]
{%- endif %}
