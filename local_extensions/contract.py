"""What only the contract tests need."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from local_extensions.operations import ITEM_OPERATIONS
from local_extensions.quoting import quote_string
from local_extensions.routes import Route, is_parameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_extensions.service import Service

# Values that are not of each type, as Python writes them.
WRONG_VALUES = {
    "string": ["1", "None"],
    "number": ['"1"', "True"],
    "integer": ["1.5", '"1"'],
    "boolean": ['"true"', "0"],
    "datetime": ['"2026-01-31"', '"2023-02-29T12:00:00Z"'],
    "list": ['"a"', "{}"],
    "map": ["[]", '"a"'],
    "enum": ['"other value"', "None"],
    "expiry": ['"1"', "1.5", "1769860800000"],
}
# Another value than the sample, for each type.
OTHER_VALUES: dict[str, object] = {
    "string": "other text",
    "number": 2.5,
    "integer": 4,
    "boolean": False,
    "datetime": "2027-01-31T12:00:00.5+09:00",
    "list": ["b", None],
    "map": {"b": [2.5]},
    "expiry": 4102444801,
}
UNTYPED: dict[type, str] = {str: "string", int: "number", list: "list"}
# Values of an attribute that is the sort key of an index, not in their order. An enum has its own.
SORT_VALUES: dict[str, list[object]] = {
    "string": ["b", "a", "d", "B", "c"],
    "number": [2, 10, 1, 30, 9],
    "integer": [2, 10, 1, 30, 9],
    "datetime": [f"2026-01-{day}T12:00:00Z" for day in ("02", "31", "01")],
    "created": [f"2026-01-{day}T12:00:00.000Z" for day in ("02", "31", "01", "30", "03")],
    "updated": [f"2026-01-{day}T12:00:00.000Z" for day in ("02", "31", "01", "30", "03")],
    "revision": [2, 10, 1, 30, 9],
}


class Refusal(NamedTuple):
    """A value that the API refuses: all three as Python writes them."""

    name: str
    value: str
    message: str


def list_routes(service: Service, *operations: str) -> list[Route]:
    """Return the routes to the table that the tests of these operations call."""
    routes = [route for route in service.routes if route.operation in operations and not route.index]
    return [route for route in routes if route.method != "HEAD"]


def list_item_routes(service: Service) -> list[Route]:
    """Return the routes to one item."""
    return list_routes(service, *ITEM_OPERATIONS.values())


def list_routes_in_partition(service: Service) -> list[Route]:
    """Return the routes that create an item in the partition that their path names."""
    return [route for route in list_routes(service, "create") if route.parameters]


def list_heads(service: Service) -> list[Route]:
    return [route for route in service.routes if route.method == "HEAD" and route.operation != "stub"]


def list_stubs(service: Service) -> list[str]:
    """Return each method and path that lead to a stub; without preflights, which the gateway handles."""
    return [
        f"{method} {fill(service, route, 'any')}"
        for route in service.routes
        if route.operation == "stub"
        for method in list_methods(service, route)
        if method != "OPTIONS" or not service.cors_origin
    ]


def list_index_routes(service: Service) -> list[Route]:
    return [route for route in service.routes if route.index and route.method == "GET"]


def format_operations(service: Service) -> str:
    """Return what each route to the table does."""
    routes = [route for route in service.routes if route.operation != "stub" and not route.index]
    return format_item(format_entry(route.key, route.operation) for route in routes)


def format_key(service: Service) -> str:
    """Return the attributes of an item's key with their types."""
    return format_item(f"{quote_string(key.name)}: {'int' if key.is_number else 'str'}" for key in service.keys)


def format_required(service: Service) -> str:
    """Return the required attributes of an item other than the table's key, as Python and ruff write them."""
    return format_item(format_entry(attribute.name, attribute.sample) for attribute in service.attributes.required)


def format_attributes(service: Service) -> str:
    """Return one of each attribute of an item other than the table's key, and those of the indexes' keys."""
    required = {attribute.name for attribute in service.attributes.required}
    samples = sample_attributes(service)
    entries = [format_entry(name, value) for name, value in samples.items() if name not in required]
    return format_item(["**REQUIRED", *entries])


def format_other_values(service: Service) -> str:
    """Return another value of each of these attributes."""
    entries = []
    for name, sample in sample_attributes(service).items():
        attribute = service.attributes.find(name)
        type_name = attribute.type if attribute else UNTYPED[type(sample)]
        entries.append(
            format_entry(name, attribute.values[1] if attribute and attribute.values else OTHER_VALUES[type_name])
        )
    return format_item(entries)


def sample_attributes(service: Service) -> dict[str, object]:
    """Return a value of each attribute. Without declared ones, their names have a hyphen, which no key's name has."""
    attributes = service.attributes
    samples = attributes.samples
    if not attributes.sent and attributes.allows_others:
        samples = {"full-name": "田中太郎", "some-tags": ["a", None, True, {"b": ""}]}
    known = [*samples, *(attribute.name for attribute in attributes.written)]
    return {**samples, **{key.name: key.json_sample for key in service.index_keys if key.name not in known}}


def format_written(service: Service) -> str:
    """Return a value of each attribute that the service sets."""
    return format_item(format_entry(attribute.name, attribute.sample) for attribute in service.attributes.written)


