"""What API Gateway does without the functions: it finds the route, makes the event, and checks the result.

{% if service.is_rest -%}
REST APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
{%- else -%}
HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
{%- endif %}
"""

import base64
import json
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

{% if service.is_jwt -%}
import tokens
{% endif -%}
from cloudformation import Template, TemplateError
from werkzeug import Request, Response
from werkzeug.datastructures import Headers


class Route(NamedTuple):
    """A route, the logical id of its function, and how many seconds API Gateway waits for that."""

    method: str
    path: str
    function: str
    seconds: float
{%- if service.is_jwt %}
    needs_token: bool
{%- endif %}


class Match(NamedTuple):
    """The route that a request matches, and the path's parameters as they are in the URL."""

    route: Route
    parameters: dict[str, str]


class Gateway(NamedTuple):
    """An API, as template.yaml declares it; `cors` has the headers of responses to preflights."""

    routes: list[Route]
    cors: dict[str, str]
    stage: str
    decodes_base64: bool


EVENT_SETTINGS = ({{ '"Auth", ' if service.is_jwt }}"Method", "Path", "TimeoutInMillis")


class ResultError(Exception):
    """API Gateway does not accept what a handler returned."""

{% include "rest_gateway.py" if service.is_rest else "http_gateway.py" %}

def read_gateway(template: Template) -> Gateway:
    """Return the API of a template. Raises TemplateError."""
    api = next(iter(template.list_resources(API).values()), None)
    if api is None:
        raise TemplateError(f"no {API} is declared")
    cors = read_cors(template.resolve(api.get(CORS) or {}))
    stage = template.resolve(api.get("StageName", "$default"))
    return Gateway(list(list_routes(template{{ ", api" if service.is_jwt }})), cors, stage, HAS_BINARY_TYPES or bool(api.get("BinaryMediaTypes")))


def list_routes(template: Template{{ ", api: dict[str, Any]" if service.is_jwt }}) -> Iterator[Route]:
    for function, properties in template.list_resources("AWS::Serverless::Function").items():
        for name, event in (properties.get("Events") or {}).items():
            if event.get("Type") == EVENT:
                declared = event.get("Properties") or {}
                settings = template.resolve({key: declared[key] for key in EVENT_SETTINGS if key in declared})
                if "Method" not in settings or "Path" not in settings:
                    raise TemplateError(f"{function}: event {name} needs a Method and a Path")
                seconds = float(settings.get("TimeoutInMillis", SECONDS * 1000)) / 1000
                yield Route(settings["Method"].upper(), settings["Path"], function, seconds{{ ", needs_token(api, settings)" if service.is_jwt }})


def read_cors(settings: dict[str, Any]) -> dict[str, str]:
    """Return the headers that CORS settings stand for: AllowOrigin for Access-Control-Allow-Origin."""
    headers = {}
    for name, value in settings.items():
        values = [str(part).strip("'") for part in (value if isinstance(value, list) else [value])]
        header = "Access-Control-" + re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name.replace("Origins", "Origin"))
        headers[header] = values[0] if header.endswith("Origin") else ",".join(values)
    return headers


def cors_headers(gateway: Gateway) -> dict[str, str]:
    """Return the CORS headers of responses that are not to preflights."""
    return {name: value for name, value in gateway.cors.items() if name.endswith(("-Origin", "-Expose-Headers"))}


def gateway_response(gateway: Gateway, status: int, message: str) -> Response:
    """Return a response that does not come from a function."""
    return Response(json.dumps({"message": message}), status, cors_headers(gateway), "application/json")


def rank(pattern: str) -> list[int]:
    """Return a key that sorts the paths of routes, the most specific first."""
    return [segment.startswith("{") + segment.endswith("+}") for segment in pattern.split("/")]


def match_path(pattern: str, path: str) -> dict[str, str] | None:
    """Return the parameters of a path that a route's path matches; a parameter is not empty."""
    names = re.findall(r"\{(\w+)\+?\}", pattern)
    expression = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.sub(r"\\\{\w+\\\+\\\}", "(.+)", re.escape(pattern)))
    match = re.fullmatch(expression, path)
    return dict(zip(names, match.groups(), strict=True)) if match else None


def read_raw_path(request: Request) -> str:
    """Return the path of a request as the client sent it; a client of a proxy sends a whole URL."""
    path: str = request.environ["local_http.target"].partition("?")[0]
    return re.sub(r"^https?://[^/]*", "", path) or "/"


def list_headers(request: Request) -> list[tuple[str, str]]:
    """Return the headers as the client sent them, and those that API Gateway adds."""
    return [
        *request.environ["local_http.headers"],
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"),
        ("X-Forwarded-For", request.remote_addr or ""),
        ("X-Forwarded-Port", request.environ["SERVER_PORT"]),
        ("X-Forwarded-Proto", request.scheme),
    ]


def make_common_context(request: Request, stage: str) -> dict[str, Any]:
    """Return what the request contexts of both payload formats have under the same name."""
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": request.host,
        "domainPrefix": request.host.split(".")[0],
        "requestId": str(uuid.uuid4()),
        "stage": stage,
    }


def read_status(result: dict[str, Any]) -> int:
    status = result.get("statusCode")
    if isinstance(status, bool) or not re.fullmatch(r"[1-5][0-9]{2}", str(status)):
        raise ResultError(f"statusCode is {shorten(status)}, not a whole number from 100 to 599")
    return int(str(status))


def read_body(result: dict[str, Any], *, decodes_base64: bool) -> bytes:
    body, is_encoded = result.get("body"), result.get("isBase64Encoded")
    if not isinstance(body, str | None):
        raise ResultError(f"body is {shorten(body)}, not text")
    if not isinstance(is_encoded, bool | None):
        raise ResultError(f"isBase64Encoded is {shorten(is_encoded)}, not true or false")
    if not is_encoded or not decodes_base64:
        return (body or "").encode()
    try:
        return base64.b64decode(body or "", validate=True)
    except ValueError as error:
        raise ResultError("isBase64Encoded is true, but body is not base64") from error


def list_result_headers(result: dict[str, Any], field: str = "headers") -> Iterator[tuple[str, str]]:
    """Yield the headers in a field of a result; its values, or those in its lists, are text, numbers or booleans."""
    headers = result.get(field)
    if not isinstance(headers, dict | None):
        raise ResultError(f"{field} is {shorten(headers)}, not an object")
    for name, found in (headers or {}).items():
        for value in found if isinstance(found, list) and field == "multiValueHeaders" else [found]:
            if not isinstance(value, str | int | float):
                raise ResultError(f"header {name} is {shorten(value)}, not text")
            yield name, str(value).lower() if isinstance(value, bool) else str(value)


def make_response(body: bytes, status: int, pairs: list[tuple[str, str]], content_type: str) -> Response:
    """Return a response with headers; API Gateway itself sets those that belong to the connection."""
    headers = Headers()
    for name, value in pairs:
        if "\n" in value or "\r" in value or not value.isascii() or not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name):
            raise ResultError(f"header {name}: {shorten(value)} has characters that HTTP does not allow")
        if name.lower() not in ("connection", "content-length", "transfer-encoding"):
            headers.add(name, value)
    headers.setdefault("Content-Type", content_type)
    return Response(body, status, headers)


def shorten(value: Any) -> str:
    """Return a value as JSON, cut for a line of the terminal."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
