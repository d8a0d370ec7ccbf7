"""Two ways to the same API: over HTTP, and straight into the handler with the events that API Gateway would send."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, unquote, urlencode

import project
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REST_STAGE = "api"


@dataclass(frozen=True)
class Answer:
    """A response of the API."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""

    text: str

    @property
    def json(self) -> Any:
        """The body, its numbers as Decimal and int."""
        return json.loads(self.text, parse_float=Decimal)


class Api(Protocol):
    """What the contract is tested through."""

    stage: str
    """What stands before a route in the paths that a client sees: empty, or the stage with a slash before it."""

    def request(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        """Send a request to a path, percent-encoded; the body is JSON text, or what becomes JSON."""


class HttpApi:
    """The API behind a URL."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.stage = "/" + self.url.partition("://")[2].partition("/")[2] if "/" in self.url.partition("://")[2] else ""

    def request(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        url = self.url + path + ("?" + urlencode(query) if query else "")
        headers = {"Content-Type": "application/json"}
        response = requests.request(method, url, data=dump_body(body).encode(), headers=headers, timeout=60)
        return Answer(
            response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.content.decode()
        )


class OfflineApi:
    """The handler, called with the events that API Gateway would send."""

    def __init__(self, handler: Callable[[dict[str, Any], Any], dict[str, Any]]) -> None:
        self.handler = handler
        self.stage = f"/{REST_STAGE}" if project.HAS_REST_API else ""

    def request(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        make_event = make_rest_event if project.HAS_REST_API else make_http_event
        event = make_event(method, path, query or {}, dump_body(body) or None)
        result = self.handler(event, SimpleNamespace(aws_request_id="test-request"))
        text = "" if method == "HEAD" else result["body"]  # gateways send no body then
        return Answer(result["statusCode"], {k.lower(): v for k, v in result["headers"].items()}, text)


def dump_body(body: Any) -> str:
    """Return the JSON text for a body; text is taken for JSON already."""
    if body is None:
        return ""
    return body if isinstance(body, str) else json.dumps(body, default=str)


def make_rest_event(method: str, path: str, query: Mapping[str, str], body: str | None) -> dict[str, Any]:
    """Return the event of a REST API in AWS: path parameters as they stand in the URL."""
    route, parameters = match_route(method, path)
    return {
        "httpMethod": method,
        "resource": route.path,
        "path": unquote(path),
        "pathParameters": parameters or None,
        "queryStringParameters": dict(query) or None,
        "requestContext": {"path": f"/{REST_STAGE}{path}", "stage": REST_STAGE},
        "body": body,
        "isBase64Encoded": False,
    }


def make_http_event(method: str, path: str, query: Mapping[str, str], body: str | None) -> dict[str, Any]:
    """Return the event of an HTTP API in AWS: path parameters decoded, and nothing where there is nothing."""
    route, parameters = match_route(method, path)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": str(route),
        "rawPath": unquote(path),
        "requestContext": {"http": {"method": method, "path": unquote(path)}, "stage": "$default"},
        "isBase64Encoded": False,
    }
    if parameters:
        event["pathParameters"] = {name: unquote(value) for name, value in parameters.items()}
    if query:
        event["queryStringParameters"] = dict(query)
    if body is not None:
        event["body"] = body
    return event


def match_route(method: str, path: str) -> tuple[project.Route, dict[str, str]]:
    """Return the route that API Gateway would take, and the path's parameters: what is written out goes first."""
    matches = [
        (route, parameters)
        for route in project.ROUTES
        if route.method in (method, "ANY") and (parameters := match_path(route.path, path)) is not None
    ]
    if not matches:
        raise LookupError(f"No route takes {method} {path}")
    return min(
        matches, key=lambda match: ([segment.startswith("{") for segment in split(match[0].path)], match[0].method)
    )


def match_path(route_path: str, path: str) -> dict[str, str] | None:
    segments = split(path)
    parameters: dict[str, str] = {}
    for position, expected in enumerate(split(route_path)):
        if expected.endswith("+}") and segments[position:]:
            return {**parameters, expected[1:-2]: "/".join(segments[position:])}
        if position >= len(segments) or (not expected.startswith("{") and expected != segments[position]):
            return None
        if expected.startswith("{"):
            parameters[expected[1:-1]] = segments[position]
    return parameters if len(segments) == len(split(route_path)) else None


def split(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def fill(path: str, values: Mapping[str, Any]) -> str:
    """Return a route's path with values for its parameters, percent-encoded; a parameter without one becomes a word."""
    filled = [
        quote(str(values.get(segment.strip("{+}"), "any")), safe="") if segment.startswith("{") else segment
        for segment in split(path)
    ]
    return "/" + "/".join(filled)