def sends_at_once(service: Service) -> bool:
    """Return whether a test sends several requests at once."""
    operations = {"update", "replace" if service.keeps_on_replace else "", "" if service.id_key else "create"}
    return bool(list_routes(service, *operations))


def compare(service: Service, item: str) -> str:
    """Return the part of an item, which is an expression of Python, that the client sent."""
    return f"sent({item})" if service.attributes.written else item


def format_sort_values(service: Service) -> str:
    """Return values of each attribute that is the sort key of an index, and not in the table's key."""
    names = {index.order_key.name for index in service.indexes if index.order_key}
    entries = []
    for key in service.index_keys:
        if key.name in names:
            attribute = service.attributes.find(key.name)
            type_name = attribute.type if attribute else "number" if key.is_number else "string"
            values = list(attribute.values[:5]) if attribute and attribute.values else SORT_VALUES[type_name]
            lines = "".join(f"        {format_python(value)},\n" for value in values)
            entries.append(f"{quote_string(key.name)}: [\n{lines}    ]")
    return format_item(entries)


def format_item(entries: Iterable[str]) -> str:
    lines = "".join(f"    {entry},\n" for entry in entries)
    return f"{{\n{lines}}}" if lines else "{}"


def format_entry(name: str, value: object) -> str:
    return f"{quote_string(name)}: {format_python(value)}"


def format_python(value: object) -> str:
    """Return a sample as Python and ruff write it."""
    if isinstance(value, str):
        return quote_string(value)
    if isinstance(value, list):
        return f"[{', '.join(map(format_python, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{quote_string(name)}: {format_python(each)}' for name, each in value.items())}}}"
    return str(value)


def format_large(service: Service) -> str:
    """Return an attribute with a value of more than 400 KB, or nothing if no attribute can have one."""
    if service.attributes.allows_others:
        return '"some-text": "x" * 410_000'
    values = {"string": '"x" * 410_000', "list": '["x" * 410_000]', "map": '{"a": "x" * 410_000}'}
    in_indexes = {key.name for key in service.index_keys}
    free = (
        attribute
        for attribute in service.attributes.listed
        if attribute.type in values and attribute.name not in in_indexes
    )
    return next((f"{quote_string(attribute.name)}: {values[attribute.type]}" for attribute in free), "")


def list_refusals(service: Service) -> list[Refusal]:
    """Return values that an attribute or an index's key cannot have: for one attribute of each type, and each key."""
    first = {attribute.type: attribute for attribute in reversed(service.attributes.sent)}
    refusals = [
        refuse(attribute.name, value, f"must be {attribute.must_be}")
        for attribute in service.attributes.sent
        if first[attribute.type] is attribute
        for value in WRONG_VALUES[attribute.type]
    ]
    for key in service.index_keys:
        attribute = service.attributes.find(key.name)
        if attribute and attribute.is_written:
            continue
        if key.is_number and not attribute:
            refusals.append(refuse(key.name, '"1"', "must be a number"))
        if not key.is_number and not attribute:
            refusals.append(refuse(key.name, "1", "must be a string"))
        if not key.is_number and (not attribute or attribute.type == "string"):
            refusals.append(refuse(key.name, '""', "must not be empty"))
            refusals.append(
                refuse(key.name, f'"x" * {key.max_bytes + 1}', f"must be at most {key.max_bytes} bytes long")
            )
    return refusals


def list_key_refusals(service: Service) -> list[tuple[str, str]]:
    """Return values that the last attribute of the table's key cannot have, as Python writes them, and the problems."""
    key = service.keys[-1]
    if key.is_number:
        return [(value, "must be a number") for value in ("None", "True", "[1]", '{"a": 1}', '""', '"1"', '"text"')]
    too_long = f"must be at most {key.max_bytes} bytes long"
    refusals = [(value, "must be a string") for value in ("None", "True", "[1]", '{"a": 1}', "1")]
    refusals.append(('""', "must not be empty"))
    return [*refusals, (f'"x" * {key.max_bytes + 1}', too_long), (f'"é" * {key.max_bytes // 2 + 1}', too_long)]


def refuse(name: str, value: str, message: str) -> Refusal:
    return Refusal(quote_string(name), value, quote_string(f"{name} {message}"))


def list_requests(service: Service, routes: list[Route]) -> list[str]:
    """Return a method and a path that lead to each route, and to no item."""
    return [
        f"{methods[-1]} {fill(service, route, 'nothing')}"
        for route in routes
        if (methods := list_methods(service, route))
    ]


def list_methods(service: Service, route: Route) -> list[str]:
    """Return the methods that lead to a route: for ANY, those that its path has no other route for."""
    if route.method != "ANY":
        return [route.method]
    others = {other.method for other in service.routes_by_path[route.path]}
    usual = [method for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if method not in others]
    return usual or [method for method in ("HEAD", "OPTIONS") if method not in others][:1]


def fill(service: Service, route: Route, value: str) -> str:
    """Return a route's path with a value for its parameters that no other route has in that place."""
    taken = {segment for other in service.routes for segment in other.segments}
    value = f"~{value}" if value in taken else value
    return "/" + "/".join(value if is_parameter(segment) else segment for segment in route.segments)


def list_preflights(service: Service) -> list[Route]:
    """Return the routes whose preflights the gateway handles: in a REST API, a path's route for OPTIONS gets them."""
    paths = {route.path for route in service.routes if route.method == "OPTIONS" and service.is_rest}
    return [route for route in service.routes if route.path not in paths]
