{% set large = contract.format_large(service) -%}
{% set refusals = contract.list_refusals(service) -%}
{% set parallel_api = "parallel_api" if service.is_python else "api" -%}
{% set target, created = ("item", 200) if service.id_key else ("key", 201) -%}
"""PUT replaces an item{{ "" if service.id_key else ", or creates it" }}."""

{% if service.keeps_on_replace -%}
from concurrent.futures import ThreadPoolExecutor
{% endif -%}
from typing import Any

import pytest
{{ source.import_from("api", "ATTRIBUTES", "REQUIRED", "Api", "Item", "Table", "list_paths", KEY=service.keeps_on_replace, OWNER=service.owner, LARGE=large, REFUSED=refusals, WRITTEN=service.attributes.written, CREATED=service.attributes.created, UPDATED=service.attributes.updated, REVISION=service.attributes.revision, EXPIRY=service.attributes.expiry, NewItem=service.keeps_on_replace, sent=service.attributes.written) }}

pytestmark = pytest.mark.parametrize("path", list_paths("replace"))

{% if service.id_key %}
def test_does_not_create_an_item(api: Api, table: Table, key: Item, path: str) -> None:
    response = api.put(path, key, body=ATTRIBUTES)

    assert (response.status, response.json) == (404, {"message": "No item has this key"})
    assert "Item" not in table.get_item(Key=key)
{% else %}
@pytest.mark.smoke
def test_creates_an_item(api: Api, table: Table, key: Item, path: str) -> None:
    response = api.put(path, key, body=ATTRIBUTES)

    assert (response.status, {{ contract.compare(service, "response.json") }}) == (201, {**key, **ATTRIBUTES})
    assert response.headers["Location"] == api.location(path, key)
    assert table.get_item(Key=key)["Item"] == response.json
{% endif %}

{{ "@pytest.mark.smoke
" if service.id_key }}def test_replaces_the_whole_item(api: Api, table: Table, item: Item, key: Item, path: str) -> None:
    response = api.put(path, item, body=REQUIRED)

    assert (response.status, {{ contract.compare(service, "response.json") }}) == (200, {**key, **REQUIRED})
    assert table.get_item(Key=key)["Item"] == response.json


def test_accepts_the_same_key_in_the_body(api: Api, {{ "item: Item, " if service.id_key }}key: Item, path: str) -> None:
    response = api.put(path, {{ target }}, body={**key, **REQUIRED})

    assert (response.status, {{ contract.compare(service, "response.json") }}) == ({{ created }}, {**key, **REQUIRED})
{%- if service.number_keys %}


def test_compares_numbers_in_keys_as_numbers(api: Api, {{ "item: Item, " if service.id_key }}key: Item, path: str) -> None:
    written = {name: float(value) for name, value in key.items() if isinstance(value, int)}

    response = api.put(path, {{ target }}, body={**key, **written, **REQUIRED})

    assert (response.status, {{ contract.compare(service, "response.json") }}) == ({{ created }}, {**key, **REQUIRED})
{%- endif %}


@pytest.mark.parametrize("value", ["other", 7, None, True], ids=repr)
def test_refuses_another_key(api: Api, table: Table, key: Item, path: str, value: Any) -> None:
    for name in key:
        response = api.put(path, key, body={name: value})
{%- if service.owner %}
        message = f"{name} in the body differs from the {'token' if name == OWNER else 'path'}'s"
{%- else %}
        message = f"{name} in the body differs from the path's"
{%- endif %}
        assert (response.status, response.json) == (400, {"message": message})
        assert "Item" not in table.get_item(Key=key)


@pytest.mark.parametrize("body", ["", "[]", '{"a": NaN}'])
def test_refuses_a_body_that_is_not_an_item(api: Api, key: Item, path: str, body: str) -> None:
    assert api.put(path, key, body=body).status == 400

{%- if large %}


def test_refuses_an_item_over_400_kilobytes(api: Api, {{ target }}: Item, path: str) -> None:
    response = api.put(path, {{ target }}, body={**REQUIRED, **LARGE})

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
{%- if service.keeps_on_replace or service.decides_by_item or service.attributes.updated %}
{%- include "contract/replace.py" %}
{%- endif %}
