{% set update = service.tested("update") -%}
"""PATCH sets and removes attributes of an item."""

from typing import Any

import pytest
from api import Api, Item, Table
{% if update.definitions or service.keys | map(attribute="definition") | join %}
{{ update.definitions }}{{ service.keys | map(attribute="definition") | join }}
{%- endif %}

def test_sets_and_removes_attributes(api: Api, item: Item{{ update.argument }}) -> None:
    changes = {"visit-count": 4, "some-tags": [None]}
    response = api.patch({{ update.call("item") }}, body={**changes, "full-name": None})

    del item["full-name"]
    assert (response.status, response.json) == (200, {**item, **changes})


# Reserved words of DynamoDB, and characters that mean something in its expressions.
@pytest.mark.parametrize("name", [{% for name in ("size", "status", "values", "a.b", "#x", ":x") if name not in service.keys | map(attribute="name") %}"{{ name }}"{{ ", " if not loop.last }}{% endfor %}])
def test_sets_an_attribute_of_any_name(api: Api, item: Item{{ update.argument }}, name: str) -> None:
    response = api.patch({{ update.call("item") }}, body={name: "value"})

    assert (response.status, response.json) == (200, {**item, name: "value"})


@pytest.mark.emulator(reason="moto fails at an UpdateItem that has only a condition")
def test_changes_nothing_for_an_empty_object(api: Api, item: Item{{ update.argument }}) -> None:
    response = api.patch({{ update.call("item") }}, body={})

    assert (response.status, response.json) == (200, item)


@pytest.mark.emulator(reason="moto takes seconds for an expression of 300 parts")
def test_makes_300_changes_at_once(api: Api, item: Item{{ update.argument }}) -> None:
    changes = {f"attribute-{number}": number for number in range(300)}

    response = api.patch({{ update.call("item") }}, body=changes)

    assert (response.status, response.json) == (200, {**item, **changes})


def test_refuses_more_than_300_changes(api: Api, item: Item{{ update.argument }}) -> None:
    response = api.patch({{ update.call("item") }}, body=dict.fromkeys(map(str, range(301))))

    assert (response.status, response.json) == (400, {"message": "At most 300 attributes can change at once"})


@pytest.mark.parametrize("value", [1, None], ids=repr)
def test_does_not_create_an_item(api: Api, table: Table, key: Item{{ update.argument }}, value: Any) -> None:
    response = api.patch({{ update.call("key") }}, body={"visit-count": value})

    assert (response.status, response.json) == (404, {"message": "No item has this key"})
    assert "Item" not in table.get_item(Key=key)


def test_accepts_the_same_key_in_the_body(api: Api, item: Item, key: Item{{ update.argument }}) -> None:
    response = api.patch({{ update.call("item") }}, body={**key, "visit-count": 4})

    assert (response.status, response.json) == (200, {**item, "visit-count": 4})


@pytest.mark.parametrize("value", ["other", 7, None], ids=repr)
{%- if service.sort_key %}
@pytest.mark.parametrize("name", [{{ service.keys | map(attribute="literal") | join(", ") }}])
{%- endif %}
def test_refuses_to_change_the_key(api: Api, item: Item{{ update.argument }}{{ ", name: str" if service.sort_key }}, value: Any) -> None:
{%- if service.sort_key %}
    response = api.patch({{ update.call("item") }}, body={name: value})

    message = f"{name} in the body differs from the path's"
{%- else %}
    response = api.patch({{ update.call("item") }}, body={ {{- service.partition_key.literal }}: value})

    message = {{ service.partition_key.says("in the body differs from the path's") }}
{%- endif %}
    assert (response.status, response.json) == (400, {"message": message})


def test_refuses_a_change_that_makes_the_item_too_large(api: Api, item: Item{{ update.argument }}) -> None:
    response = api.patch({{ update.call("item") }}, body={"some-text": "x" * 410_000})

    assert (response.status, response.json) == (413, {"message": "The item is larger than 400 KB"})
