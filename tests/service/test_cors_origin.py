"""`make dev CORS_ORIGIN=…`: a page on this machine may call the local API, and the origin of the answer may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from renders import Bake
    from stacks import Stack

ANSWER = "https://app.example.com"
PAGE = "http://localhost:5173"
ROUTES = "GET /users, POST /users"


def read_origins(stack: Stack) -> set[str | None]:
    """Return the origins that responses allow: of the API, of the gateway, and to a preflight."""
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    responses = [
        requests.get(f"{stack.url}/users", headers=headers, timeout=120),
        requests.options(f"{stack.url}/users", headers=headers, timeout=120),
    ]
    return {response.headers.get("Access-Control-Allow-Origin") for response in responses}


@pytest.mark.slow
@pytest.mark.parametrize("api_type", ["rest", "http"])
def test_is_set_without_docker(make_stack: Callable[..., Stack], api_type: str) -> None:
    stack = make_stack(api_type=api_type, cors_origin=ANSWER, routes=ROUTES)

    with stack.running("dev", "DOCKER=no", f"CORS_ORIGIN={PAGE}"):
        with_setting = read_origins(stack)
        stack.service.edit("template.yaml", "Timeout: 15", "Timeout: 14")
        after_an_edit = read_origins(stack)
    with stack.running("dev", "DOCKER=no", CORS_ORIGIN=PAGE):  # in the shell: meant for another program
        without = read_origins(stack)

    assert with_setting == after_an_edit == {PAGE}
    assert without == {ANSWER}


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("api_type", ["rest", "http"])
def test_is_set_with_docker(make_stack: Callable[..., Stack], api_type: str) -> None:
    stack = make_stack(api_type=api_type, cors_origin=ANSWER, routes=ROUTES)

    with stack.running("dev", f"CORS_ORIGIN={PAGE}"):
        with_setting = read_origins(stack)
    with stack.running("start", CORS_ORIGIN=PAGE):
        without = read_origins(stack)

    assert with_setting == {PAGE}
    assert PAGE not in without  # `sam local` sends nothing for another origin of an HTTP API


def test_exists_only_in_services_with_an_origin(bake: Bake) -> None:
    files = ("Makefile", "README.md", "scripts/local_api.py", "scripts/serve_with_sam.py")
    without, with_origin = bake(), bake(project_slug="other-api", cors_origin=ANSWER)

    assert [file for file in files if "CORS_ORIGIN" in without.read(file)] == []
    assert [file for file in files if "CORS_ORIGIN" in with_origin.read(file)] == list(files)
