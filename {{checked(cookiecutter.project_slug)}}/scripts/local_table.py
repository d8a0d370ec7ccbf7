"""Serves DynamoDB, in memory, on the socket that is this process's standard input: moto's DynamoDB and nothing else.

moto's whole server would also offer a web page the other services, some of which run programs.
"""

import sys
from threading import Lock

from local_http import comes_from_page, error_response, serve
from moto.dynamodb.models.dynamo_type import Item
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug import Request, Response

DYNAMODB = create_backend_app("dynamodb")
LOCK = Lock()  # moto's conditional writes are not atomic


def respond(request: Request) -> Response:
    """Return DynamoDB's response to a request of a program; a browser's is refused."""
    if comes_from_page(request):
        return error_response(403, "The table is not for web pages; call the API instead")
    if not request.headers.get("X-Amz-Target", "").startswith("DynamoDB_"):
        return error_response(400, "Only DynamoDB runs here; the request has no header X-Amz-Target: DynamoDB_…")
    with LOCK:
        return Response.from_app(DYNAMODB, request.environ, buffered=True)


def allow_only_a_condition() -> None:
    """Serve an UpdateItem that changes nothing, as DynamoDB does: moto fails at one."""
    update = Item.update_with_attribute_updates
    setattr(Item, update.__name__, lambda item, updates: update(item, updates or {}))


if __name__ == "__main__":
    allow_only_a_condition()
    sys.setrecursionlimit(20_000)  # for moto, 300 changes need more recursion than Python's default
    serve(respond, sys.stdin.fileno())
