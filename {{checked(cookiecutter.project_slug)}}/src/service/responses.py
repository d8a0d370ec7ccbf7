"""Responses with an item."""

from urllib.parse import quote

from service import json_values
from service.http import Request, Response
from service.table import KEY, Item


def ok(item: Item) -> Response:
    return Response(200, json_values.dump(item))


def created(request: Request, item: Item, item_route: str | None = None) -> Response:
    """Return 201; with the path of the route that reads an item, the response has the item's Location."""
    headers = {"Location": locate(request, item, item_route)} if item_route else {}
    return Response(201, json_values.dump(item), headers)


def locate(request: Request, item: Item, item_route: str) -> str:
    """Return an item's path as the client sees it: after the stage that the request's path has, percent-encoded."""
    stage = split_path(request.path)[: -len(split_path(request.resource)) or None]
    segments = split_path(item_route)
    for key in KEY:
        segments[segments.index("{" + key.name + "}")] = quote(str(item[key.name]), safe="")
    return "/" + "/".join([*stage, *segments])


def split_path(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
