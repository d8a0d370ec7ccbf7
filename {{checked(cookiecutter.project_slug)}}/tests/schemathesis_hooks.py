{% set has_integers = service.attributes.listed | selectattr("type", "equalto", "integer") | list -%}
{% set text_keys = service.all_keys | rejectattr("is_number") | list -%}
"""What schemathesis needs to know beyond openapi.yaml: limits that clients do not need, and known false positives."""

{% if service.lists_in_order -%}
import re
{% endif -%}
{% if service.number_keys -%}
from decimal import Decimal
{% endif -%}
from typing import Any
from urllib.parse import unquote

import schemathesis
from schemathesis import HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.openapi import checks

Case = schemathesis.Case[Any]
{%- if text_keys %}

MAX_BYTES = {
{%- for key in text_keys %}
    {{ key.name | quoted }}: {{ key.max_bytes }},
{%- endfor %}
}
{%- endif %}
{%- if service.number_keys %}

NUMBER_KEYS = {
{%- for key in service.number_keys %}
    {{ key.name | quoted }},
{%- endfor %}
}
{%- endif %}

{%- if service.uses_table %}

# DynamoDB's limits. In openapi.yaml they would confuse the generators of clients.
POSITIVE = {"minimum": 1e-130, "exclusiveMaximum": 1e126}
NEGATIVE = {"maximum": -1e-130, "exclusiveMinimum": -1e126}
NUMBER = {"type": "number", "anyOf": [{"const": 0}, POSITIVE, NEGATIVE]}
VALUE = {"$ref": "#/components/schemas/Value"}
ATTRIBUTES = {"type": "object", "propertyNames": {"minLength": 1}, "additionalProperties": VALUE}
VALUES = [{"type": ["string", "boolean", "null"]}, NUMBER, {"type": "array", "items": VALUE}, ATTRIBUTES]
{%- endif %}


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Change openapi.yaml for the tests."""
{%- if not service.is_jwt %}
    raw_schema["security"] = []  # the local API accepts unsigned requests
{%- endif %}
    for operations in raw_schema["paths"].values():  # OpenAPI has no name for ANY: GET stands for it
        if "x-amazon-apigateway-any-method" in operations:
            operations.setdefault("get", operations["x-amazon-apigateway-any-method"])
{%- if service.uses_table %}
{%- if service.attributes.listed or service.indexes %}
    add_limits(raw_schema)
    schemas = raw_schema["components"]["schemas"]
{%- if service.attributes.listed and service.attributes.allows_others %}
    for name in {"NewItem", "NewPartitionItem", "ItemReplacement"} & schemas.keys():  # null is for PATCH
        schemas[name]["additionalProperties"] = {"allOf": [VALUE, {"not": {"type": "null"}}]}
{%- endif %}
{%- if not service.attributes.allows_others %}
    if "ItemChanges" in schemas:  # null removes unknown attributes, too, which confuses generators
        schemas["ItemChanges"] |= {"propertyNames": {"minLength": 1}, "additionalProperties": {"type": "null"}}
{%- endif %}
{%- else %}
    schemas = raw_schema["components"]["schemas"]
    for schema in schemas.values():
        if schema.get("additionalProperties"):
            schema |= ATTRIBUTES
        elif schema.get("type") == "number":
            schema |= NUMBER
{%- endif %}
    schemas["Value"] = {"anyOf": VALUES}
{%- endif %}
{%- if service.uses_table and (service.attributes.listed or service.indexes) %}


def add_limits(schema: Any) -> None:
    """Add DynamoDB's limits to a schema and to those that it contains."""
    for part in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(part, dict | list):
            add_limits(part)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    types = kind if isinstance(kind, list) else [kind]
    if "number" in types:
        schema |= {"anyOf": [*NUMBER["anyOf"], {"type": "null"}], "type": types}
    if schema.get("items") == {}:
        schema["items"] = VALUE
    if schema.get("additionalProperties") is True:
        schema |= {"propertyNames": {"minLength": 1}, "additionalProperties": VALUE}
{%- endif %}


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Return whether schemathesis reports a failure."""
    return not any(is_known(failure, case, response) for is_known in FALSE_POSITIVES)
{%- if service.returns_pages %}


def is_invented_cursor(failure: Failure, case: Case, response: Response) -> bool:
    """OpenAPI cannot say that a cursor must come from the API: schemathesis invents some."""
    is_refused = b"cursor must be" in response.content or (case.method == "HEAD" and "cursor" in case.query)
    return isinstance(failure, checks.RejectedPositiveData) and is_refused
{%- endif %}
{%- if service.lists_in_order %}


def is_invented_bound(failure: Failure, _case: Case, response: Response) -> bool:
    """OpenAPI cannot compare two parameters, nor say that a time has milliseconds and ends with Z."""
    is_refused = re.search(rb"(from|to) must be|must not be greater", response.content) is not None
    return isinstance(failure, checks.RejectedPositiveData) and is_refused
{%- endif %}
{%- if service.id_key and service.attributes.allows_others %}


def is_invented_id(failure: Failure, _case: Case, response: Response) -> bool:
    """Items may have any other attributes, except for the one that the service makes."""
    return isinstance(failure, checks.RejectedPositiveData) and b"is set by the service" in response.content
{%- endif %}
{%- if service.attributes.revision %}


def is_invented_etag(failure: Failure, _case: Case, response: Response) -> bool:
    """For the pattern of If-Match, schemathesis also sends 0, which does not match it."""
    return isinstance(failure, checks.RejectedPositiveData) and b"If-Match must be" in response.content
{%- endif %}
{%- if service.attributes.expiry %}


def is_created_expired(failure: Failure, _case: Case, _response: Response) -> bool:
    """An item that is created with a time in the past expires at once."""
    return isinstance(failure, checks.EnsureResourceAvailability)
{%- endif %}
{%- if text_keys %}


def is_long_in_bytes(failure: Failure, case: Case, _response: Response) -> bool:
    """DynamoDB limits the bytes of a key, OpenAPI only the characters."""
    sent = {**(case.body if isinstance(case.body, dict) else {}), **read_path(case)}
    too_long = [name for name, limit in MAX_BYTES.items() if len(str(sent.get(name, "")).encode()) > limit]
    return isinstance(failure, checks.RejectedPositiveData) and bool(too_long)
{%- endif %}
{%- if has_integers %}


def is_long_integer(failure: Failure, _case: Case, response: Response) -> bool:
    """OpenAPI cannot say that an integer has at most 38 significant digits."""
    return isinstance(failure, checks.RejectedPositiveData) and b"significant digits" in response.content
{%- endif %}
{%- if service.number_keys %}


def is_deleted_in_another_notation(failure: Failure, case: Case, _response: Response) -> bool:
    """1e2 and 100 are the same key: schemathesis compares texts, and does not see that it deleted the item."""
    numbers = [text for name, text in read_path(case).items() if name in NUMBER_KEYS]
    is_rewritten = any(text != f"{Decimal(text):f}" for text in numbers)
    return isinstance(failure, checks.EnsureResourceAvailability) and is_rewritten
{%- endif %}


def read_path(case: Case) -> dict[str, str]:
    """Return the values of the path's parameters; schemathesis percent-encodes those of a Location."""
    return {name: unquote(str(value)) for name, value in case.path_parameters.items()}


FALSE_POSITIVES = [
{%- if service.returns_pages %}
    is_invented_cursor,
{%- endif %}
{%- if service.lists_in_order %}
    is_invented_bound,
{%- endif %}
{%- if service.attributes.revision %}
    is_invented_etag,
{%- endif %}
{%- if service.attributes.expiry %}
    is_created_expired,
{%- endif %}
{%- if service.id_key and service.attributes.allows_others %}
    is_invented_id,
{%- endif %}
{%- if text_keys %}
    is_long_in_bytes,
{%- endif %}
{%- if has_integers %}
    is_long_integer,
{%- endif %}
{%- if service.number_keys %}
    is_deleted_in_another_notation,
{%- endif %}
]
