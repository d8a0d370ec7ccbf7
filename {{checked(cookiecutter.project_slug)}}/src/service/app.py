"""The Lambda function's entry point: from API Gateway's event to a handler, and from its response back."""

{% if service.is_rest -%}
import base64
import json
import logging
import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
{%- else -%}
import base64
import json
import logging
import time
from collections.abc import Mapping
from typing import Any
{%- endif %}

from service import errors
from service.http import Request, Response
from service.routes import ROUTES, Handler

Event = Mapping[str, Any]

LOGGER = logging.getLogger(__name__)
LOGGER.setLevel(logging.INFO)
COLD_STARTS = iter([True])
{%- if service.is_rest %}

# A REST API passes path parameters as they are in the URL; `sam local` has decoded them.
PARAMETERS_ARE_ENCODED = "AWS_SAM_LOCAL" not in os.environ
{%- endif %}
{%- if service.sends_cors_headers %}

# A REST API adds these to its own responses only.
CORS_HEADERS = {
    "access-control-allow-origin": os.environ["CORS_ORIGIN"],
    "access-control-expose-headers": "{{ "ETag," if service.attributes.revision }}Location,Retry-After",
}
{%- endif %}


def handler(event: Event, context: Any) -> dict[str, Any]:
    """Respond to a request that API Gateway passes on. Every error becomes one of the API's own responses."""
    started = time.perf_counter()
    request_id = getattr(context, "aws_request_id", "unknown")
    route = "unknown"
    try:
        request = read_request(event)
        route = f"{request.method} {request.resource}"
        result = to_result(find_handler(request)(request))
    except errors.ServiceError as error:
        result = to_result(error_response(error))
    except Exception:
        LOGGER.exception("A handler failed")
        result = to_result(Response(500, json_message(f"Internal server error, request {request_id}")))
    LOGGER.info(
        "%s %s",
        route,
        result["statusCode"],
        extra={
            "request_id": request_id,
            "route": route,
            "status": result["statusCode"],
            "latency_ms": round((time.perf_counter() - started) * 1000, 1),
            "cold_start": next(COLD_STARTS, False),
        },
    )
    return result


def find_handler(request: Request) -> Handler:
    """Return the handler of the route that API Gateway matched: the method's own, or the path's for any method."""
{%- if service.takes_preflights %}
    if request.method == "OPTIONS" and f"OPTIONS {request.resource}" not in ROUTES:
        return preflight_response
{%- endif %}
    for key in (f"{request.method} {request.resource}", f"ANY {request.resource}"):
        if key in ROUTES:
            return ROUTES[key]
    raise errors.NotFound(f"There is no route {request.method} {request.resource}")
{%- if service.takes_preflights %}


def preflight_response(_: Request) -> Response:
    """Return the response to a browser's preflight: API Gateway adds the headers."""
    return Response(204)
{%- endif %}
{% if service.is_rest %}

def read_request(event: Event) -> Request:
    """Return the request in an event of a REST API (proxy integration, payload format 1.0)."""
    return Request(
        method=event["httpMethod"],
        resource=event["resource"],
        path=event["requestContext"]["path"],
        parameters={name: decode_parameter(value) for name, value in (event["pathParameters"] or {}).items()},
        query=event["queryStringParameters"] or {},
        headers=read_headers(event),
        body=read_body(event),
    )


def decode_parameter(value: str) -> str:
    if not PARAMETERS_ARE_ENCODED:
        return value
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise errors.InvalidRequest("The path must be UTF-8") from error
{% else %}

def read_request(event: Event) -> Request:
    """Return the request in an event of an HTTP API (payload format 2.0)."""
    return Request(
        method=event["requestContext"]["http"]["method"],
        resource=event["routeKey"].partition(" ")[2],
        path=event["rawPath"],
        parameters=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers=read_headers(event),
        body=read_body(event),
{%- if service.is_jwt %}
        claims=event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {}),
{%- endif %}
    )
{% endif %}

def read_headers(event: Event) -> dict[str, str]:
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def read_body(event: Event) -> str:
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except ValueError as error:
        raise errors.InvalidRequest("The body must be UTF-8") from error


def error_response(error: errors.ServiceError) -> Response:
    """Return the response to a request that failed."""
    headers = {}
    if isinstance(error, errors.Unavailable):
        LOGGER.warning("%s", error, exc_info=error.__cause__)
        headers = {"Retry-After": "1"}
    return Response(error.status, json_message(str(error)), headers)


def json_message(message: str) -> str:
    return json.dumps({"message": message}, ensure_ascii=False)


def to_result(response: Response) -> dict[str, Any]:
    """Return a response in API Gateway's form; names of headers in lower case, so that each is sent once."""
    headers = {"content-type": "application/json"} if response.body else {}
{%- if service.sends_cors_headers %}
    headers |= CORS_HEADERS
{%- endif %}
    return {
        "statusCode": response.status,
        "headers": headers | {name.lower(): value for name, value in response.headers.items()},
        "body": response.body,
        "isBase64Encoded": False,
    }
