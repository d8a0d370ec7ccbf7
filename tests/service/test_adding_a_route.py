"""docs/adding-a-route.md of a rendered service, followed exactly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from steps import follow, read_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from renders import Bake
    from stacks import Stack

PAGE = "docs/adding-a-route.md"

QUICK_CHECKS = (
    ".venv/bin/ruff check .",
    ".venv/bin/ruff format --check .",
    ".venv/bin/cfn-lint template.yaml",
    ".venv/bin/openapi-spec-validator openapi.yaml",
)

ROUTES = {
    "default": "GET /users, POST /users, GET /users/{user_id}, DELETE /users/{user_id}",
    "no delete": "GET /{user_id}, PUT /{user_id}",
    "all else": "ANY /{proxy+}",
    "the page's own": "GET /health, POST /x get_health2, GET /health3",
}


def matrix() -> Iterator[Any]:
    for api_type, functions in (("rest", "per-route"), ("http", "single")):
        answers = {"api_type": api_type, "functions": functions}
        yield pytest.param({**answers, "routes": ROUTES["default"]}, id=f"{api_type}, {functions}")
    yield pytest.param({"api_type": "http", "auth": "jwt"}, id="tokens")
    for name in ("no delete", "all else", "the page's own"):
        yield pytest.param({"routes": ROUTES[name]}, id=name)


@pytest.mark.slow
@pytest.mark.parametrize("answers", list(matrix()))
def test_adds_a_route_that_passes_the_service_s_checks_and_tests(
    bake_with_tools: Bake, answers: dict[str, str]
) -> None:
    service = bake_with_tools(**answers)

    follow(read_steps(service.read(PAGE)), service.path)

    for command in QUICK_CHECKS:
        service.check(*command.split())
    tests = [str(path) for path in (service.path / "tests" / "contract").glob("test_get_health*.py")]
    service.check(".venv/bin/python", "-m", "pytest", "tests/unit/test_routes.py", *tests)
    assert len(tests) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("language", "api_type"), [("python", "rest"), ("rust", "http")])
def test_adds_a_route_to_the_default_service_which_passes_everything(
    make_stack: Callable[..., Stack], language: str, api_type: str
) -> None:
    service = make_stack(language=language, api_type=api_type).service

    follow(read_steps(service.read(PAGE)), service.path)

    service.make("lint")
    output = service.make("test")
    assert re.search(r"contract/test_get_health\.py \.", output)


@pytest.mark.slow
@pytest.mark.parametrize(("language", "file"), [("python", "openapi.yaml"), ("rust", "src/routes.rs")])
def test_names_the_files_that_lack_a_route(bake_with_tools: Bake, language: str, file: str) -> None:
    service = bake_with_tools(language=language)
    routes = "src/routes.rs" if language == "rust" else "src/service/routes.py"

    follow([step for step in read_steps(service.read(PAGE)) if step.file == file], service.path)
    result = service.run(".venv/bin/python", "-m", "pytest", "tests/unit/test_routes.py")

    assert result.returncode != 0
    named = re.findall(r"([\w./]+) lacks GET /health", result.stdout)
    assert set(named) == {routes, "template.yaml", "openapi.yaml"} - {file}


def test_adds_a_route_that_the_service_does_not_have(bake: Bake) -> None:
    service = bake(routes=ROUTES["the page's own"])

    assert "This page adds `GET /health4`" in service.read(PAGE)
