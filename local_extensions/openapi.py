"""What only openapi.yaml needs: its responses and its schemas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from local_extensions.quoting import quote_yaml
from local_extensions.routes import ITEM_OPERATIONS, Route

if TYPE_CHECKING:
    from local_extensions.keys import Key
    from local_extensions.service import Service


class Response(NamedTuple):
    """A response of openapi.yaml."""

    name: str
    description: str
    schema: str = ""
    """The schema of openapi.yaml that the body has, if it has one."""

    @property
    def brief(self) -> str:
        """The description without what it says of the body, for HEAD."""
        return self.description.partition(";")[0]


class ItemSchema(NamedTuple):
    """A schema of openapi.yaml for an item in a body. Names and values are as YAML writes them."""

    name: str
    description: str
    required: list[str]
    properties: dict[str, str]
    """The schema of each property, on one line."""

    additional: str
    """Whether the item may have other properties."""


ITEM_SCHEMAS = {
    "Item": "An item; it may have any other attributes",
    "NewItem": "An item to create; it may have any other attributes",
    "NewPartitionItem": "An item to create; its partition key is in the path and may be left out, or repeated, here",
    "ItemReplacement": "All attributes of an item; its key is in the path and may be left out, or repeated, here",
    "ItemChanges": "Attributes to set, and null for those to remove; the key is in the path and cannot change",
}
TYPED_ITEM_SCHEMAS = {
    "Item": "An item; one that was written before its attributes were declared may lack some, or have others",
    "NewItem": "An item to create",
    "NewPartitionItem": "An item to create; its partition key is in the path",
    "ItemReplacement": "All attributes of an item; its key is in the path",
    "ItemChanges": ITEM_SCHEMAS["ItemChanges"],
}
# The schema of each type of attribute; that of an enum has its values, too.
TYPE_SCHEMAS = {
    "string": ["type: string"],
    "number": ["type: number"],
    "integer": ["type: integer"],
    "boolean": ["type: boolean"],
    "datetime": ["type: string", "format: date-time"],
    "list": ["type: array", "items: {}"],
    "map": ["type: object", "additionalProperties: true"],
    "enum": ["type: string"],
}

PAGE = Response("Page", "A page of items", "Page")
ITEM = Response("Item", "The item", "Item")
CREATED = Response("Created", "The new item", "Item")
DELETED = Response("Deleted", "The item is deleted")
REFUSED = Response("Refused", "The request is invalid; `message` says why", "Error")
NOT_FOUND = Response("NotFound", "No item has this key", "Error")
EXISTS = Response("Exists", "An item with this key already exists", "Error")
TOO_LARGE = Response("TooLarge", "The item is larger than 400 KB", "Error")
FAILED = Response("Failed", "The service failed; `message` names the request", "Error")
NOT_IMPLEMENTED = Response("NotImplemented", "The route is not implemented yet", "Error")
UNAVAILABLE = Response("Unavailable", "The table is throttling requests, missing or unreachable", "Error")

# The responses of each operation.
ALWAYS = {"500": FAILED, "503": UNAVAILABLE}
OPERATION_RESPONSES = {
    "list": {"200": PAGE, "400": REFUSED, **ALWAYS},
    "query": {"200": PAGE, "400": REFUSED, **ALWAYS},
    "create": {"201": CREATED, "400": REFUSED, "409": EXISTS, "413": TOO_LARGE, **ALWAYS},
    "read": {"200": ITEM, "400": REFUSED, "404": NOT_FOUND, **ALWAYS},
    "replace": {"200": ITEM, "201": CREATED, "400": REFUSED, "413": TOO_LARGE, **ALWAYS},
    "update": {"200": ITEM, "400": REFUSED, "404": NOT_FOUND, "413": TOO_LARGE, **ALWAYS},
    "delete": {"204": DELETED, "400": REFUSED, "404": NOT_FOUND, **ALWAYS},
    "stub": {"500": FAILED, "501": NOT_IMPLEMENTED},
}


def name_method(route: Route) -> str:
    """Return OpenAPI's name of the route's method; for ANY, which it lacks, API Gateway's own."""
    return "x-amazon-apigateway-any-method" if route.method == "ANY" else route.method.lower()


def write_path(path: str) -> str:
    """Return a route's path as OpenAPI writes it, which has no parameter for the rest of a path.

    >>> write_path("/files/{proxy+}")
    '/files/{proxy}'
    """
    return path.replace("+}", "}")


def list_route_responses(route: Route) -> list[tuple[str, Response]]:
    """Return each status of the handler, with the response that describes it."""
    return list(OPERATION_RESPONSES[route.operation].items())


def list_responses(service: Service) -> list[Response]:
    """Return the responses that routes refer to: all but those that a route describes itself."""
    used = [
        response for route in service.routes if route.method != "HEAD" for _, response in list_route_responses(route)
    ]
    return [response for response in dict.fromkeys(used) if response != PAGE]


