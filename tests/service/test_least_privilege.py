"""Each role allows exactly the actions that its routes call. No emulator enforces roles."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from renders import TEMPLATE
from translation import Stack

if TYPE_CHECKING:
    from renders import Bake, Service

pytestmark = pytest.mark.slow

ITEM = '{"device": "a", "order": 1}'
# Per route, requests that succeed and that fail: a request's method and path are those of its route.
REQUESTS = {
    "GET /readings": [("/readings", ""), ("/readings?limit=1", ""), ("/readings?limit=0", "")],
    "POST /readings": [("/readings", ITEM), ("/readings", ITEM), ("/readings", "{}")],
    "GET /readings/{device}": [("/readings/a", ""), ("/readings/nobody", "")],
    "POST /readings/{device}": [("/readings/a", '{"order": 2}'), ("/readings/a", '{"order": 2}')],
    "GET /readings/{device}/{order}": [("/readings/a/1", ""), ("/readings/a/9", "")],
    "HEAD /readings/{device}/{order}": [("/readings/a/1", ""), ("/readings/a/9", "")],
    "PUT /readings/{device}/{order}": [("/readings/a/3", "{}"), ("/readings/a/3", '{"x": 1}')],
    "PATCH /readings/{device}/{order}": [("/readings/a/3", '{"y": 1, "x": null}'), ("/readings/a/9", '{"y": 1}')],
    "DELETE /readings/{device}/{order}": [("/readings/a/3", ""), ("/readings/a/9", "")],
    "ANY /files/{proxy+}": [("/files/a", "")],
}
TODO = '{"todo_id": "1", "state": "new", "made": "x"}'
REQUESTS_OF_OWNERS = {
    "GET /todos": [("/todos", ""), ("/todos?order=desc&from=1", ""), ("/todos?limit=0", "")],
    "POST /todos": [("/todos", TODO), ("/todos", TODO), ("/todos", '{"user_id": "bob"}')],
    "GET /todos/{todo_id}": [("/todos/1", ""), ("/todos/9", "")],
    "PUT /todos/{todo_id}": [("/todos/3", "{}"), ("/todos/3", '{"x": 1}')],
    "PATCH /todos/{todo_id}": [("/todos/3", '{"y": 1, "x": null}'), ("/todos/9", '{"y": 1}')],
    "DELETE /todos/{todo_id}": [("/todos/3", ""), ("/todos/9", "")],
    "GET /todos-by-state/{state}": [("/todos-by-state/new", ""), ("/todos-by-state/old", "")],
    "GET /todos-by-n": [("/todos-by-n?to=1", "")],
    "ANY /files/{proxy+}": [("/files/a", "")],
}
STATUSES = {200, 201, 204, 400, 404, 409, 501}


@pytest.mark.parametrize("attributes", ["", "made:created, no:revision, until:expiry?, ..."], ids=["any", "written"])
@pytest.mark.parametrize("language", ["python", "rust"])
def test_each_role_allows_exactly_the_actions_that_its_routes_call(
    bake_with_tools: Bake, request: pytest.FixtureRequest, language: str, attributes: str
) -> None:
    bake: Bake = bake_with_tools if language == "python" else request.getfixturevalue("bake_rust")
    service = bake(
        table_name="readings",
        partition_key="device",
        sort_key="order:N",
        attributes=attributes,
        functions="per-route",
        routes=", ".join(REQUESTS),
    )

    assert record_actions(service, REQUESTS) == find_allowed_actions(Stack(service))


@pytest.mark.parametrize("language", ["python", "rust"])
def test_no_role_scans_a_table_whose_items_have_owners(
    bake_with_tools: Bake, request: pytest.FixtureRequest, language: str
) -> None:
    bake: Bake = bake_with_tools if language == "python" else request.getfixturevalue("bake_rust")
    service = bake(
        table_name="todos",
        partition_key="user_id:owner",
        sort_key="todo_id",
        indexes="state, n:N",
        auth="jwt",
        api_type="http",
        functions="per-route",
        routes=", ".join(REQUESTS_OF_OWNERS),
    )

    called = record_actions(service, REQUESTS_OF_OWNERS)

    assert called == find_allowed_actions(Stack(service))
    assert "Scan" not in set().union(*called.values())


def record_actions(service: Service, requests: dict[str, list[tuple[str, str]]]) -> dict[str, set[str]]:
    """Return the actions that the requests to each route call. Together they have every status."""
    sent = [
        (key, [key.split()[0].replace("ANY", "GET"), path, body])
        for key, each in requests.items()
        for path, body in each
    ]

    program = str(TEMPLATE / "tests" / "support" / "record_actions.py")
    token = service.make("--silent", "token").strip() if "scripts/tokens.py" in service.files else ""
    result = service.run(".venv/bin/python", program, json.dumps([each for _, each in sent]), token)

    assert result.returncode == 0, result.stdout
    recorded = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("[")]
    called: dict[str, set[str]] = defaultdict(set)
    for (key, _), (_, actions) in zip(sent, recorded, strict=True):
        called[key] |= set(actions)
    assert {status for status, _ in recorded} == STATUSES, recorded
    return called


def find_allowed_actions(stack: Stack) -> dict[str, set[str]]:
    """Return the DynamoDB actions that the role of each route's function allows."""
    allowed: dict[str, set[str]] = {}
    for key, operation in stack.operations():
        if function := stack.function_of(operation):
            statements = stack.statements_of(function)
            actions = {action for statement in statements for action in statement["Action"]}
            allowed[key] = {action.partition(":")[2] for action in actions if action.startswith("dynamodb:")}
    return allowed
