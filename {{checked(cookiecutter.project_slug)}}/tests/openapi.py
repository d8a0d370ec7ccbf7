"""Compares responses with openapi.yaml."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from functools import cache, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs  # keeps every digit of numbers, and reads patterns as OpenAPI does, which is not as Python does
import yaml

if TYPE_CHECKING:
    from api import Response

FILE = Path(__file__).resolve().parent.parent / "openapi.yaml"
# Clients act on these headers: openapi.yaml must describe those that a response has.
HEADERS = ("etag", "location", "retry-after")


def find_problems(method: str, path: str, response: Response) -> Iterator[str]:
    """Yield each difference between a response and openapi.yaml.

    It has no responses of API Gateway or `sam local` themselves, such as 403 and 502. They are not compared for a path
    or method that openapi.yaml lacks. For a route they are reported: a test that expects one sends its own request.
    """
    operation = find_operation(method, path)
    if operation is None:
        return
    statuses = (str(response.status), f"{response.status // 100}XX", "default")
    described = [resolve(operation["responses"][status]) for status in statuses if status in operation["responses"]]
    if not described:
        yield f"openapi.yaml lacks the status {response.status}; the body is {response.text:.200}"
        return
    yield from find_header_problems(described[0].get("headers", {}), response)
    if method != "HEAD":
        yield from find_body_problems(described[0].get("content", {}), response)


def find_operation(method: str, path: str) -> Any:
    """Return the operation of a request, or None. If several paths match, the one with the fewest parameters has it."""
{%- if service.cors_origin %}
    if method == "OPTIONS":  # the gateway's own: a preflight
        return None
{%- endif %}
    paths = read_openapi()["paths"]
    path = path.partition("?")[0].replace("+}", "}")  # openapi.yaml writes {proxy+} as {proxy}
    for template in sorted(paths, key=lambda template: template.count("{")):
        if re.fullmatch(re.sub(r"\\{.+?\\}", "[^/]+", re.escape(template)), path):
            for name in (method.lower(), "x-amazon-apigateway-any-method"):
                if name in paths[template]:
                    return paths[template][name]
    return None


def find_header_problems(headers: dict[str, Any], response: Response) -> Iterator[str]:
    described = {name.lower(): resolve(header) for name, header in headers.items()}
    for name in HEADERS:
        if name in response.headers and name not in described:
            yield f"openapi.yaml lacks the header {name}"
    for name, header in described.items():
        text = response.headers.get(name)
        if text is None:
            if header.get("required"):
                yield f"the response lacks the header {name}"
            continue
        values: list[Any] = [text]
        with suppress(ValueError):
            values.append(json.loads(text))
        if all(any(find_errors(header.get("schema", True), value)) for value in values):
            yield f"the header {name} is {text}"


def find_body_problems(content: dict[str, Any], response: Response) -> Iterator[str]:
    media_type = response.headers.get("Content-Type", "").partition(";")[0] if response.text else "none"
    if media_type not in (content or ["none"]):
        yield f"the body is of type {media_type}, not {' or '.join(content) or 'none'}"
    elif content:
        value = response.json if media_type.endswith("json") else response.text
        yield from find_errors(content[media_type].get("schema", True), value)


def find_errors(schema: Any, value: Any) -> Iterator[str]:
    """Yield each place where a value does not match a schema, and why."""
    validator = jsonschema_rs.validator_for({**read_openapi(), "allOf": [schema]}, validate_formats=True)
    for error in validator.iter_errors(value):
        yield f"{'/'.join(map(str, error.instance_path)) or 'the body'}: {error.message:.200}"


def resolve(value: Any) -> Any:
    """Return what a reference stands for, or the value itself."""
    while "$ref" in value:
        names = value["$ref"].removeprefix("#/").split("/")
        value = reduce(lambda part, name: part[name], names, read_openapi())
    return value


@cache
def read_openapi() -> Any:
    """Return openapi.yaml as JSON: its keys and dates are text, its numbers exact."""
    text = json.dumps(yaml.safe_load(FILE.read_text(encoding="utf-8")), default=str)
    return json.loads(text, parse_float=Decimal)
