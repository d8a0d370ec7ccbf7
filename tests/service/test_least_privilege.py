"""Each role allows exactly the actions that its routes call. No emulator enforces roles."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from renders import TEMPLATE
from translation import Stack

if TYPE_CHECKING:
    from renders import Bake

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
    sent = [
        (key, [key.split()[0].replace("ANY", "GET"), path, body])
        for key, requests in REQUESTS.items()
        for path, body in requests
    ]

    program = str(TEMPLATE / "tests" / "support" / "record_actions.py")
    result = service.run(".venv/bin/python", program, json.dumps([each for _, each in sent]))

    assert result.returncode == 0, result.stdout
    recorded = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("[")]
    called: dict[str, set[str]] = defaultdict(set)
    for (key, _), (_, actions) in zip(sent, recorded, strict=True):
        called[key] |= set(actions)
    assert {status for status, _ in recorded} == STATUSES, recorded
    assert called == find_allowed_actions(Stack(service))


def find_allowed_actions(stack: Stack) -> dict[str, set[str]]:
    """Return the DynamoDB actions that the role of each route's function allows."""
    allowed: dict[str, set[str]] = {}
    for key, operation in stack.operations():
        if function := stack.function_of(operation):
            statements = stack.statements_of(function)
            actions = {action for statement in statements for action in statement["Action"]}
            allowed[key] = {action.partition(":")[2] for action in actions if action.startswith("dynamodb:")}
    return allowed
