{% set large = contract.format_large(service) -%}
{% set refusals = contract.list_refusals(service) -%}
"""PUT replaces an item, or creates it."""

from typing import Any

import pytest
from api import ATTRIBUTES, {{ "LARGE, " if large }}{{ "REFUSED, " if refusals }}REQUIRED, Api, Item, Table, list_paths

pytestmark = pytest.mark.parametrize("path", list_paths("replace"))


@pytest.mark.smoke
def test_creates_an_item(api: Api, table: Table, key: Item, path: str) -> None:
    response = api.put(path, key, body=ATTRIBUTES)

    assert (response.status, response.json) == (201, {**key, **ATTRIBUTES})
    assert response.headers["Location"] == api.location(path, key)
    assert table.get_item(Key=key)["Item"] == response.json


def test_replaces_the_whole_item(api: Api, table: Table, item: Item, key: Item, path: str) -> None:
    response = api.put(path, item, body=REQUIRED)

    assert (response.status, response.json) == (200, {**key, **REQUIRED})
    assert table.get_item(Key=key)["Item"] == response.json


def test_accepts_the_same_key_in_the_body(api: Api, key: Item, path: str) -> None:
    response = api.put(path, key, body={**key, **REQUIRED})

    assert (response.status, response.json) == (201, {**key, **REQUIRED})
{%- if service.number_keys %}


def test_compares_numbers_in_keys_as_numbers(api: Api, key: Item, path: str) -> None:
    written = {name: float(value) for name, value in key.items() if isinstance(value, int)}

    response = api.put(path, key, body={**key, **written, **REQUIRED})

    assert (response.status, response.json) == (201, {**key, **REQUIRED})
{%- endif %}


@pytest.mark.parametrize("value", ["other", 7, None, True], ids=repr)
def test_refuses_another_key(api: Api, table: Table, key: Item, path: str, value: Any) -> None:
    for name in key:
        response = api.put(path, key, body={name: value})
        message = f"{name} in the body differs from the path's"
        assert (response.status, response.json) == (400, {"message": message})
        assert "Item" not in table.get_item(Key=key)


@pytest.mark.parametrize("body", ["", "[]", '{"a": NaN}'])
def test_refuses_a_body_that_is_not_an_item(api: Api, key: Item, path: str, body: str) -> None:
    assert api.put(path, key, body=body).status == 400

{%- if large %}


def test_refuses_an_item_over_400_kilobytes(api: Api, key: Item, path: str) -> None:
    response = api.put(path, key, body={**REQUIRED, **LARGE})

    assert (response.status, response.json) == (413, {"message": "The item is larger than 400 KB"})
{%- endif %}
{%- if refusals %}


@pytest.mark.parametrize(("name", "value", "message"), REFUSED)
def test_refuses_a_wrong_value(api: Api, key: Item, path: str, name: str, value: Any, message: str) -> None:
    response = api.put(path, key, body={**ATTRIBUTES, name: value})

    assert (response.status, response.json) == (400, {"message": message})
{%- endif %}
{%- if service.attributes.required %}


def test_refuses_an_item_without_a_required_attribute(api: Api, key: Item, path: str) -> None:
    name, *_ = REQUIRED

    response = api.put(path, key, body=key)

    assert (response.status, response.json) == (400, {"message": f"{name} is missing"})
{%- endif %}
{%- if not service.attributes.allows_others %}


def test_refuses_an_unknown_attribute(api: Api, key: Item, path: str) -> None:
    response = api.put(path, key, body={**REQUIRED, "unknown-name": 1})

    assert (response.status, response.json) == (400, {"message": "unknown-name is not one of the attributes"})
{%- elif service.attributes.listed %}


def test_refuses_null_for_another_attribute(api: Api, key: Item, path: str) -> None:
    response = api.put(path, key, body={**REQUIRED, "another-name": None})

    assert (response.status, response.json) == (400, {"message": "another-name must not be null"})
{%- endif %}
