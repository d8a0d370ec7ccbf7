"""What only the service's source and the pages on it need."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from local_extensions.quoting import quote_string
from local_extensions.routes import Route, derive_name

if TYPE_CHECKING:
    from local_extensions.attributes import Attribute
    from local_extensions.service import Service

# How `items` checks a value of each type of attribute.
PYTHON_CHECKS = {
    "string": "lambda value: isinstance(value, str)",
    "number": "lambda value: isinstance(value, Decimal)",
    "integer": "lambda value: isinstance(value, Decimal) and value == value.to_integral_value()",
    "boolean": "lambda value: isinstance(value, bool)",
    "datetime": "is_datetime",
    "list": "lambda value: isinstance(value, list)",
    "map": "lambda value: isinstance(value, dict)",
}
RUST_KINDS = {
    "string": "String",
    "number": "Number",
    "integer": "Integer",
    "boolean": "Boolean",
    "datetime": "DateTime",
    "list": "List",
    "map": "Map",
}

MODULE_PURPOSES = {
    "app": "the function's entry point: from API Gateway's event to a handler, and from errors to statuses",
    "routes": "one handler per route",
    "items": "reads and validates the key, the item or the changes in a request",
    "table": "the table's key, the client and the operations; independent of HTTP",
}


def list_modules(service: Service) -> list[tuple[str, str]]:
    """Return the path of each module of the service, with its purpose."""
    return [(service.module(name), purpose) for name, purpose in MODULE_PURPOSES.items()]


def describe_key(service: Service) -> str:
    """Return the attributes of the table's key with their types, for Markdown."""
    return " and ".join(f"`{key.name}` ({'a number' if key.is_number else 'a string'})" for key in service.keys)


def describe_attributes(service: Service) -> list[tuple[str, str, bool]]:
    """Return each attribute whose type is known: its name, what it must be, and whether it is required."""
    listed = [(each.name, each.must_be, each.is_required) for each in service.attributes.listed]
    keys = [key for key in service.index_keys if not service.attributes.find(key.name)]
    return listed + [(key.name, "a number" if key.is_number else "a string", False) for key in keys]


def list_handler_modules(service: Service) -> list[str]:
    """Return the modules that the handlers use."""
    used = {
        "items": bool(service.operations - {"list", "stub"}),
        "pages": service.returns_pages,
        "responses": bool(service.operations & {"create", "read", "replace", "update"}),
    }
    return [module for module, is_used in used.items() if is_used]


def define_in_python(attribute: Attribute) -> str:
    """Return the entry of an attribute in the table of `items`."""
    required = "" if attribute.is_required else ", required=False"
    values = "".join(f"{quote_string(value)}, " for value in attribute.values)
    return f'"{attribute.name}": Attribute("{attribute.type}"{required}{f", values=({values.rstrip()[:-1]})" if values else ""})'


def define_in_rust(attribute: Attribute) -> str:
    """Return the entry of an attribute in the table of `items`."""
    values = ", ".join(map(quote_string, attribute.values))
    kind = f"OneOf(&[{values}])" if values else RUST_KINDS[attribute.type]
    required = str(attribute.is_required).lower()
    return f'Attribute {{ name: "{attribute.name}", kind: Kind::{kind}, required: {required} }}'


def find_new_route(service: Service) -> Route:
    """Return a route that the service does not have, for the page that adds one by hand."""
    paths = {route.path for route in service.routes}
    logical_ids = {route.logical_id for route in service.routes}
    candidates = (f"/health{number}" for number in itertools.chain([""], itertools.count(2)))
    routes = (Route("GET", path, derive_name("GET", path), "stub") for path in candidates)
    return next(route for route in routes if route.path not in paths and route.logical_id not in logical_ids)
