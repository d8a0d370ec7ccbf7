"""Pages of items: the limit and the cursor that a client sends, and the page that it gets."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from service import json_values, table
from service.http import HttpError, Request, Response

if TYPE_CHECKING:
    from service.json_values import Item

DEFAULT_LIMIT = 25
MAX_LIMIT = 100


def read_limit(request: Request) -> int:
    """Return how many items a page holds at the most. Raises HttpError 400 for anything but 1 to 100."""
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > MAX_LIMIT:
        raise HttpError(400, f"limit must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def read_cursor(request: Request) -> Item | None:
    """Return the key after which the page starts, or None for the first page.

    Raises HttpError 400 for a cursor that did not come from this very path.
    """
    cursor = request.query.get("cursor")
    if cursor is None:
        return None
    try:
        scope, start = decode_cursor(cursor)
    except (ValueError, TypeError, AttributeError, RecursionError, HttpError) as error:
        raise bad_cursor() from error
    path_key = table.read_path_key(request)
    if scope != scope_of(request) or not all(table.are_equal(start[name], path_key[name]) for name in path_key):
        raise bad_cursor()
    return start


def decode_cursor(cursor: str) -> tuple[Any, Item]:
    """Return a cursor's content: where it may be used, and the key. Raises all that can come of what somebody made up."""
    content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    match json.loads(content):
        case [scope, [*texts]]:
            pairs = zip(table.KEY, texts, strict=True)
            return scope, {key.name: table.parse_key_text(key, text) for key, text in pairs}
    raise ValueError


def bad_cursor() -> HttpError:
    return HttpError(400, "cursor must be the next_cursor of a page from this very path")


def make_page(request: Request, items: list[Item], last_key: Item | None) -> Response:
    """Return the page of these items; the cursor to the next one is null where DynamoDB has no more."""
    cursor = "null"
    if last_key:
        texts = [next(iter(last_key[key.name].values())) for key in table.KEY]
        content = json.dumps([scope_of(request), texts], separators=(",", ":"))
        cursor = f'"{base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")}"'
    page = json_values.dump_array(map(json_values.dump_item, items))
    return Response(200, '{"items":' + page + ',"next_cursor":' + cursor + "}")


def scope_of(request: Request) -> list[Any]:
    """Return what tells this path from all others."""
    return [request.resource, dict(request.parameters)]
