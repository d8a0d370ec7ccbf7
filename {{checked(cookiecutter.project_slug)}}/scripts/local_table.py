"""Serves DynamoDB, in memory, on the socket that is this process's standard input: moto's DynamoDB and nothing else.

moto's whole server would also offer a web page the other services, some of which run programs.
"""

import sys
from threading import Lock

from local_http import comes_from_page, error_response, serve
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


if __name__ == "__main__":
    sys.setrecursionlimit(20_000)  # for moto, 300 changes need more recursion than Python's default
    serve(respond, sys.stdin.fileno())
