"""HTTP servers for this machine only: they listen on 127.0.0.1, and refuse what a web page could send from elsewhere."""

import json
import re
import threading
import traceback
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from werkzeug import Request, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

type Respond = Callable[[Request], Response]


class RequestHandler(WSGIRequestHandler):
    """Gives the application target and headers as the client sent them. Logs nothing: the function logs each request."""

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        environ["local_http.target"] = self.requestline.split()[1]
        environ["local_http.headers"] = self.headers.items()
        return environ

    def log_request(self, *_: Any) -> None:
        pass


def start_server(respond: Respond, port: int) -> BaseWSGIServer:
    """Start a server on a port, or a free one if it is 0, in a thread. Its shutdown() ends it."""
    server = make_server("127.0.0.1", port, guard(respond), threaded=True, request_handler=RequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def serve(respond: Respond, socket: int) -> None:
    """Serve on a socket that listens already, given by its file descriptor, until the process ends."""
    make_server("", 0, guard(respond), threaded=True, request_handler=RequestHandler, fd=socket).serve_forever()


def guard(respond: Respond) -> Any:
    """Return a WSGI application that responds only to requests for this machine's own names.

    A web page whose name is made to lead here (DNS rebinding) could read the response; no name can lead to an address
    in a URL.
    """

    @Request.application
    def application(request: Request) -> Response:
        host = request.headers.get("Host", "")
        if not is_local(host):
            return error_response(403, f"Host {host} is not allowed; make the proxy or tunnel send Host: localhost")
        try:
            return respond(request)
        except Exception:
            traceback.print_exc()
            return error_response(500, "This is a fault of the local API; the terminal shows it")

    return application


def is_local(host: str) -> bool:
    """Return whether a Host header is an IP address, localhost or a name below it, with or without a port.

    >>> [is_local(host) for host in ("127.0.0.1:3000", "[::1]:3000", "App.LocalHost", "example.com", "localhost.evil")]
    [True, True, True, False, False]
    """
    name = re.sub(r":\d*$", "", host).lower()
    try:
        return bool(ip_address(name.removeprefix("[").removesuffix("]")))
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def comes_from_page(request: Request) -> bool:
    """Return whether a browser sent a request: these headers are beyond a page's reach."""
    return "Origin" in request.headers or "Sec-Fetch-Site" in request.headers


def error_response(status: int, message: str) -> Response:
    return Response(json.dumps({"message": message}), status, content_type="application/json")
