"""The API in this process: the handler, called with the events that API Gateway would send, and a table by moto."""

from __future__ import annotations

import os
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import boto3
import project
from api import Answer, dump_body, split
from moto import mock_aws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_dynamodb.service_resource import Table

REST_STAGE = "api"


def prepare_environment() -> None:
    """Set what Lambda would set, and drop what would lead out of this process."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE", "AWS_SAM_LOCAL", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")  # noqa: S106 - moto wants some
    os.environ["TABLE_NAME"] = project.TABLE_NAME
{%- if service.sends_cors_headers %}
    os.environ["CORS_ORIGIN"] = project.CORS_ORIGIN
{%- endif %}


@contextmanager
def serve_table() -> Iterator[Table]:
    with mock_aws():
        project.CREATE_TABLE.create_tables(boto3.client("dynamodb"), project.TEMPLATE)
        yield boto3.resource("dynamodb").Table(project.TABLE_NAME)


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


def make_api() -> OfflineApi:
    from service import app  # noqa: PLC0415 - makes its client on import, which must be moto's

    return OfflineApi(app.handler)


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
