"""Pages of items: the limit and the cursor that a client sends, and the page that it gets."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

from service import items, json_values
from service.errors import InvalidRequest
from service.http import Request, Response
{{ source.import_from("service.table", "KEY", "Item", "KeyAttribute", "Page", Bounds=service.lists_in_order) }}

DEFAULT_LIMIT = 25
MAX_LIMIT = 100


def read_limit(request: Request) -> int:
    """Return how many items a page holds at most. Raises InvalidRequest for anything but 1 to 100."""
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > MAX_LIMIT:
        raise InvalidRequest(f"limit must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


{% if service.lists_in_order -%}
def read_bounds(request: Request, key: Sequence[KeyAttribute] = KEY) -> Bounds:
    """Return which part of a partition a list shows, and in which order. Raises InvalidRequest."""
    sort_key = key[1]
    first, last = (read_bound(request, name, sort_key) for name in ("from", "to"))
    if first is not None and last is not None and first > last:
        raise InvalidRequest("from must not be greater than to")
    order = request.query.get("order", "asc")
    if order not in ("asc", "desc"):
        raise InvalidRequest("order must be asc or desc")
    return Bounds(sort_key.name, first, last, is_descending=order == "desc")


def read_bound(request: Request, name: str, sort_key: KeyAttribute) -> Any:
    """Return a bound as a value of the sort key, or None."""
    text = request.query.get(name)
    if text is None:
        return None
    value = items.parse_key_text(sort_key._replace(name=name), text)
{%- if service.attributes.listed %}
    attribute = items.ATTRIBUTES.get(sort_key.name)
    if attribute and not attribute.accepts(value):
        raise InvalidRequest(f"{name} must be {attribute.must_be}")
{%- endif %}
    return value


{% endif -%}
{% set bounds = ", bounds: Bounds | None = None" if service.lists_in_order -%}
def read_cursor(request: Request, key: Sequence[KeyAttribute] = KEY{{ bounds }}) -> Item | None:
    """Return the key after which a page starts, or None for the first page.

    Raises InvalidRequest for a cursor that did not come from this path{{ ", with these bounds" if service.lists_in_order }}.
    """
    cursor = request.query.get("cursor")
    if cursor is None:
        return None
    try:
        scope, start = decode_cursor(cursor, key)
    except (ValueError, TypeError, AttributeError, RecursionError, InvalidRequest) as error:
        raise invalid_cursor() from error
    if scope != scope_of(request{{ ", bounds" if service.lists_in_order }}) or not items.read_key(request, key).items() <= start.items():
        raise invalid_cursor()
    return start


def decode_cursor(cursor: str, key: Sequence[KeyAttribute]) -> tuple[Any, Item]:
    """Return a cursor's scope and key. A made-up cursor may raise any error of parsing."""
    content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    match json.loads(content):
        case [scope, [*texts]]:
            pairs = zip(key, texts, strict=True)
            return scope, {attribute.name: items.parse_key_text(attribute, text) for attribute, text in pairs}
    raise ValueError


def invalid_cursor() -> InvalidRequest:
    return InvalidRequest("cursor must be the next_cursor of a page from this path")


{% if service.lists_in_order -%}
def make_page(
    request: Request, page: Page, key: Sequence[KeyAttribute] = KEY, bounds: Bounds | None = None
) -> Response:
    """Return a page; the cursor to the next one is null if DynamoDB has no more."""
{%- else -%}
def make_page(request: Request, page: Page, key: Sequence[KeyAttribute] = KEY) -> Response:
    """Return a page; the cursor to the next one is null if DynamoDB has no more."""
{%- endif %}
    cursor = None
    if page.last_key:
        content = [scope_of(request{{ ", bounds" if service.lists_in_order }}), [str(page.last_key[attribute.name]) for attribute in key]]
        text = json.dumps(content, separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return Response(200, json_values.dump({"items": page.items, "next_cursor": cursor}))


{% if service.lists_in_order -%}
def scope_of(request: Request, bounds: Bounds | None) -> list[Any]:
    """Return what distinguishes this list from all others: its path, and its bounds and order."""
    path = [request.resource, dict(request.parameters)]
    if bounds is None:
        return path
    limits = [None if limit is None else str(limit) for limit in (bounds.first, bounds.last)]
    return [*path, *limits, bounds.is_descending]
{%- else -%}
def scope_of(request: Request) -> list[Any]:
    """Return what distinguishes this path from all others."""
    return [request.resource, dict(request.parameters)]
{%- endif %}
