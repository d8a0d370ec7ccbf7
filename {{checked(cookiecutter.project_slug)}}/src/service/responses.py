"""Responses with an item."""

from urllib.parse import quote

from service import {{ "etags, " if service.attributes.revision }}json_values
from service.http import Request, Response
from service.table import Item


def ok(item: Item) -> Response:
    return Response(200, json_values.dump(item){{ ', {"ETag": etags.make_etag(item)}' if service.attributes.revision }})


def created(request: Request, item: Item, item_route: str | None = None) -> Response:
    """Return 201; with the path of the route that reads an item, the response has the item's Location."""
    headers = {"Location": locate(request, item, item_route)} if item_route else {}
{%- if service.attributes.revision %}
    headers["ETag"] = etags.make_etag(item)
{%- endif %}
    return Response(201, json_values.dump(item), headers)


def locate(request: Request, item: Item, item_route: str) -> str:
    """Return an item's path as the client sees it: after the stage that the request's path has, percent-encoded."""
    stage = split_path(request.path)[: -len(split_path(request.resource)) or None]
    return "/" + "/".join([*stage, *(fill(segment, item) for segment in split_path(item_route))])


def fill(segment: str, item: Item) -> str:
    """Return a segment of a route's path, with the item's value in place of a parameter."""
    return quote(str(item[segment[1:-1]]), safe="") if segment.startswith("{") else segment


def split_path(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
