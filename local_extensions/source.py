"""What only the service's source and the pages on it need."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from local_extensions.quoting import LINE_LENGTH, LITERAL_NAME_LENGTH, quote_string
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


def import_from(module: str, *names: str, **used: object) -> str:
    """Return an import of names, and of further names that are used, as ruff formats it: constants, classes, others.

    >>> import_from("api", "Api", "Item", ATTRIBUTES=True, Response=False)
    'from api import ATTRIBUTES, Api, Item'
    >>> import_from("table", "table", "BY_A10", "BY_AA", "BY_A_AND_B", "BY_A2")
    'from table import BY_A2, BY_A10, BY_A_AND_B, BY_AA, table'
    """
    imported = [*names, *(name for name, is_used in used.items() if is_used)]
    imported.sort(key=lambda name: (not name.isupper(), not name[0].isupper(), split_digits(name.lower())))
    line = f"from {module} import {', '.join(imported)}"
    if len(line) <= LINE_LENGTH:
        return line
    lines = "".join(f"    {name},\n" for name in imported)
    return f"from {module} import (\n{lines})"


def split_digits(name: str) -> list[str | int]:
    """Return the parts of a name by which it is sorted: numbers by value."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def list_queried_indexes(service: Service) -> list[str]:
    """Return the constants of the indexes that handlers query."""
    return list(dict.fromkeys(route.index.constant for route in service.routes if route.index))


def list_handler_modules(service: Service) -> list[str]:
    """Return the modules that the handlers use."""
    used = {
        "items": bool(service.operations - {"list", "stub"}),
        "pages": service.returns_pages,
        "responses": bool(service.operations & {"create", "read", "replace", "update"}),
    }
    return [module for module, is_used in used.items() if is_used]


def respond_created_in_python(route: Route) -> str:
    """Return a handler's last statement after it has created an item, as ruff formats it."""
    arguments = ["request", "item", *([quote_string(route.location)] if route.location else [])]
    line = f"return responses.created({', '.join(arguments)})"
    if not is_long(line):
        return line
    lines = "".join(f"        {argument},\n" for argument in arguments)
    return f"return responses.created(\n{lines}    )"


def respond_created_in_rust(route: Route) -> str:
    """Return a handler's last expression after it has created an item."""
    location = f"Some({quote_string(route.location)})" if route.location else "None"
    return f"responses::created(request, &item, {location})"


def is_long(statement: str) -> bool:
    """Return whether a statement of a handler is too long for a line."""
    return len(f"    {statement}") > LINE_LENGTH


def turn_formatter_off(service: Service) -> str:
    """Return a comment for modules of Python if lines that name an attribute are too long for the formatter."""
    names = [key.name for index in service.indexes for key in index.keys]
    lengths = [len(name) for name in names]
    lengths += [
        len(each.name) + max(0, len("|".join(each.values)) - LINE_LENGTH // 3) for each in service.attributes.listed
    ]
    return "\n# fmt: off\n" if any(length > LITERAL_NAME_LENGTH for length in lengths) else ""


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
