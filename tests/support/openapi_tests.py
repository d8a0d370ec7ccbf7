"""tests/openapi.py compares responses as OpenAPI means it. test_openapi.py runs this file in a service."""

from decimal import Decimal
from typing import Any

import openapi
import pytest
from api import Response
from requests.structures import CaseInsensitiveDict

DIGITS = "12345678901234567890123456789012345678"
NUMBER = {"type": "integer"}
ERROR = {"$ref": "#/components/schemas/Error"}


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The paths of openapi.yaml, to be set."""
    paths: dict[str, Any] = {}
    document = {**openapi.read_openapi(), "paths": paths}
    monkeypatch.setattr(openapi, "read_openapi", lambda: document)
    return paths


def describe(**described: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", **described}}}


def describe_body(schema: Any) -> dict[str, Any]:
    return describe(content={"application/json": {"schema": schema}})


def find(method: str, text: str, status: int = 200, headers: dict[str, str] | None = None) -> list[str]:
    """Return the problems of a response to a request for /a."""
    all_headers = CaseInsensitiveDict({"Content-Type": "application/json; charset=utf-8", **(headers or {})})
    return list(openapi.find_problems(method, "/a", Response(status, all_headers, text)))


@pytest.mark.parametrize(
    ("schema", "text", "is_right"),
    [
        ({"type": "number"}, DIGITS, True),
        ({"const": int(DIGITS)}, DIGITS, True),
        ({"const": int(DIGITS)}, DIGITS[:-1] + "9", False),
        ({"maximum": int(DIGITS) - 1}, DIGITS, False),
        ({"minimum": int(DIGITS)}, DIGITS + ".0", True),
        (NUMBER, DIGITS + ".0", True),
        (NUMBER, "1e2", True),
        (NUMBER, "-0.0", True),
        (NUMBER, DIGITS[:-1] + ".5", False),
        (NUMBER, "1E-130", False),
        (NUMBER, "true", False),
        ({"maximum": Decimal("0.1")}, "0.1", True),
        ({"maximum": Decimal("0.1")}, "0.10000000000000000000000000000000000001", False),
        ({"pattern": r"^\S+$"}, r'"a\u0085"', True),  # JavaScript's \s, not Python's
        ({"pattern": r"^\S+$"}, r'"a\ufeff"', False),
        ({"pattern": "^a$"}, r'"a\n"', False),
        ({"format": "date-time"}, '"2026-01-31T12:00:00Z"', True),
        ({"format": "date-time"}, '"2026-02-31T12:00:00Z"', False),
        (ERROR, '{"message": ""}', True),
        (ERROR, '{"message": 1}', False),
        ({"items": ERROR}, '[{"message": 1}]', False),
        ({"type": "object"}, "", False),
    ],
)
def test_the_body_must_match_the_schema(paths: dict[str, Any], schema: Any, text: str, is_right: bool) -> None:
    paths["/a"] = {"get": describe_body(schema)}

    assert (find("GET", text) == []) == is_right


@pytest.mark.parametrize(
    ("described", "headers", "problem"),
    [
        ({"X-Count": {"schema": NUMBER}}, {"x-count": "7"}, None),
        ({"X-Count": {"schema": NUMBER}}, {"X-Count": "seven"}, "the header x-count is seven"),
        ({"X-Count": {"schema": {"type": "string"}}}, {"X-Count": "7"}, None),
        ({"X-Count": {"required": True}}, {}, "the response lacks the header x-count"),
        ({"X-Count": {}}, {}, None),
        ({"etag": {"schema": {"pattern": '^"1"$'}}}, {"ETag": '"1"'}, None),
        ({}, {"ETag": '"1"'}, "openapi.yaml lacks the header etag"),
        ({}, {"Via": "1.1 a gateway"}, None),
    ],
)
def test_headers_must_match_theirs(
    paths: dict[str, Any], described: dict[str, Any], headers: dict[str, str], problem: str | None
) -> None:
    paths["/a"] = {"get": describe(headers=described)}

    assert find("GET", "", headers=headers) == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/a/{b}", "get /a/{b}"),
        ("GET", "/a/1", "get /a/{b}"),
        ("GET", "/a/1%2F2", "get /a/{b}"),
        ("GET", "/a/x?limit=1", "get /a/{b}"),
        ("GET", "/a/c", "get /a/c"),
        ("GET", "/a/c.d", "get /a/{b}"),
        ("PUT", "/a/c", "any /a/{b}"),
        ("HEAD", "/a/1", "any /a/{b}"),
        ("GET", "/files/{proxy+}", "get /files/{proxy}"),
        ("GET", "/a/1/2", None),
        ("GET", "/a", None),
    ],
)
def test_finds_the_operation_of_a_request(paths: dict[str, Any], method: str, path: str, operation: str | None) -> None:
    paths["/a/{b}"] = {"parameters": [], "get": "get /a/{b}", "x-amazon-apigateway-any-method": "any /a/{b}"}
    paths["/a/c"] = {"get": "get /a/c"}
    paths["/files/{proxy}"] = {"get": "get /files/{proxy}"}

    assert openapi.find_operation(method, path) == operation


def test_head_has_no_body_whatever_the_method_s_route_has(paths: dict[str, Any]) -> None:
    paths["/a"] = {"x-amazon-apigateway-any-method": describe_body({"type": "object"})}

    assert find("HEAD", "") == []
    assert find("GET", "") != []


def test_a_status_may_be_described_with_others(paths: dict[str, Any]) -> None:
    paths["/a"] = {"get": {"responses": {"200": {}, "4XX": {}, "default": {"content": {"text/html": {}}}}}}

    assert [find("GET", "", status) for status in (200, 404)] == [[], []]
    assert find("GET", "", 502) == ["the body is of type none, not text/html"]


def test_keys_and_dates_of_yaml_are_text(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openapi.yaml").write_text(
        "paths: {/a: {get: {responses: {200: {example: 2026-01-31, maximum: 0.1}}}}}"
    )
    monkeypatch.setattr(openapi, "FILE", tmp_path / "openapi.yaml")

    document = openapi.read_openapi.__wrapped__()

    response = {"200": {"example": "2026-01-31", "maximum": Decimal("0.1")}}
    assert document == {"paths": {"/a": {"get": {"responses": response}}}}
