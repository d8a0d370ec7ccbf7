{% set locations = contract.list_locations(contract.list_routes(service, "create")) -%}
{% set location = contract.write_location(locations) -%}
{% set refusals = contract.list_refusals(service) -%}
{% set required = service.attributes.required and service.attributes.required[0] -%}
{% set typed = service.attributes.listed -%}
{% set new_item = "{**key, **ATTRIBUTES}" if typed else "key" -%}
{% set large = contract.choose_large(service) -%}
{% set last_key = service.keys[-1] -%}
{% set parallel_api = "parallel_api" if service.is_python else "api" -%}
"""POST creates an item."""
{{ source.turn_formatter_off(service) }}
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
{%- if service.attributes.allows_others %}
from decimal import Decimal
{%- endif %}
from pathlib import Path
from typing import Any

import pytest
{{ source.import_from("api", "Api", "Item", "Table", ATTRIBUTES=refusals, REFUSED=refusals, REQUIRED=typed) }}

SEED = Path(__file__).parents[2] / "seed.json"

{{ contract.parametrize(contract.list_routes(service, "create")) }}
{{ last_key.definition }}

def test_creates_an_item(api: Api, table: Table, key: Item, path: str) -> None:
{%- if typed %}
    item = {**key, **ATTRIBUTES}
{%- else %}
    item = {**key, "full-name": "田中太郎", "some-tags": ["a", None, True, {"b": 1.5}], "empty-text": ""}
{%- endif %}

    response = api.post(path, key, body=item)

    assert (response.status, response.json) == (201, item)
    assert response.headers["Content-Type"] == "application/json"
    assert table.get_item(Key=key)["Item"] == item


def test_creates_the_items_of_seed_json(api: Api, new_key: Callable[[], Item], path: str) -> None:
    for seed in json.loads(SEED.read_text(encoding="utf-8")):
        key = new_key()
        assert api.post(path, key, body={**seed, **key}).status == 201, seed


def test_locates_the_new_item(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body={{ new_item }})
{% if location %}
    assert response.headers["Location"] == api.location({{ location }}, key)
{%- elif locations %}
    locations = [
{%- for each in locations %}
        {{ each | quoted }},
{%- endfor %}
    ]
    assert response.headers["Location"] in [api.location(location, key) for location in locations]
{%- else %}
    assert "Location" not in response.headers  # no route is for one item
{%- endif %}


def test_does_not_create_an_item_twice(api: Api, table: Table, item: Item, key: Item, path: str) -> None:
    response = api.post(path, key, body={{ "item" if typed else '{**item, "full-name": "other"}' }})

    assert (response.status, response.json) == (409, {"message": "An item with this key already exists"})
    assert table.get_item(Key=key)["Item"] == item


def test_creates_one_of_sixteen_items_at_once({{ parallel_api }}: Api, new_key: Callable[[], Item], path: str) -> None:
    for _ in range(6):  # the first requests start processes
        key = new_key()
        with ThreadPoolExecutor(16) as clients:
            responses = [clients.submit({{ parallel_api }}.post, path, key, body={{ new_item }}) for _ in range(16)]

        assert sorted(response.result().status for response in responses) == [201, *[409] * 15]

{%- if service.attributes.allows_others %}


def test_keeps_every_digit_of_a_number(api: Api, table: Table, key: Item, path: str) -> None:
    numbers = "12345678901234567890123456789012345678, -0.00000000000000000000000000000000000001, 1e125, 1E-130, 1.0, 0"
    body = json.dumps({{ new_item }})[:-1] + f', "some-numbers": [{numbers}, 0e99999999999999999999]}}'

    response = api.post(path, key, body=body)

    expected = [*map(Decimal, numbers.split(",")), Decimal(0)]
    assert (response.status, response.json["some-numbers"]) == (201, expected)
    assert table.get_item(Key=key)["Item"]["some-numbers"] == expected
{%- endif %}


@pytest.mark.parametrize("body", ["", "text", '{"a": 1', '{"a": NaN}', '{"a": Infinity}', '{"a": -Infinity}'])
def test_refuses_a_body_that_is_not_json(api: Api, key: Item, path: str, body: str) -> None:
    response = api.post(path, key, body=body)

    assert response.status == 400
    assert response.json["message"].startswith("The body is not valid JSON: line 1, column ")


