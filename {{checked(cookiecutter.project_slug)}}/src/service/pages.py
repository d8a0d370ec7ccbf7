"""Pages of items: the limit and the cursor that a client sends, and the page that it gets."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

from service import items, json_values
from service.errors import InvalidRequest
from service.http import Request, Response
from service.table import KEY, Item, KeyAttribute, Page

DEFAULT_LIMIT = 25
MAX_LIMIT = 100


def read_limit(request: Request) -> int:
    """Return how many items a page holds at most. Raises InvalidRequest for anything but 1 to 100."""
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > MAX_LIMIT:
        raise InvalidRequest(f"limit must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def read_cursor(request: Request, key: Sequence[KeyAttribute] = KEY) -> Item | None:
    """Return the key after which a page starts, or None for the first page.

    Raises InvalidRequest for a cursor that did not come from this path.
    """
    cursor = request.query.get("cursor")
    if cursor is None:
        return None
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
            return scope, {attribute.name: items.parse_key_text(attribute, text) for attribute, text in pairs}
    raise ValueError


def invalid_cursor() -> InvalidRequest:
    return InvalidRequest("cursor must be the next_cursor of a page from this path")


def make_page(request: Request, page: Page, key: Sequence[KeyAttribute] = KEY) -> Response:
    """Return a page; the cursor to the next one is null if DynamoDB has no more."""
    cursor = None
    if page.last_key:
        content = [scope_of(request), [str(page.last_key[attribute.name]) for attribute in key]]
        text = json.dumps(content, separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return Response(200, json_values.dump({"items": page.items, "next_cursor": cursor}))


def scope_of(request: Request) -> list[Any]:
    """Return what distinguishes this path from all others."""
    return [request.resource, dict(request.parameters)]
