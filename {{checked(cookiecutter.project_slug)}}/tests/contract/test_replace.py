{% set replace = service.tested("replace") -%}
{% set number_keys = service.keys | selectattr("is_number") | list -%}
"""PUT replaces an item, or creates it."""

from typing import Any

import pytest
from api import Api, Item, Table
{% if replace.definitions or service.keys | map(attribute="definition") | join %}
{{ replace.definitions }}{{ service.keys | map(attribute="definition") | join }}
{%- endif %}

def test_creates_an_item(api: Api, table: Table, key: Item{{ replace.argument }}) -> None:
    response = api.put({{ replace.call("key") }}, body={"full-name": "new"})

    assert (response.status, response.json) == (201, {**key, "full-name": "new"})
{%- if replace.locations | length > 1 %}
    locations = [
{%- for location in replace.locations %}
        {{ location | quoted }},
{%- endfor %}
    ]
    assert response.headers["Location"] in [api.location(location, key) for location in locations]
{%- else %}
    assert response.headers["Location"] == api.location({{ replace.location }}, key)
{%- endif %}
    assert table.get_item(Key=key)["Item"] == {**key, "full-name": "new"}


def test_replaces_the_whole_item(api: Api, table: Table, item: Item, key: Item{{ replace.argument }}) -> None:
    response = api.put({{ replace.call("item") }}, body={"visit-count": 1})

    assert (response.status, response.json) == (200, {**key, "visit-count": 1})
    assert table.get_item(Key=key)["Item"] == {**key, "visit-count": 1}


def test_accepts_the_same_key_in_the_body(api: Api, key: Item{{ replace.argument }}) -> None:
    response = api.put({{ replace.call("key") }}, body=key)

    assert (response.status, response.json) == (201, key)
{%- if number_keys %}


def test_compares_numbers_in_keys_as_numbers(api: Api, key: Item{{ replace.argument }}) -> None:
    written = {name: float(key[name]) for name in ({{ number_keys | map(attribute="literal") | join(", ") }}{{ "," if number_keys | length == 1 }})}

    response = api.put({{ replace.call("key") }}, body={**key, **written})

    assert (response.status, response.json) == (201, key)
{%- endif %}


@pytest.mark.parametrize("value", ["other", 7, None, True], ids=repr)
{%- if service.sort_key %}
@pytest.mark.parametrize("name", [{{ service.keys | map(attribute="literal") | join(", ") }}])
{%- endif %}
def test_refuses_another_key(api: Api, table: Table, key: Item{{ replace.argument }}{{ ", name: str" if service.sort_key }}, value: Any) -> None:
{%- if service.sort_key %}
    response = api.put({{ replace.call("key") }}, body={name: value})

    message = f"{name} in the body differs from the path's"
{%- else %}
    response = api.put({{ replace.call("key") }}, body={ {{- service.partition_key.literal }}: value})

    message = {{ service.partition_key.says("in the body differs from the path's") }}
{%- endif %}
    assert (response.status, response.json) == (400, {"message": message})
    assert "Item" not in table.get_item(Key=key)


@pytest.mark.parametrize("body", ["", "[]", '{"a": NaN}'])
def test_refuses_a_body_that_is_not_an_item(api: Api, key: Item{{ replace.argument }}, body: str) -> None:
    assert api.put({{ replace.call("key") }}, body=body).status == 400


def test_refuses_an_item_over_400_kilobytes(api: Api, key: Item{{ replace.argument }}) -> None:
    response = api.put({{ replace.call("key") }}, body={"some-text": "x" * 410_000})

    assert (response.status, response.json) == (413, {"message": "The item is larger than 400 KB"})
