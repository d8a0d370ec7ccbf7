"""Clients that are generated from a service's openapi.yaml: complete, typed, and able to call the API."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml

from renders import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from renders import Bake, Service
    from stacks import Stack

pytestmark = [pytest.mark.node, pytest.mark.slow]

REDOCLY = "npx --yes @redocly/cli@2.77.0 lint openapi.yaml --extends recommended --format json"

SERVICES: dict[str, dict[str, str]] = {
    "attributes, indexes": {
        "attributes": "email, n:number?, b:boolean?, state:new|paid?, at:datetime?, tags:list?, more:map?",
        "indexes": "email, state/n",
    },
    "what the service writes": {
        "sort_key": "note_id:uuid",
        "attributes": "n:number?, state:new|paid?, made:created, seen:updated, no:revision, until:expiry?",
        "indexes": "state/made, no",
    },
    "number and text keys, http, per-route, anyone, any origin": {
        "partition_key": "class:N",
        "sort_key": "order",
        "api_type": "http",
        "functions": "per-route",
        "auth": "none",
        "cors_origin": "*",
    },
    "tokens": {"api_type": "http", "auth": "jwt"},
    "owners": {
        "partition_key": "user_id:owner",
        "sort_key": "todo_id:uuid",
        "attributes": "n:number?, state:new|paid?, made:created",
        "indexes": "state, made",
        "api_type": "http",
        "auth": "jwt",
    },
    "one of each, stubs": {
        "sort_key": "at:N",
        "routes": "GET /, HEAD /, POST /, GET /{user_id}, POST /{user_id}, HEAD /{user_id}/{at}, GET /{user_id}/{at}, "
        "PUT /{user_id}/{at}, PATCH /{user_id}/{at}, DELETE /{user_id}/{at}, ANY /x/{y}, GET /files/{proxy+}, OPTIONS /",
    },
}


def find_problems(service: Service) -> list[str]:
    """Return what is wrong with the clients that the README's commands generate, a line a problem."""
    python, typescript = re.findall(r"^(?:uvx|npx) .*$", service.read("README.md"), re.MULTILINE)
    operations = read_operations(service)
    problems = []

    report = run(service, python)
    modules = {path.stem for path in service.path.glob("build/client/*/api/*/[a-z]*.py")}
    problems += [f"Python: {line}" for line in report.splitlines() if re.search("warning|unable", line, re.IGNORECASE)]
    problems += [f"Python lacks {name}" for name in operations if name not in modules]

    report = run(service, typescript)
    types = service.read("build/client.d.ts")
    problems += [f"TypeScript: {line}" for line in report.splitlines() if not re.match("✨|🚀|$", line)]
    problems += [f"TypeScript lacks {name}" for name in operations if f"\n    {name}: {{\n" not in types]
    problems += [f"TypeScript has {line.strip()}" for line in types.splitlines() if re.search(r"\| unknown", line)]

    found = json.loads(run(service, f"{REDOCLY} 2>/dev/null || true"))["problems"]
    return problems + [f"Redocly: {problem['ruleId']}" for problem in found if problem["severity"] == "error"]


def run(service: Service, command: str) -> str:
    result = service.run("bash", "-c", command)
    assert result.returncode == 0, result.stdout
    return result.stdout


def read_operations(service: Service) -> set[str]:
    """Return the operations of openapi.yaml, except those for ANY method, which OpenAPI does not have."""
    paths = yaml.safe_load(service.read("openapi.yaml"))["paths"].values()
    methods = [(method, each) for path in paths for method, each in path.items() if method != "parameters"]
    return {operation["operationId"] for method, operation in methods if not method.startswith("x-")}


@pytest.mark.parametrize("answers", [{}, {"api_type": "http", "auth": "jwt"}], ids=["default", "tokens"])
def test_the_readme_s_commands_generate_a_client_that_uses_the_api(
    make_stack: Callable[..., Stack], answers: dict[str, str]
) -> None:
    stack = make_stack(project_slug="users-api", **answers)

    assert find_problems(stack.service) == []
    with stack.running("dev", "DOCKER=no"):
        token = "$(make --silent token)" if answers else "unused"
        script = TEMPLATE / "tests" / "support" / "use_client.py"
        run(stack.service, f"uv run --no-project --with ./build/client {script} {stack.url} {token}")

    assert "\n    user_id: str\n" in stack.service.read("build/client/users_api_client/models/item.py")
    assert "        PartitionKey: string;\n" in stack.service.read("build/client.d.ts")


@pytest.mark.parametrize("answers", SERVICES.values(), ids=SERVICES)
def test_generators_find_every_operation(bake: Bake, answers: dict[str, str]) -> None:
    service = bake(**answers)

    assert find_problems(service) == []
    if "attributes" in answers:
        (item,) = service.path.glob("build/client/*/models/item.py")
        assert "\n    n: float | Unset = UNSET\n" in item.read_text(encoding="utf-8")
        assert "\n            n?: number;\n" in service.read("build/client.d.ts")
    if answers.get("partition_key") == "class:N":
        assert "        PartitionKey: number;\n" in service.read("build/client.d.ts")
        (item,) = service.path.glob("build/client/*/models/item.py")
        assert "\n    class_: float\n" in item.read_text(encoding="utf-8")
