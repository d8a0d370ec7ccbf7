"""Pages of items: the limit and the cursor that a client sends, and the page that it gets."""

import base64
import json
import re
{%- if service.indexes %}
from collections.abc import Sequence
{%- endif %}
from typing import Any

from service import items, json_values
from service.errors import InvalidRequest
from service.http import Request, Response
{{ source.import_from("service.table", "KEY", "Item", Index=service.indexes, KeyAttribute=service.indexes) }}

DEFAULT_LIMIT = 25
MAX_LIMIT = 100


def read_limit(request: Request) -> int:
    """Return how many items a page holds at most. Raises InvalidRequest for anything but 1 to 100."""
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > MAX_LIMIT:
        raise InvalidRequest(f"limit must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


{% if service.indexes -%}
def read_cursor(request: Request, index: Index | None = None) -> Item | None:
    """Return the key after which the page of the table or an index starts, or None for the first page.

    Raises InvalidRequest for a cursor that did not come from this path.
    """
    cursor = request.query.get("cursor")
    if cursor is None:
        return None
    key = index.cursor_key if index else KEY
    try:
        scope, start = decode_cursor(cursor, key)
    except (ValueError, TypeError, AttributeError, RecursionError, InvalidRequest) as error:
        raise invalid_cursor() from error
    if scope != scope_of(request) or not items.read_key(request, key).items() <= start.items():
        raise invalid_cursor()
    return start


def decode_cursor(cursor: str, key: Sequence[KeyAttribute]) -> tuple[Any, Item]:
    """Return a cursor's scope and key. A made-up cursor may raise any error of parsing."""
    content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    match json.loads(content):
        case [scope, [*texts]]:
            pairs = zip(key, texts, strict=True)
            return scope, {each.name: items.parse_key_text(each, text) for each, text in pairs}
    raise ValueError
{%- else -%}
def read_cursor(request: Request) -> Item | None:
    """Return the key after which the page starts, or None for the first page.

    Raises InvalidRequest for a cursor that did not come from this path.
    """
    cursor = request.query.get("cursor")
    if cursor is None:
        return None
    try:
        scope, start = decode_cursor(cursor)
    except (ValueError, TypeError, AttributeError, RecursionError, InvalidRequest) as error:
        raise invalid_cursor() from error
    if scope != scope_of(request) or not items.read_key(request).items() <= start.items():
        raise invalid_cursor()
    return start


def decode_cursor(cursor: str) -> tuple[Any, Item]:
    """Return a cursor's scope and key. A made-up cursor may raise any error of parsing."""
    content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    match json.loads(content):
        case [scope, [*texts]]:
            pairs = zip(KEY, texts, strict=True)
            return scope, {key.name: items.parse_key_text(key, text) for key, text in pairs}
    raise ValueError
{%- endif %}


def invalid_cursor() -> InvalidRequest:
    return InvalidRequest("cursor must be the next_cursor of a page from this path")


{% if service.indexes -%}
def make_page(request: Request, page: list[Item], last_key: Item | None, index: Index | None = None) -> Response:
    """Return the page of these items; the cursor to the next one is null if DynamoDB has no more."""
    cursor = None
    if last_key:
        texts = [str(last_key[key.name]) for key in (index.cursor_key if index else KEY)]
        content = json.dumps([scope_of(request), texts], separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")
    return Response(200, json_values.dump({"items": page, "next_cursor": cursor}))
{%- else -%}
def make_page(request: Request, page: list[Item], last_key: Item | None) -> Response:
    """Return the page of these items; the cursor to the next one is null if DynamoDB has no more."""
    cursor = None
    if last_key:
        content = json.dumps([scope_of(request), [str(last_key[key.name]) for key in KEY]], separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")
    return Response(200, json_values.dump({"items": page, "next_cursor": cursor}))
{%- endif %}


def scope_of(request: Request) -> list[Any]:
    """Return what distinguishes this path from all others."""
    return [request.resource, dict(request.parameters)]
