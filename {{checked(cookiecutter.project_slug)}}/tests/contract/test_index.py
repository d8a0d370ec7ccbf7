{% set routes = contract.list_index_routes(service) -%}
{% set sorted = routes | selectattr("sort_key") | list -%}
{% set times = sorted | selectattr("sort_key.name", "in", [service.attributes.created, service.attributes.updated]) | list -%}
"""GET lists the items of an index, one page at a time."""

import time
from typing import Any

import pytest
from api import {{ "EXPIRY, " if service.attributes.expiry }}{{ "WRITTEN, " if times }}Api, Item, NewItem, Table

# Each route, with the attributes of its index's key.
ROUTES = {
{%- for route in routes %}
    {{ route.path | quoted }}: [
{%- for key in route.index.keys %}
        {{ key.name | quoted }},
{%- endfor %}
    ],
{%- endfor %}
}
# Values of the indexes' sort keys, not in order.
SORT_VALUES: dict[str, list[Any]] = {{ contract.format_sort_values(service) }}
SECONDS_TO_INDEX = 10  # reads of an index are eventually consistent

pytestmark = pytest.mark.parametrize(("path", "names"), ROUTES.items())


@pytest.fixture
def items(new_item: NewItem, table: Table, names: list[str]) -> list[Item]:
{%- if service.owner %}
    """Five items of one user; if the path has an attribute, with one value of it."""
{%- else %}
    """Five items with one value of the index's partition key, which may be the table's sort key."""
{%- endif %}
    items = [new_item() for _ in range(5)]
    for number, item in enumerate(items):
{%- if service.owner %}
        item |= {name: items[0][name] for name in names if name not in SORT_VALUES}
{%- else %}
        item[names[0]] = items[0][names[0]]
{%- endif %}
        item |= {name: SORT_VALUES[name][number % len(SORT_VALUES[name])] for name in SORT_VALUES.keys() & names[1:]}
        table.put_item(Item=item)
    return items


def read_pages(api: Api, path: str, item: Item{{ ", **query: str" if sorted }}) -> list[list[Item]]:
    """Return the items of each page, from the first page to the last."""
    pages = []
    query{{ "[\"limit\"] = \"2\"" if sorted else " = {\"limit\": \"2\"}" }}
    while True:
        response = api.request("GET", path, item, query=query)
        assert response.status == 200
        pages.append(response.json["items"])
        if response.json["next_cursor"] is None:
            return pages
        query["cursor"] = response.json["next_cursor"]


def wait_for_items(api: Api, path: str, items: list[Item]) -> list[list[Item]]:
    """Return the pages as soon as the index has the items."""
    deadline = time.monotonic() + SECONDS_TO_INDEX
    while True:
        pages = read_pages(api, path, items[0])
        if all(any(item in page for page in pages) for item in items) or time.monotonic() > deadline:
            return pages
        time.sleep(0.2)


@pytest.mark.smoke
def test_responds_with_items(api: Api, item: Item, path: str, names: list[str]) -> None:
    assert set(api.get(path, item).json) == {"items", "next_cursor"}


def test_lists_the_items_in_order(api: Api, items: list[Item], path: str, names: list[str]) -> None:
    pages = wait_for_items(api, path, items)

    listed = [item for page in pages for item in page]
    assert all(len(page) <= 2 for page in pages)
    assert sorted(map(items.index, (item for item in listed if item in items))) == list(range(len(items)))
    assert {item[names[0]] for item in listed} == {items[0][names[0]]}
    assert listed == sorted(listed, key=lambda item: [item[name] for name in names])


{% if sorted -%}
def test_lists_in_the_opposite_order_within_bounds(api: Api, items: list[Item], path: str, names: list[str]) -> None:
    wait_for_items(api, path, items)
    values = sorted(item[names[-1]] for item in items)[1:4]

    pages = read_pages(api, path, items[0], order="desc", to=str(values[-1]), **{"from": str(values[0])})

    listed = [item[names[-1]] for page in pages for item in page if item in items]
    if {{ "names[-1] in SORT_VALUES" if service.owner else "len(names) > 1" }}:
        expected = [item[names[-1]] for item in items if values[0] <= item[names[-1]] <= values[-1]]
        assert listed == sorted(expected, reverse=True)
        assert api.get(path, items[0], order="down").status == 400
    else:  # without a sort key, order and bounds mean nothing
        assert len(listed) == len(items)
{%- if times %}


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00Z", "2026-01-31", "2026-02-30T12:00:00.000Z", "now"])
def test_refuses_a_time_that_would_sort_wrongly(api: Api, item: Item, path: str, names: list[str], text: str) -> None:
    is_time = len(names) > 1 and isinstance(WRITTEN.get(names[1]), str)

    assert api.request("GET", path, item, query={"from": text}).status == 400 or not is_time
{%- endif %}


{% endif -%}
def test_omits_an_item_without_the_key(
    api: Api, table: Table, key: Item, item: Item, path: str, names: list[str]
) -> None:
    partial = {name: value for name, value in item.items() if name in key or name not in names}
    table.put_item(Item=partial)

    listed = [found for page in read_pages(api, path, item) for found in page]

    assert (partial in listed) == (set(names) <= key.keys())  # each item has the table's key


{% if service.attributes.expiry -%}
def test_omits_an_expired_item(api: Api, table: Table, items: list[Item], path: str, names: list[str]) -> None:
    table.put_item(Item={**items[0], EXPIRY: 1})

    listed = [item for page in wait_for_items(api, path, items[1:]) for item in page]

    assert items[1] in listed
    assert all(item[EXPIRY] > 1 for item in listed)


{% endif -%}
def test_refuses_a_cursor_of_another_key(api: Api, items: list[Item], path: str, names: list[str]) -> None:
    cursor = api.get(path, items[0], limit="1").json["next_cursor"]
    other = {**items[0], names[0]: f"{items[0][names[0]]}1"}

    response = api.get(path, other, cursor=cursor)

    assert response.status == 400
    assert response.json["message"].startswith("cursor must be")