@pytest.mark.parametrize("value", ["b", "NaN", "Infinity", "[-Infinity]"])
def test_names_the_line_of_a_json_error(api: Api, key: Item, path: str, value: str) -> None:
    response = api.post(path, key, body='{\n  "NaN": "-Infinity \\"",\n  "b": ' + value + "}")

    assert response.status == 400
    assert response.json["message"].startswith("The body is not valid JSON: line 3, column ")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[]", "The body must be a JSON object"),
        ('"text"', "The body must be a JSON object"),
        ("null", "The body must be a JSON object"),
        ("\ufeff{}", "The body starts with a byte order mark; send UTF-8 without one"),
        ('{"a": "\\ud800"}', "The body contains half of a surrogate pair, which is not a character"),
        ('{"": 1}', "An attribute's name must not be empty"),
        ('{"a": ' + "[" * 33 + "]" * 33 + "}", "The body is nested deeper than 32 levels"),
        ('{"a": 1e126}', "The number 1e126 is out of range"),
        ('{"a": 1e-131}', "The number 1e-131 is out of range"),
        ('{"a": 1e999999999999999999999}', "The number 1e999999999999999999999 is out of range"),
        ('{"a": ' + "1" * 39 + "}", f"The number {'1' * 39} has more than 38 significant digits"),
    ],
)
def test_refuses_a_body_that_is_not_an_item(api: Api, key: Item, path: str, body: str, message: str) -> None:
    response = api.post(path, key, body=body)

    assert (response.status, response.json) == (400, {"message": message})


def test_refuses_very_deep_nesting(api: Api, key: Item, path: str) -> None:
    assert api.post(path, key, body="[" * 100_000).status == 400


def test_refuses_an_item_without_its_key(api: Api, key: Item, path: str) -> None:
    body = {name: value for name, value in key.items() if name != {{ last_key.literal }}}

    response = api.post(path, key, body=body)

    assert (response.status, response.json) == (400, {"message": {{ last_key.says("is missing") }}})


@pytest.mark.parametrize(
    ("value", "message"),
    [
{%- for value, message in contract.list_key_refusals(last_key) %}
        ({{ value }}, {{ message }}),
{%- endfor %}
    ],
)
def test_refuses_an_invalid_key(api: Api, key: Item, path: str, value: Any, message: str) -> None:
    body = {**key, {{ last_key.literal }}: value}

    response = api.post(path, key, body=body)

    assert (response.status, response.json) == (400, {"message": message})

{%- if large %}


def test_refuses_an_item_over_400_kilobytes(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body={**key, {{ "**ATTRIBUTES, " if typed }}{{ large[0] }}: {{ large[1] }}})

    assert (response.status, response.json) == (413, {"message": "The item is larger than 400 KB"})
{%- endif %}


def test_refuses_a_body_with_too_many_values(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body={**key, "many": [{}] * 410_000})

    assert (response.status, response.json) == (413, {"message": "The item is larger than 400 KB"})
{%- if refusals %}


@pytest.mark.parametrize(("name", "value", "message"), REFUSED)
def test_refuses_a_wrong_value(api: Api, key: Item, path: str, name: str, value: Any, message: str) -> None:
    response = api.post(path, key, body={**key, **ATTRIBUTES, name: value})

    assert (response.status, response.json) == (400, {"message": message})
{%- endif %}
{%- if typed %}
{%- if required %}


def test_refuses_an_item_without_a_required_attribute(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body=key)

    assert (response.status, response.json) == (400, {"message": "{{ required.name }} is missing"})
{%- endif %}
{%- if service.attributes.allows_others %}


def test_refuses_null_for_another_attribute(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body={**key, **REQUIRED, "another-name": None})

    assert (response.status, response.json) == (400, {"message": "another-name must not be null"})
{%- else %}


def test_refuses_an_unknown_attribute(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body={**key, **REQUIRED, "unknown-name": 1})

    assert (response.status, response.json) == (400, {"message": "unknown-name is not one of the attributes"})
{%- endif %}
{%- endif %}
