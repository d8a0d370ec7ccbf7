"""Routes in a service's files: those that the owner added, and those whose operation changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from service_git import UpdateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from versions import Render

ROUTE_KEYS = re.compile(r'^ *"([A-Z]+ /[^"]*)"(?::| =>)', re.MULTILINE)


@dataclass
class Event:
    """A route in template.yaml: the logical ids of its function and its event."""

    function: str
    name: str


def read_events(text: str) -> dict[str, Event]:
    """Return the events of template.yaml by their route keys."""
    try:
        document = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return {}
    events = {}
    for function, resource in walk_pairs(find_value(document, "Resources")):
        for name, event in walk_pairs(find_value(find_value(resource, "Properties"), "Events")):
            properties = find_value(event, "Properties")
            method, path = (find_value(properties, key) for key in ("Method", "Path"))
            if method and path and not name.startswith("preflight"):
                events[f"{method.value.upper()} {path.value}"] = Event(function, name)
    return events


def walk_pairs(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)


def find_value(node: Any, name: str) -> Any:
    return dict(walk_pairs(node)).get(name)


def find_own_routes(before: Render) -> dict[str, str]:
    """Return the routes that the owner added by hand, and a file that has each."""
    routes = {}
    for file in ("src/service/routes.py", "src/routes.rs"):
        own = set(ROUTE_KEYS.findall(read_text(file))) - set(ROUTE_KEYS.findall(before.read(file)))
        routes.update(dict.fromkeys(sorted(own), file))
    own = set(read_events(read_text("template.yaml"))) - set(read_events(before.read("template.yaml")))
    return {**routes, **dict.fromkeys(sorted(own), "template.yaml")}


def refuse_own_routes(before: Render, after: Render) -> None:
    """Refuse answers that list a route which the owner added by hand: the service would have it twice."""
    added = {
        re.sub(r"\{\w+", "{", key): key
        for key in read_events(after.read("template.yaml"))
        if key not in read_events(before.read("template.yaml"))
    }
    for key, file in find_own_routes(before).items():
        listed = added.get(re.sub(r"\{\w+", "{", key))
        if listed:
            raise UpdateError(
                f"{file} already has {key}, which you added by hand, and the answer `routes` lists '{listed}'; "
                "leave it out of `routes`, or remove your own route and commit that first."
            )


def read_operations(rendered: Render) -> dict[str, str]:
    """Return what each route does, as openapi.yaml says it."""
    try:
        paths = yaml.safe_load(rendered.read("openapi.yaml"))["paths"]
    except (yaml.YAMLError, KeyError, TypeError):
        return {}
    return {
        f"{method.upper()} {path}": operation.get("summary", "")
        for path, operations in paths.items()
        for method, operation in operations.items()
        if isinstance(operation, dict)
    }


def compare_routes(before: Render, after: Render) -> list[str]:
    """Return a line for each route that another answer removes, or gives another operation."""
    old, new = read_operations(before), read_operations(after)
    removed = [f"{key} is removed" for key in old if key not in new]
    return removed + [
        f"{key} has another operation: '{old[key]}' becomes '{new[key]}'"
        for key in old
        if key in new and old[key] != new[key]
    ]


def read_text(file: str) -> str:
    path = Path(file)
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
