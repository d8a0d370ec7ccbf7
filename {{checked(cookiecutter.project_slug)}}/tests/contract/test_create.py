{% set large = contract.format_large(service) -%}
{% set refusals = contract.list_refusals(service) -%}
{% set parallel_api = "parallel_api" if service.is_python else "api" -%}
"""POST creates an item."""

import json
{%- if service.id_key %}
import uuid
{%- else %}
from concurrent.futures import ThreadPoolExecutor
{%- endif %}
{%- if service.attributes.created or service.attributes.updated %}
from datetime import UTC, datetime
{%- endif %}
{%- if service.attributes.allows_others %}
from decimal import Decimal
{%- endif %}
from pathlib import Path
from typing import Any

import pytest
{{ source.import_from("api", "ATTRIBUTES", "KEY", "Api", "Item", "NewItem", "Table", "list_paths", LARGE=large, OTHER_VALUES=not service.id_key, REFUSED=refusals, REQUIRED=service.attributes.required, WRITTEN=service.attributes.written, REVISION=service.attributes.revision, EXPIRY=service.attributes.expiry and not service.id_key, sent=service.attributes.written) }}

pytestmark = pytest.mark.parametrize("path", list_paths("create"))

SEED = Path(__file__).parents[2] / "seed.json"
*_, LAST_KEY = KEY

{% if service.id_key %}
@pytest.fixture
def key(key: Item) -> Item:
    """The part of a key that the client chooses: the service makes the rest."""
    return {name: value for name, value in key.items() if name != LAST_KEY}


def test_creates_items_with_ids_of_their_own(api: Api, table: Table, new_item: NewItem, key: Item, path: str) -> None:
    for _ in range(2):
        response = api.post(path, key, body={**key, **ATTRIBUTES})

        item = new_item(**response.json)  # which is deleted after the test
        assert (response.status, {{ contract.compare(service, "item") }}) == (201, {**key, LAST_KEY: item[LAST_KEY], **ATTRIBUTES})
        assert uuid.UUID(item[LAST_KEY]).version == 7
        locations = [api.location(location, item) for location in list_paths("read")]
        assert response.headers.get("Location", "") in (locations or [""])
        assert table.get_item(Key={name: item[name] for name in KEY})["Item"] == item


def test_creates_the_items_of_seed_json(api: Api, new_item: NewItem, key: Item, path: str) -> None:
    for seed in json.loads(SEED.read_text(encoding="utf-8")):
        body = {name: value for name, value in seed.items() if name not in KEY}
        response = api.post(path, key, body={**body, **key})
        assert response.status == 201, seed
        new_item(**response.json)


@pytest.mark.parametrize("value", ["00000000-0000-7000-8000-000000000000", None], ids=str)
def test_refuses_an_id(api: Api, key: Item, path: str, value: str | None) -> None:
    response = api.post(path, key, body={**key, **ATTRIBUTES, LAST_KEY: value})

    assert (response.status, response.json) == (400, {"message": f"{LAST_KEY} is set by the service"})
{%- else %}
@pytest.mark.smoke
def test_creates_an_item(api: Api, table: Table, key: Item, path: str) -> None:
    item = {**key, **ATTRIBUTES}
    item_paths = list_paths("read", "replace", "update", "delete")
    locations: list[str | None] = [api.location(item_path, key) for item_path in item_paths]

    response = api.post(path, key, body=item)

    assert (response.status, {{ contract.compare(service, "response.json") }}) == (201, item)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers.get("Location") in (locations or [None])
    assert table.get_item(Key=key)["Item"] == {{ "response.json" if service.attributes.written else "item" }}


def test_creates_the_items_of_seed_json(api: Api, new_item: NewItem, path: str) -> None:
    for seed in json.loads(SEED.read_text(encoding="utf-8")):
        key = {name: value for name, value in new_item().items() if name in KEY}
        assert api.post(path, key, body={**seed, **key}).status == 201, seed