def list_item_schemas(service: Service) -> list[ItemSchema]:
    """Return the schemas of items that bodies have: one for responses, and one for each kind of request."""
    used = {route.body_schema for route in service.routes} | {response.schema for response in list_responses(service)}
    if has_pages(service):
        used.add("Item")
    descriptions = TYPED_ITEM_SCHEMAS if service.attributes.listed else ITEM_SCHEMAS
    return [make_item_schema(name, text, service) for name, text in descriptions.items() if name in used]


def make_item_schema(name: str, description: str, service: Service) -> ItemSchema:
    """Return a schema: `Item`, in responses, requires only the key, because older items may lack or have anything."""
    keys = {"Item": service.keys, "NewItem": service.keys, "NewPartitionItem": service.keys[1:]}.get(name, [])
    required = [key.name for key in keys]
    properties = {key.name: f'{{$ref: "#/components/schemas/{name_key_schemas(service)[key.name]}"}}' for key in keys}
    if name == "Item":
        properties |= {
            each.name: f"{{description: {quote_yaml(each.must_be[0].upper() + each.must_be[1:])}}}"
            for each in service.attributes.listed
        }
    else:
        is_change = name == "ItemChanges"
        required += [] if is_change else [each.name for each in service.attributes.required]
        properties |= describe_properties(service, is_change=is_change)
    additional = "true" if name == "Item" or service.attributes.allows_others else "false"
    written = {quote_yaml(each): schema for each, schema in properties.items()}
    return ItemSchema(name, description, [quote_yaml(each) for each in required], written, additional)


def describe_properties(service: Service, *, is_change: bool) -> dict[str, str]:
    """Return the schema of each attribute, and of each index's key; a change may remove those that are not required."""
    properties = {}
    lengths = {key.name: describe_length(key) for key in service.index_keys}
    for attribute in service.attributes.listed:
        schema = [
            *TYPE_SCHEMAS[attribute.type],
            *(lengths.get(attribute.name, []) if attribute.type == "string" else []),
        ]
        if attribute.values:
            schema.append(f"enum: [{', '.join(map(quote_yaml, attribute.values))}]")
        properties[attribute.name] = write_schema(schema, is_nullable=is_change and not attribute.is_required)
    for key in service.index_keys:
        if key.name not in properties:
            schema = [f"type: {'number' if key.is_number else 'string'}", *lengths[key.name]]
            properties[key.name] = write_schema(schema, is_nullable=is_change)
    return properties


def describe_length(key: Key) -> list[str]:
    return [] if key.is_number else ["minLength: 1", f"maxLength: {key.max_bytes}"]


def write_schema(schema: list[str], *, is_nullable: bool) -> str:
    """Return a schema on one line, which may allow null, too."""
    text = ", ".join(schema)
    if is_nullable:
        text = re.sub(r"type: (\w+)", r'type: [\1, "null"]', text, count=1)
        text = re.sub(r"enum: \[(.*)\]", r"enum: [\1, null]", text)
    return f"{{{text}}}"


def describe_parameter(parameter: str, routes: list[Route], service: Service) -> str:
    """Return the schema of a path's parameter, on one line: a key's if a route at the path uses it."""
    key_schemas = name_key_schemas(service)
    index = next((route.index for route in routes if route.index), None)
    if index:
        key = index.partition_key
        return write_schema(
            [f"type: {'number' if key.is_number else 'string'}", *describe_length(key)], is_nullable=False
        )
    if parameter in key_schemas and any(route.operation != "stub" for route in routes):
        return f'{{$ref: "#/components/schemas/{key_schemas[parameter]}"}}'
    return "{type: string}"


def point_to_key(service: Service) -> str:
    """Return where a link's parameters are in the response."""
    return f"{{{', '.join(f'{quote_yaml(key.name)}: $response.body#/{key.name}' for key in service.keys)}}}"


def has_pages(service: Service) -> bool:
    """Return whether a response has a page in its body."""
    return any(route.is_page and route.method != "HEAD" for route in service.routes)


def list_key_schemas(service: Service) -> dict[str, Key]:
    """Return the schemas of the table's key attributes, by name."""
    return dict(zip(("PartitionKey", "SortKey"), service.all_keys[: len(service.keys)], strict=False))


def name_key_schemas(service: Service) -> dict[str, str]:
    """Return the schema of each attribute of the table's key."""
    return {key.name: name for name, key in list_key_schemas(service).items()}


def gives_location(service: Service) -> bool:
    """Return whether a response 201 has a Location."""
    return any(route.location for route in service.routes)


def list_item_routes(service: Service) -> list[Route]:
    """Return the routes to an item by its whole key; of several paths, those of the one that Location names."""
    routes = [route for route in service.routes if route.operation in ITEM_OPERATIONS.values()]
    located = [route.location for route in service.routes if route.location]
    path = next(iter([*located, *(route.path for route in routes)]), "")
    return [route for route in routes if route.path == path]
