"""The parts of openapi.yaml that are the same for all services that have them."""

from __future__ import annotations

from typing import Any, NamedTuple

from local_extensions.attributes import MAX_SECONDS
from local_extensions.yaml_style import Line


class Response(NamedTuple):
    """A response of openapi.yaml, named after its status; those with 200 are named after their bodies."""

    name: str
    status: int
    description: str
    schema: str = "Error"
    """The schema that the body has; empty if it has none."""

    headers: tuple[str, ...] = ()
    """The names of HEADERS that it has."""


HEADERS: dict[str, Any] = {
    "ETag": {
        "description": "The item's revision in quotes, for If-Match",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
    },
    "Location": {
        "description": "The item's own path",
        "required": True,
        "schema": {"type": "string", "pattern": "^/"},
    },
    "Retry-After": {
        "description": "The number of seconds after which to try again",
        "required": True,
        "schema": {"type": "integer"},
    },
}

# In the order in which openapi.yaml has them.
RESPONSES = [
    Response("Page", 200, "A page of items", "Page"),
    Response("Item", 200, "The item", "Item", ("ETag",)),
    Response("Created", 201, "The new item", "Item", ("ETag", "Location")),
    Response("NoContent", 204, "The item is deleted", ""),
    Response("BadRequest", 400, "The request is invalid; `message` says why"),
    Response("Unauthorized", 401, "The token is missing, invalid or expired"),
    Response("Forbidden", 403, "The token has no claim sub"),
    Response("NotFound", 404, "No item has this key"),
    Response("Conflict", 409, "An item with this key already exists"),
    Response("PreconditionFailed", 412, "The item is not as If-Match or If-None-Match requires"),
    Response("ContentTooLarge", 413, "The item is larger than 400 KB"),
    Response("InternalServerError", 500, "The service failed; `message` names the request"),
    Response("NotImplemented", 501, "The route is not implemented yet"),
    Response(
        "ServiceUnavailable", 503, "The table is throttling requests, missing or unreachable", headers=("Retry-After",)
    ),
]
ALWAYS = {"InternalServerError", "ServiceUnavailable"}
OPERATION_RESPONSES = {
    "list": {"Page", "BadRequest", *ALWAYS},
    "query": {"Page", "BadRequest", *ALWAYS},
    "create": {"Created", "BadRequest", "Conflict", "ContentTooLarge", *ALWAYS},
    "read": {"Item", "BadRequest", "NotFound", *ALWAYS},
    "replace": {"Item", "Created", "BadRequest", "ContentTooLarge", *ALWAYS},
    "update": {"Item", "BadRequest", "NotFound", "ContentTooLarge", *ALWAYS},
    "delete": {"NoContent", "BadRequest", "NotFound", *ALWAYS},
    "stub": {"InternalServerError", "NotImplemented"},
}

# The operations that depend on If-Match, in services with revisions.
CONDITIONAL_OPERATIONS = ("replace", "update", "delete")

# The parameters in queries and headers, and the operations that have them.
PARAMETERS: dict[str, Any] = {
    "Limit": {
        "name": "limit",
        "in": "query",
        "description": "The largest number of items on a page",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 25},
    },
    "Cursor": {
        "name": "cursor",
        "in": "query",
        "description": "The next_cursor of the previous page, from this path",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    },
    "Order": {
        "name": "order",
        "in": "query",
        "description": "The order of the sort key: rising or falling",
        "schema": {"type": "string", "enum": ["asc", "desc"], "default": "asc"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETags of which the item must have one, or *",
        "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*"){0,19})$'},
        "example": '"1"',
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The item must not exist",
        "schema": {"type": "string", "enum": ["*"]},
    },
}

# The schema of each type of attribute; that of an enum has its values, too.
TYPE_SCHEMAS: dict[str, Any] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
    "list": {"type": "array", "items": {}},
    "map": {"type": "object", "additionalProperties": True},
    "enum": {"type": "string"},
    "created": {"type": "string", "format": "date-time", "readOnly": True},
    "updated": {"type": "string", "format": "date-time", "readOnly": True},
    "revision": {"type": "integer", "readOnly": True},
    "expiry": {"type": "integer", "description": "Seconds since 1970", "maximum": MAX_SECONDS},
}
ITEM_DESCRIPTIONS = {
    "Item": "An item; it may have any other attributes",
    "NewItem": "An item to create; it may have any other attributes",
    "NewPartitionItem": "An item to create; its partition key is in the path and may be left out, or repeated, here",
    "ItemReplacement": "All attributes of an item; its key is in the path and may be left out, or repeated, here",
    "ItemChanges": "Attributes to set, and null for those to remove; the key is in the path and cannot change",
}
TYPED_ITEM_DESCRIPTIONS = {
    "Item": "An item; one from before an attribute was declared may lack it, or have another type",
    "NewItem": "An item to create",
    "NewPartitionItem": "An item to create; its partition key is in the path",
    "ItemReplacement": "All attributes of an item; its key is in the path",
    "ItemChanges": ITEM_DESCRIPTIONS["ItemChanges"],
}
PAGE = {
    "type": "object",
    "required": ["items", "next_cursor"],
    "properties": {
        "items": {"type": "array", "items": Line({"$ref": "#/components/schemas/Item"})},
        "next_cursor": {
            "description": "The cursor of the next page; null on the last one",
            "type": ["string", "null"],
        },
    },
}
ERROR = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
SIGNATURE = {
    "description": "AWS Signature Version 4; `make dev` accepts unsigned requests, too",
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
TOKEN = {
    "description": "A token of the identity provider; for `make dev`, `make token` prints one",
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
}
# The scheme with which callers identify themselves, by the answer to `auth`.
SECURITY_SCHEMES: dict[str, Any] = {"iam": {"SigV4": SIGNATURE}, "jwt": {"Token": TOKEN}, "none": {}}