def test_does_not_create_an_item_twice(api: Api, table: Table, item: Item, key: Item, path: str) -> None:
    response = api.post(path, key, body={**item, **OTHER_VALUES})

    assert (response.status, response.json) == (409, {"message": "An item with this key already exists"})
    assert table.get_item(Key=key)["Item"] == item


def test_creates_one_of_sixteen_items_at_once({{ parallel_api }}: Api, new_item: NewItem, path: str) -> None:
    for _ in range(6):  # the first requests start processes
        item = new_item()
        with ThreadPoolExecutor(16) as clients:
            responses = [clients.submit({{ parallel_api }}.post, path, item, body=item) for _ in range(16)]

        assert sorted(response.result().status for response in responses) == [201, *[409] * 15]
{%- endif %}
{%- if service.attributes.allows_others %}


def test_keeps_every_digit_of_a_number(api: Api, table: Table, {{ "new_item: NewItem, " if service.id_key }}key: Item, path: str) -> None:
    numbers = "12345678901234567890123456789012345678, -0.00000000000000000000000000000000000001, 1e125, 1E-130, 1.0, 0"
    body = json.dumps({**key, **ATTRIBUTES})[:-1] + f', "some-numbers": [{numbers}, 0e99999999999999999999]}}'

    response = api.post(path, key, body=body)

    expected = [*map(Decimal, numbers.split(",")), Decimal(0)]
    assert (response.status, response.json["some-numbers"]) == (201, expected)
{%- if service.id_key %}
    item = new_item(**response.json)
    assert table.get_item(Key={name: item[name] for name in KEY})["Item"]["some-numbers"] == expected
{%- else %}
    assert table.get_item(Key=key)["Item"]["some-numbers"] == expected
{%- endif %}
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
{%- if not service.id_key %}


def test_refuses_an_item_without_its_key(api: Api, key: Item, path: str) -> None:
    body = {name: value for name, value in {**key, **ATTRIBUTES}.items() if name != LAST_KEY}

    response = api.post(path, key, body=body)

    assert (response.status, response.json) == (400, {"message": f"{LAST_KEY} is missing"})


@pytest.mark.parametrize(
    ("value", "problem"),
    [
{%- for value, problem in contract.list_key_refusals(service) %}
        ({{ value }}, "{{ problem }}"),
{%- endfor %}
    ],
)
def test_refuses_an_invalid_key(api: Api, key: Item, path: str, value: Any, problem: str) -> None:
    response = api.post(path, key, body={**key, **ATTRIBUTES, LAST_KEY: value})

    assert (response.status, response.json) == (400, {"message": f"{LAST_KEY} {problem}"})
{%- if not service.keys[-1].is_number %}


def test_accepts_the_longest_key(api: Api, new_item: NewItem, path: str) -> None:
    item = new_item(**{LAST_KEY: "x" * {{ service.all_keys[service.keys | length - 1].max_bytes }}})

    assert api.post(path, item, body=item).status == 201
{%- endif %}
{%- endif %}

{%- if large %}


def test_refuses_an_item_over_400_kilobytes(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body={**key, **ATTRIBUTES, **LARGE})

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
{%- if service.attributes.required %}


def test_refuses_an_item_without_a_required_attribute(api: Api, key: Item, path: str) -> None:
    name, *_ = REQUIRED

    response = api.post(path, key, body=key)

    assert (response.status, response.json) == (400, {"message": f"{name} is missing"})
{%- endif %}
{%- if not service.attributes.allows_others %}


def test_refuses_an_unknown_attribute(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body={**key, **ATTRIBUTES, "unknown-name": 1})

    assert (response.status, response.json) == (400, {"message": "unknown-name is not one of the attributes"})
{%- elif service.attributes.listed %}


def test_refuses_null_for_another_attribute(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body={**key, **ATTRIBUTES, "another-name": None})

    assert (response.status, response.json) == (400, {"message": "another-name must not be null"})
{%- endif %}
{%- if service.attributes.written or service.attributes.expiry %}
{%- include "contract/create.py" %}
{%- endif %}
