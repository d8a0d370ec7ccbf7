"""What each route does: that depends on its method and its path, and on the keys of the table and of its indexes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local_extensions.routes import Route, is_parameter

if TYPE_CHECKING:
    from local_extensions.keys import Index, Key

COLLECTION_OPERATIONS = {"GET": "list", "HEAD": "list", "POST": "create"}
PARTITION_OPERATIONS = {"GET": "query", "HEAD": "query", "POST": "create"}
INDEX_OPERATIONS = {"GET": "query", "HEAD": "query"}
ITEM_OPERATIONS = {"GET": "read", "HEAD": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}


def assign_operations(routes: list[Route], keys: list[Key], indexes: list[Index]) -> list[Route]:
    """Return the routes with what each one does. `keys` are the table's."""
    names = {key.name for key in keys if not key.is_owner}
    own_items = set() if names else find_own_items(routes)
    collections = find_collections(routes, keys) if names else set()
    assigned = []
    for route in routes:
        operations: dict[str, str] = {}
        index = None
        parameters = set(route.parameters)
        if route.path.endswith("+}"):
            operations = {}
        elif route.path in own_items or (names and parameters == names):
            operations = ITEM_OPERATIONS
        elif route.path in collections:
            operations = PARTITION_OPERATIONS if keys[0].is_owner else COLLECTION_OPERATIONS
        elif parameters == {keys[0].name}:
            operations = PARTITION_OPERATIONS
        elif index := find_index(route, indexes):
            operations = INDEX_OPERATIONS
        operation = operations.get(route.method, "stub")
        assigned.append(with_operation(route, operation, keys, index) if operation != "stub" else route)
    return [with_location(route, assigned, names) for route in assigned]


def with_operation(route: Route, operation: str, keys: list[Key], index: Index | None) -> Route:
    order_key = index.order_key if index else keys[1] if len(keys) > 1 else None
    return replace(
        route,
        operation=operation,
        index=index,
        creates=not keys[-1].is_uuid,
        sort_key=order_key if operation == "query" else None,
        is_owned=keys[0].is_owner,
    )


def find_own_items(routes: list[Route]) -> set[str]:
    """Return the paths of the one item that each caller has: those without parameters that change it, or else read it."""
    fixed = [route for route in routes if not route.parameters]
    changed = {route.path for route in fixed if route.method in ("PUT", "PATCH")}
    return changed or {route.path for route in fixed if route.method == "GET"}


def find_collections(routes: list[Route], keys: list[Key]) -> set[str]:
    """Return the paths without parameters that stand for the table's items: GET lists them, POST creates one.

    They are the paths one segment above an item or a partition; or else those with a POST; or else all. With an owner,
    who is in no path, only the first.
    """
    fixed = {route.path for route in routes if not route.parameters}
    names = [key.name for key in keys if not key.is_owner]
    above = {
        "/" + "/".join(route.segments[:-1])
        for route in routes
        if set(route.parameters) in (set(names), set(names[:1])) and not route.path.endswith("+}")
    }
    if keys[0].is_owner:
        return fixed & above
    posted = {route.path for route in routes if route.method == "POST"}
    return fixed & above or fixed & posted or fixed


def find_index(route: Route, indexes: list[Index]) -> Index | None:
    """Return the index that a route queries: its path has the index's key as the only parameter, if it needs one.

    Of several, and without a parameter, it is the one whose name ends the last fixed segment.
    """
    candidates = [index for index in indexes if [key.name for key in (index.path_key,) if key] == route.parameters]
    if len(candidates) > 1 or not route.parameters:
        fixed = [segment for segment in route.segments if not is_parameter(segment)]
        candidates = [index for index in candidates if fixed and fixed[-1].endswith(index.name)]
    return candidates[0] if candidates else None


def with_location(route: Route, routes: list[Route], names: set[str]) -> Route:
    """Return a route that creates with the path of its item: for PUT its own, else one that reads, the nearest first.

    `names` are the attributes of the key that are in a path.
    """
    if route.operation == "replace":
        return replace(route, location=route.path)
    if route.operation != "create":
        return route
    paths = [
        other.path for other in routes if other.operation in ITEM_OPERATIONS.values() and set(other.parameters) == names
    ]
    readable = [other.path for other in routes if other.operation == "read" and other.method == "GET"]
    below = route.path.rstrip("/") + "/"
    ranked = sorted(dict.fromkeys(paths), key=lambda path: (path not in readable, not f"{path}/".startswith(below)))
    return replace(route, location=ranked[0] if ranked else "")
