"""The summary after rendering: the routes, and the next steps."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def summarize(root: Path, expected: Mapping[str, Any]) -> str:
    width = max(len(route["key"].split()[1]) for route in expected["routes"])
    routes = [
        f"  {method:<8}{path:<{width}}  {describe_operation(route)}"
        for route in expected["routes"]
        for method, path in [route["key"].split()]
    ]
    queried = {route["index"] for route in expected["routes"]}
    routes += [f"No route queries the index {index}." for index in expected["indexes"] if index not in queried]
    names = [name for name, _ in expected["keys"]]
    routes += explain_collections(expected["routes"], [name for name in names if name != expected["owner"]])
    key = " and ".join(names)
    if expected["id"]:
        routes.append(f"POST makes {expected['id']}, a UUID.")
    if expected["written"]:
        routes.append(f"The service itself writes {', '.join(expected['written'])}.")
    if expected["auth"] == "jwt":
        routes.append(
            f"Each user sees only their own items: {expected['owner']} is the claim sub of the token."
            if expected["owner"]
            else "Every signed-in user may call every route for every item."
        )
    directory = root.name if str(root.parent) == os.environ.get("PWD") else str(root)
    return "\n".join(
        [
            f"{expected['slug']}: table {expected['table']} with the key {key} in {expected['region']},",
            f"functions for {expected['architecture']}, and these routes:",
            *routes,
            "Next:",
            f"  cd {shlex.quote(directory)}",
            "  make dev            # or without Docker: make dev DOCKER=no",
        ]
    )


def explain_collections(routes: list[dict[str, str]], names: list[str]) -> list[str]:
    """Return a line on the paths that list and create items if a new route may change them, or has done so."""
    fixed = [
        (*route["key"].split(), route["operation"])
        for route in routes
        if "{" not in route["key"] and not route["index"]
    ]
    collections = list(dict.fromkeys(path for _, path, operation in fixed if operation in ("list", "query", "create")))
    paths = [route["key"].split()[1] for route in routes]
    keys = [set(names), set(names[:1])]
    above = {path.rpartition("/")[0] or "/" for path in paths if set(re.findall(r"\{(\w+)\}", path)) in keys}
    if len(collections) > 1 and not above & set(collections):
        first = collections[0].rstrip("/")
        return [
            f"GET lists and POST creates items at {', '.join(collections)}. If a route such as",
            f"GET {first}/{{{names[0]}}} is added, only {first or '/'} does; the others become stubs.",
        ]
    if collections and any(operation == "stub" and method in ("GET", "HEAD", "POST") for method, _, operation in fixed):
        return [f"Only {', '.join(collections)} lists and creates items; other paths without parameters are stubs."]
    return []


def describe_operation(route: Mapping[str, str]) -> str:
    if route["operation"] == "stub":
        return "not implemented (501)"
    return f"query {route['index']}" if route["index"] else route["operation"]
