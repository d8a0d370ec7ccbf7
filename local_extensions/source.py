"""What only the service's source and the pages on it need."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from local_extensions.quoting import quote_string
from local_extensions.routes import Route, derive_name

if TYPE_CHECKING:
    from local_extensions.attributes import Attribute
    from local_extensions.keys import Key
    from local_extensions.service import Service

LINE_LENGTH = 120  # of the service's formatters

# How `items` checks a value of each type of attribute.
PYTHON_CHECKS = {
    "string": "lambda value: isinstance(value, str)",
    "number": "lambda value: isinstance(value, Decimal)",
    "integer": "lambda value: isinstance(value, Decimal) and value == value.to_integral_value()",
    "boolean": "lambda value: isinstance(value, bool)",
    "datetime": "is_datetime",
    "list": "lambda value: isinstance(value, list)",
    "map": "lambda value: isinstance(value, dict)",
    "created": "is_written_time",
    "updated": "is_written_time",
    "revision": "lambda value: isinstance(value, Decimal) and value == value.to_integral_value()",
    "expiry": "is_expiry",
}
RUST_KINDS = {
    "string": "String",
    "number": "Number",
    "integer": "Integer",
    "boolean": "Boolean",
    "datetime": "DateTime",
    "list": "List",
    "map": "Map",
    "created": "WrittenTime",
    "updated": "WrittenTime",
    "revision": "Integer",
    "expiry": "Expiry",
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


def describe_keys(keys: list[Key]) -> str:
    """Return attributes of the table's key with their types, for Markdown."""
    return " and ".join(f"`{key.name}` ({describe_value(key)})" for key in keys)


def describe_value(key: Key) -> str:
    if key.is_owner:
        return "the user who signed in"
    return "a number" if key.is_number else "a string"


def describe_attributes(service: Service) -> list[tuple[str, str, str]]:
    """Return each attribute whose type is known: its name, what it must be, and whether clients must send it."""
    listed = [
        (attribute.name, attribute.must_be, describe_presence(attribute)) for attribute in service.attributes.listed
    ]
    keys = [key for key in service.index_keys if not service.attributes.find(key.name)]
    return listed + [(key.name, describe_value(key), "optional") for key in keys]


def describe_presence(attribute: Attribute) -> str:
    if attribute.is_written:
        return "set by the service"
    return "required" if attribute.is_required else "optional"


def list_handler_modules(service: Service) -> list[str]:
    """Return the modules that the handlers use."""
    used = {
        "etags": bool(service.attributes.revision and service.operations & {"replace", "update", "delete"}),
        "items": bool(service.operations - {"list", "stub"}),
        "pages": service.returns_pages,
        "responses": bool(service.operations & {"create", "read", "replace", "update"}),
    }
    return [module for module, is_used in used.items() if is_used]


def import_from(module: str, *names: str, **used: object) -> str:
    """Return an import of names, and of further names that are used, as ruff formats it: constants, classes, others.

    >>> import_from("api", "Api", "Item", ATTRIBUTES=True, Response=False)
    'from api import ATTRIBUTES, Api, Item'
    """
    imported = [*names, *(name for name, is_used in used.items() if is_used)]
    imported.sort(key=lambda name: (not name.isupper(), not name[0].isupper(), name.lower()))
    line = f"from {module} import {', '.join(imported)}"
    if len(line) <= LINE_LENGTH:
        return line
    lines = "".join(f"    {name},\n" for name in imported)
    return f"from {module} import (\n{lines})"


def list_written_names(service: Service) -> list[str]:
    """Return the names of the module `written` that the module `table` uses."""
    attributes = service.attributes
    used = {
        "CREATED": attributes.created and not attributes.revision,
        "REVISION": attributes.revision,
        "EXPIRY": attributes.expiry,
        "is_expired": attributes.expiry,
        "read_clock": attributes.expiry,
        "keep": service.keeps_on_replace,
    }
    return [name for name, is_used in used.items() if is_used]


def import_for_written(service: Service) -> str:
    """Return the imports of the module `written`."""
    attributes = service.attributes
    lines = {
        "import time": attributes.expiry,
        "from collections.abc import Mapping": attributes.expiry or service.keeps_on_replace,
        "from datetime import UTC, datetime": attributes.created or attributes.updated,
        "from decimal import Decimal": attributes.expiry or attributes.revision,
        "from typing import Any": True,
    }
    return "\n".join(line for line, is_used in lines.items() if is_used)


def name_written(service: Service) -> dict[str, str]:
    """Return the constants of the module `written`: the names of the attributes, by type."""
    attributes = service.attributes
    names = {
        "CREATED": attributes.created,
        "UPDATED": attributes.updated,
        "REVISION": attributes.revision,
        "EXPIRY": attributes.expiry,
    }
    return {constant: name for constant, name in names.items() if name}


def define_written(service: Service) -> str:
    """Return the definitions of the constants of the module `written`, in Python."""
    return "\n".join(f'{constant} = "{name}"' for constant, name in name_written(service).items())


def join_written(service: Service) -> str:
    """Return the tuple of the constants of the attributes that the service sets."""
    names = [attribute.type.upper() for attribute in service.attributes.written]
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


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


def list_rust_kinds(service: Service) -> dict[str, str]:
    """Return what each kind of value in Rust must be: several types may share one."""
    return {RUST_KINDS[name]: type_.must_be for name, type_ in service.attributes.types.items()}


def find_new_route(service: Service) -> Route:
    """Return a route that the service does not have, for the page that adds one by hand."""
    paths = {route.path for route in service.routes}
    logical_ids = {route.logical_id for route in service.routes}
    candidates = (f"/health{number}" for number in itertools.chain([""], itertools.count(2)))
    routes = (Route("GET", path, derive_name("GET", path), "stub") for path in candidates)
    return next(route for route in routes if route.path not in paths and route.logical_id not in logical_ids)
