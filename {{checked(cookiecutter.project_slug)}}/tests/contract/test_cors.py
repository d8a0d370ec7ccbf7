"""What a browser asks before a page of another origin may call the API, and what it wants to see in the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import project
import pytest
import requests
from api import HttpApi, fill

if TYPE_CHECKING:
    from typing import Any

    from project import Route

pytestmark = pytest.mark.over_http

PAGE = {"Origin": project.CORS_ORIGIN.replace("*", "https://page.example")}


@pytest.fixture(params=project.ROUTES, ids=str)
def route(request: pytest.FixtureRequest) -> Route:
    found: Route = request.param
    return found


@pytest.mark.smoke
def test_a_page_may_send_what_the_api_takes(api: HttpApi, route: Route) -> None:
    method = "DELETE" if route.method == "ANY" else route.method
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}

    answer = requests.options(api.url + fill(route.path, {}), headers={**PAGE, **asked}, timeout=60)

    assert answer.ok, answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == project.CORS_ORIGIN
    assert {"*", method} & read_list(answer, "Access-Control-Allow-Methods")
    assert {"authorization", "content-type"} <= read_list(answer, "Access-Control-Allow-Headers")


def test_a_page_may_read_errors(api: HttpApi, route: Route) -> None:
    method = "GET" if route.method == "ANY" else route.method

    answer = requests.request(method, api.url + fill(route.path, {}) + "?limit=0", headers=PAGE, timeout=60)

    assert answer.headers["Access-Control-Allow-Origin"] == project.CORS_ORIGIN


def test_a_page_may_read_what_it_has_created(api: HttpApi, create_route: Route, key: dict[str, Any]) -> None:
    answer = requests.post(api.url + fill(create_route.path, key), json=key, headers=PAGE, timeout=60)

    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == project.CORS_ORIGIN
    if project.HAS_REST_API:  # for an HTTP API, `sam local` leaves this one out
        assert {"location", "retry-after"} <= read_list(answer, "Access-Control-Expose-Headers")


def read_list(answer: requests.Response, header: str) -> set[str]:
    """Return what a header lists: methods as they stand, all else in lower case."""
    parts = [part.strip() for part in answer.headers[header].split(",")]
    return {part if part.isupper() else part.lower() for part in parts}
