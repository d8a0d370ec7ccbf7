"""openapi.yaml as data: what its operations and schemas contain, and how it is written."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from local_extensions import openapi
from local_extensions.answers import make_default_routes, make_service
from local_extensions.yaml_style import Line, format_yaml
from renders import ANSWERS

ATTRIBUTES = "email, age:integer?, state:new|paid?, at:datetime"


def describe(**answers: str) -> Any:
    """Return what follows the head of openapi.yaml."""
    answers = {**ANSWERS, **answers}
    service = make_service({**answers, "routes": answers.get("routes") or make_default_routes(answers)})
    return yaml.safe_load(openapi.format_sections(service))


def test_items_in_responses_have_the_declared_types_and_require_only_the_key() -> None:
    schemas = describe(attributes=ATTRIBUTES, indexes="email, at")["components"]["schemas"]

    item, new = schemas["Item"], schemas["NewItem"]
    assert item["properties"] == new["properties"]
    assert item["properties"]["age"] == {"type": "integer"}
    assert (item["required"], new["required"]) == (["user_id"], ["user_id", "email", "at"])
    assert (item["additionalProperties"], new["additionalProperties"]) == (True, False)


def test_changes_remove_with_null_what_is_not_required() -> None:
    changes = describe(attributes=ATTRIBUTES, indexes="email")["components"]["schemas"]["ItemChanges"]

    assert changes["properties"] == {
        "email": {"type": "string", "minLength": 1, "maxLength": 2048},
        "age": {"type": ["integer", "null"]},
        "state": {"type": ["string", "null"], "enum": ["new", "paid", None]},
        "at": {"type": "string", "format": "date-time"},
    }
    assert "required" not in changes


def test_an_owner_is_in_responses_and_in_no_request() -> None:
    answers = {"partition_key": "user_id:owner", "auth": "jwt", "api_type": "http", "attributes": "text, n:number?"}
    document = describe(**answers, sort_key="id:uuid", indexes="text, n", table_name="todos")

    schemas = document["components"]["schemas"]
    assert {name for name, schema in schemas.items() if "user_id" in schema.get("properties", {})} == {"Item"}
    assert schemas["Item"]["required"] == ["user_id", "id"]
    assert schemas["NewItem"]["required"] == ["text"]
    paths = document["paths"]
    assert {path: [each["name"] for each in item.get("parameters", [])] for path, item in paths.items()} == {
        "/todos": [],
        "/todos/{id}": ["id"],
        "/todos-by-text/{text}": ["text"],
        "/todos-by-n": [],
    }
    bounds = {path: [each.get("name") for each in item["get"].get("parameters", [])] for path, item in paths.items()}
    assert {path for path, names in bounds.items() if "from" in names} == {"/todos", "/todos-by-n"}
    assert all("403" in operation["responses"] for operation in list_operations(document))
    links = document["components"]["responses"]["Created"]["links"]
    assert {str(link["parameters"]) for link in links.values()} == {"{'id': '$response.body#/id'}"}


def test_operations_are_grouped_by_the_first_fixed_segment_of_their_paths() -> None:
    document = describe(
        table_name="users", routes="GET /, GET /{user_id}, GET /v1/a/{user_id}, POST /v1, ANY /{user_id}/x"
    )

    tags = {operation["operationId"]: operation["tags"] for operation in list_operations(document)}
    assert tags == {
        "get_root": ["users"],
        "get_by_user_id": ["users"],
        "get_v1_a_by_user_id": ["v1"],
        "post_v1": ["v1"],
        "any_by_user_id_x": ["x"],
    }
    assert document["tags"] == [{"name": "users"}, {"name": "v1"}, {"name": "x"}]


def test_a_head_response_has_headers_and_no_body() -> None:
    document = describe(routes="HEAD /users/{user_id}")

    (operation,) = list_operations(document)
    assert {status for status, response in operation["responses"].items() if "content" in response} == set()
    assert list(operation["responses"]["503"]["headers"]) == ["Retry-After"]
    assert operation["responses"]["400"] == {"description": "The request is invalid"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("users", "users"),
        ("#/a", '"#/a"'),
        ("1e3", '"1e3"'),
        ("0o17", '"0o17"'),
        ("y", '"y"'),
        ("null", '"null"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("it's", "it's"),
        (["a", None, 1], "[a, null, 1]"),
        ([{"a": 1}], "\n  - a: 1"),
        (Line(a=1, b={"c": "d"}), "{a: 1, b: {c: d}}"),
        ({"a": {"b": []}}, "\n  a:\n    b: []"),
        ("a " * 200 + "a", "a " * 200 + "a"),
        ({"a" * 200: 1}, f"\n  {'a' * 200}: 1"),
    ],
)
def test_writes_values_as_people_do(value: Any, text: str) -> None:
    written = format_yaml({"x": value})

    assert written == f"x:{'' if text.startswith(chr(10)) else ' '}{text}"
    assert yaml.safe_load(written) == {"x": value}


def list_operations(document: Any) -> list[Any]:
    return [
        operation for path in document["paths"].values() for method, operation in path.items() if method != "parameters"
    ]
