{% set large = contract.format_large(service) -%}
{% set refusals = contract.list_refusals(service) -%}
{% set parallel_api = "parallel_api" if service.is_python else "api" -%}
"""PATCH sets and removes attributes of an item."""

from concurrent.futures import ThreadPoolExecutor
{%- if service.attributes.revision %}
from functools import partial
{%- endif %}
from typing import Any

import pytest
{{ source.import_from("api", "ATTRIBUTES", "KEY", "OTHER_VALUES", "REQUIRED", "Api", "Item", "NewItem", "Table", "list_paths", LARGE=large, OWNER=service.owner, REFUSED=refusals, WRITTEN=service.attributes.written, CREATED=service.attributes.created, UPDATED=service.attributes.updated, REVISION=service.attributes.revision, EXPIRY=service.attributes.expiry, sent=service.attributes.written) }}

pytestmark = pytest.mark.parametrize("path", list_paths("update"))


@pytest.mark.smoke
def test_sets_and_removes_attributes(api: Api, table: Table, item: Item, key: Item, path: str) -> None:
    removed = [name for name in ATTRIBUTES if name not in REQUIRED][:1]
    changed = {name: value for name, value in {**item, **OTHER_VALUES}.items() if name not in removed}

    response = api.patch(path, item, body={**OTHER_VALUES, **dict.fromkeys(removed)})

    assert (response.status, {{ contract.compare(service, "response.json") }}) == (200, {{ contract.compare(service, "changed") }})
    assert table.get_item(Key=key)["Item"] == {{ "response.json" if service.attributes.written else "changed" }}


def test_keeps_all_changes_at_once({{ parallel_api }}: Api, table: Table, new_item: NewItem, path: str) -> None:
    changes = {{ '{f"attribute-{number}": number for number in range(16)}' if service.attributes.allows_others else "OTHER_VALUES" }}
    for _ in range(6):  # the first requests start processes
        item = new_item()
        table.put_item(Item=item)
        with ThreadPoolExecutor(16) as clients:
            for name, value in changes.items():
                clients.submit({{ parallel_api }}.patch, path, item, body={name: value})

        key = {name: item[name] for name in KEY}
        assert {{ contract.compare(service, 'table.get_item(Key=key)["Item"]') }} == {{ contract.compare(service, "{**item, **changes}") }}
{%- if service.attributes.revision %}
        assert table.get_item(Key=key)["Item"][REVISION] == 1 + len(changes)
{%- endif %}

{%- if service.attributes.allows_others %}


# Reserved words of DynamoDB, and characters that mean something in its expressions.
@pytest.mark.parametrize("name", sorted({"a.b", "#x", ":x", "size", "status", "values"} - {*KEY, *ATTRIBUTES}))
def test_sets_an_attribute_of_any_name(api: Api, item: Item, path: str, name: str) -> None:
    response = api.patch(path, item, body={name: "value"})

    assert (response.status, {{ contract.compare(service, "response.json") }}) == (200, {{ contract.compare(service, '{**item, name: "value"}') }})
{%- endif %}


def test_changes_nothing_for_an_empty_object(api: Api, item: Item, path: str) -> None:
    response = api.patch(path, item, body={})

    assert (response.status, response.json) == (200, item)

{%- if service.attributes.allows_others %}


@pytest.mark.emulator(reason="moto takes seconds for an expression of {{ service.max_changes }} parts")
def test_makes_{{ service.max_changes }}_changes_at_once(api: Api, item: Item, path: str) -> None:
    changes = {f"attribute-{number}": number for number in range({{ service.max_changes }})}

    response = api.patch(path, item, body=changes)

    assert (response.status, {{ contract.compare(service, "response.json") }}) == (200, {{ contract.compare(service, "{**item, **changes}") }})
{%- endif %}


def test_refuses_more_than_{{ service.max_changes }}_changes(api: Api, item: Item, path: str) -> None:
    response = api.patch(path, item, body=dict.fromkeys(map(str, range({{ service.max_changes + 1 }}))))

    assert (response.status, response.json) == (400, {"message": "At most {{ service.max_changes }} attributes can change at once"})


def test_does_not_count_a_repeated_key_as_a_change(api: Api, key: Item, path: str) -> None:
    response = api.patch(path, key, body={**key, **dict.fromkeys(map(str, range({{ service.max_changes }})))})

    assert (response.status, response.json) == (404, {"message": "No item has this key"})


@pytest.mark.parametrize("changes", [ATTRIBUTES, {"unknown-name": None}], ids=repr)
def test_does_not_create_an_item(api: Api, table: Table, key: Item, path: str, changes: Item) -> None:
    response = api.patch(path, key, body=changes)

    assert (response.status, response.json) == (404, {"message": "No item has this key"})
    assert "Item" not in table.get_item(Key=key)


def test_accepts_the_same_key_in_the_body(api: Api, item: Item, key: Item, path: str) -> None:
    response = api.patch(path, item, body={**key, **OTHER_VALUES})

    assert (response.status, {{ contract.compare(service, "response.json") }}) == (200, {{ contract.compare(service, "{**item, **OTHER_VALUES}") }})


@pytest.mark.parametrize("value", ["other", 7, None], ids=repr)
def test_refuses_to_change_the_key(api: Api, item: Item, key: Item, path: str, value: Any) -> None:
    for name in key:
        response = api.patch(path, item, body={name: value})
{%- if service.owner %}
        message = f"{name} in the body differs from the {'token' if name == OWNER else 'path'}'s"
{%- else %}
        message = f"{name} in the body differs from the path's"
{%- endif %}
        assert (response.status, response.json) == (400, {"message": message})

{%- if large %}


def test_refuses_a_change_that_makes_the_item_too_large(api: Api, item: Item, path: str) -> None:
    response = api.patch(path, item, body=LARGE)

    assert (response.status, response.json) == (413, {"message": "The item is larger than 400 KB"})
{%- endif %}
{%- if refusals %}


@pytest.mark.parametrize(("name", "value", "message"), [row for row in REFUSED if row[1] is not None])
def test_refuses_a_wrong_value(api: Api, item: Item, path: str, name: str, value: Any, message: str) -> None:
    response = api.patch(path, item, body={name: value})

    assert (response.status, response.json) == (400, {"message": message})
{%- endif %}
{%- if service.attributes.required %}


def test_refuses_to_remove_a_required_attribute(api: Api, item: Item, path: str) -> None:
    name, *_ = REQUIRED

    response = api.patch(path, item, body={name: None})

    message = f"{name} is required and cannot be removed"
    assert (response.status, response.json) == (400, {"message": message})
{%- endif %}
{%- if service.attributes.listed %}


def test_removes_an_unknown_attribute(api: Api, table: Table, item: Item, path: str) -> None:
    table.put_item(Item={**item, "unknown-name": 1})

    response = api.patch(path, item, body={"unknown-name": None})

    assert (response.status, {{ contract.compare(service, "response.json") }}) == (200, {{ contract.compare(service, "item") }})
{%- endif %}
{%- if not service.attributes.allows_others %}


def test_refuses_an_unknown_attribute(api: Api, item: Item, path: str) -> None:
    response = api.patch(path, item, body={"unknown-name": 1})

    assert (response.status, response.json) == (400, {"message": "unknown-name is not one of the attributes"})
{%- endif %}
{%- if service.keeps_on_replace or service.decides_by_item or service.attributes.updated %}
{%- include "contract/update.py" %}
{%- endif %}
