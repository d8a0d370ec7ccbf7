"""Answers that carry items."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from service import json_values, table
from service.http import Request, Response

if TYPE_CHECKING:
    from service.json_values import Item


def ok(item: Item) -> Response:
    return Response(200, json_values.dump_item(item))


def created(request: Request, item: Item, item_route: str | None = None) -> Response:
    """Answer 201; with the path of the route that reads an item, the answer says where this one is."""
    headers = {"Location": locate(request, item, item_route)} if item_route else {}
    return Response(201, json_values.dump_item(item), headers)


def locate(request: Request, item: Item, item_route: str) -> str:
    """Return an item's path as the client sees it: behind the stage that the request's path has, percent-encoded."""
    stage = split_path(request.path)[: -len(split_path(request.resource)) or None]
    segments = split_path(item_route)
    for attribute in table.KEY:
        value = str(next(iter(item[attribute.name].values())))
        segments[segments.index("{" + attribute.name + "}")] = quote(value, safe="")
    return "/" + "/".join([*stage, *segments])


def split_path(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
