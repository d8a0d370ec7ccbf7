"""Reads and validates what a request says of an item: its key, its attributes, the changes to them."""

import re
{%- if service.id_key %}
import uuid
{%- endif %}
from collections.abc import {{ "Callable, " if service.attributes.listed }}Iterable, Mapping
{%- if service.attributes.listed %}
from datetime import date
{%- endif %}
from decimal import Decimal
from typing import Any{{ ", NamedTuple" if service.attributes.listed }}

from service import json_values
from service.errors import {{ "Forbidden, " if service.owner }}InvalidRequest
from service.http import Request
from service.table import {{ "INDEXES, " if service.indexes }}KEY, Item, KeyAttribute
{%- if service.attributes.written %}
from service.written import {{ "UPDATED, " if service.attributes.updated }}WRITTEN, complete{{ ", format_now" if service.attributes.updated }}
{%- endif %}

# What fits into an update expression: Amazon DynamoDB Developer Guide, "Quotas", expression parameters.
{%- if service.max_changes < 300 %} That is 300 operators and
# functions, of which the service uses {{ 300 - service.max_changes }} itself.
{%- endif %}
MAX_CHANGES = {{ service.max_changes }}
{%- if service.id_key %}

ID = "{{ service.id_key.name }}"
{%- endif %}
{%- if service.owner %}

OWNER = "{{ service.owner.name }}"
{%- endif %}

JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
{% if service.attributes.listed -%}
{% include "attributes.py" -%}
{% endif %}

{% if service.owner -%}
def read_owner(request: Request) -> str:
    """Return the user who sent a request. Raises Forbidden for a token that names no user."""
    if not request.claims.get("sub"):
        raise Forbidden("The token has no claim sub")
    return request.claims["sub"]


{% endif -%}
def read_key(request: Request, key: Iterable[KeyAttribute] = KEY) -> Item:
{%- if service.owner %}
    """Return the attributes of a key: the owner is the caller, and the path has the others.

    Raises Forbidden without a caller, and InvalidRequest for a value that cannot be in a key.
    """
    texts = {**request.parameters, OWNER: read_owner(request)}
    found = [(attribute, texts.get(attribute.name)) for attribute in key]
{%- else %}
    """Return the attributes of a key in a request's path. Raises InvalidRequest for a value that cannot be in a key."""
    found = [(attribute, request.parameters.get(attribute.name)) for attribute in key]
{%- endif %}
    return {attribute.name: parse_key_text(attribute, text) for attribute, text in found if text is not None}


def read_item(request: Request) -> Item:
    """Return the item in a request's body, with the key attributes of the path{{ " and the token" if service.owner }}.

    Raises InvalidRequest for a body that is not an item, and for a key that is missing, invalid, or not the path's.
    """
    path_key = read_key(request)
    item = {{ "read_body(request)" if service.attributes.written else "json_values.parse_object(request.body)" }}
    refuse_other_key(item, path_key)
    item.update(path_key)
{%- if service.id_key %}
    if ID not in path_key:
        if ID in item:
            raise InvalidRequest(f"{ID} is set by the service")
        item[ID] = str(uuid.uuid7())
{%- endif %}
    for key in KEY:
        if key.name not in item:
            raise InvalidRequest(f"{key.name} is missing")
        check_key_value(key, item[key.name])
{%- if service.attributes.listed %}
    for name, attribute in ATTRIBUTES.items():
        if attribute.required and name not in item:
            raise InvalidRequest(f"{name} is missing")
    check_attributes(item)
{%- endif %}
{%- if service.indexes %}
    check_index_keys(item)
{%- endif %}
    return {{ "complete(item)" if service.attributes.written else "item" }}


def read_changes(request: Request) -> Item:
    """Return the attributes in a request's body that change; those to remove are None.

    Raises InvalidRequest for a body that is not an object, for a key that is not the path's, and for too many changes.
    """
    path_key = read_key(request)
    changes = {{ "read_body(request)" if service.attributes.written else "json_values.parse_object(request.body)" }}
    refuse_other_key(changes, path_key)
    changes = {name: value for name, value in changes.items() if name not in path_key}
    if len(changes) > MAX_CHANGES:
        raise InvalidRequest(f"At most {MAX_CHANGES} attributes can change at once")
{%- if service.attributes.listed %}
    for name, attribute in ATTRIBUTES.items():
        if attribute.required and name in changes and changes[name] is None:
            raise InvalidRequest(f"{name} is required and cannot be removed")
{%- endif %}
{%- if service.attributes.listed or service.indexes %}
    set_values = {name: value for name, value in changes.items() if value is not None}
{%- endif %}
{%- if service.attributes.listed %}
    check_attributes(set_values)
{%- endif %}
{%- if service.indexes %}
    check_index_keys(set_values)
{%- endif %}
{%- if service.attributes.updated %}
    return {**changes, UPDATED: format_now()} if changes else {}
{%- else %}
    return changes
{%- endif %}


{% if service.attributes.written -%}
def read_body(request: Request) -> Item:
    """Return the attributes in a request's body, without those that the service sets."""
    body = json_values.parse_object(request.body)
    return {name: value for name, value in body.items() if name not in WRITTEN}


{% endif -%}
def refuse_other_key(item: Mapping[str, Any], path_key: Item) -> None:
    for name, value in path_key.items():
        if name in item and (type(item[name]) is not type(value) or item[name] != value):
{%- if service.owner %}
            raise InvalidRequest(f"{name} in the body differs from the {'token' if name == OWNER else 'path'}'s")
{%- else %}
            raise InvalidRequest(f"{name} in the body differs from the path's")
{%- endif %}


{% if service.attributes.listed -%}
def check_attributes(values: Item) -> None:
    """Raise InvalidRequest for a value that its attribute cannot have, and for an unknown attribute."""
    for name, attribute in ATTRIBUTES.items():
        if name in values and not attribute.accepts(values[name]):
            raise InvalidRequest(f"{name} must be {attribute.must_be}")
    for name in sorted(values.keys() - KNOWN):
        if not ALLOWS_OTHERS:
            raise InvalidRequest(f"{name} is not one of the attributes")
        if values[name] is None:
            raise InvalidRequest(f"{name} must not be null")


{% endif -%}
{% if service.indexes -%}
def check_index_keys(values: Item) -> None:
    """Raise InvalidRequest for a value that cannot be in an index. An item without it is not in the index."""
    for index in INDEXES.values():
        for key in index.key:
            if key.name in values:
                check_key_value(key, values[key.name])


{% endif -%}
def check_key_value(key: KeyAttribute, value: Any) -> None:
    """Raise InvalidRequest for a value that the key attribute cannot have."""
    if not isinstance(value, Decimal if key.type == "N" else str):
        raise InvalidRequest(f"{key.name} must be a {'number' if key.type == 'N' else 'string'}")
    if isinstance(value, str):
        if not value:
            raise InvalidRequest(f"{key.name} must not be empty")
        if len(value.encode()) > key.max_bytes:
            raise InvalidRequest(f"{key.name} must be at most {key.max_bytes} bytes long")


def parse_key_text(key: KeyAttribute, text: str) -> Any:
    """Return the value of a key attribute that is written as text, in a path or a cursor."""
    value: Any = text
    if key.type == "N" and JSON_NUMBER.fullmatch(text):
        value = json_values.parse_number(text)
    check_key_value(key, value)
    return value
