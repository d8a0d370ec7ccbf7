"""The page at /_docs of `make dev DOCKER=no`, in a real browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect, sync_playwright

from renders import TEMPLATE, find_browser, find_free_port
from stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator

    from renders import Bake

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ITEM = {"user_id": "001", "name": "Ada", "email": "ada@example.com"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Without its sandbox, which needs rights that root in a container lacks: it opens the tests' own pages only.
        yield playwright.chromium.launch(executable_path=find_browser(), chromium_sandbox=False)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1000, "height": 1100})
    yield page
    page.close()


def start(bake_with_tools: Bake, **answers: str) -> Stack:
    return Stack(bake_with_tools(**answers), find_free_port(), find_free_port())


def send(page: Page, operation: str, body: str = "") -> Locator:
    """Open an operation, press its buttons, and return its row of the response."""
    block = page.locator(f"#operations-{operation}")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    if body:
        block.locator("textarea").fill(body)
    block.get_by_role("button", name="Execute").click()
    return block.locator("tr.response").first


@pytest.mark.parametrize(
    "answers",
    [{}, {"api_type": "http", "auth": "none", "cors_origin": "https://app.example.com"}],
    ids=["rest", "http"],
)
def test_sends_requests_and_shows_the_responses(bake_with_tools: Bake, page: Page, answers: dict[str, str]) -> None:
    stack = start(bake_with_tools, **answers)
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))

    with stack.running("dev", "DOCKER=no"):
        assert f"Try it in a browser: {stack.url}/_docs\n" in stack.service.read("dev.log")
        page.goto(f"{stack.url}/_docs")
        created = send(page, "users-post_users", json.dumps(ITEM, indent=2))
        expect(created.locator(".response-col_status")).to_contain_text("201")
        expect(created.locator(".microlight").first).to_contain_text('"name": "Ada"')
        listed = send(page, "users-get_users")
        expect(listed.locator(".response-col_status")).to_contain_text("200")
        expect(listed.locator(".microlight").first).to_contain_text('"user_id": "001"')
        stored = requests.get(f"{stack.url}/users", timeout=60).json()["items"]

    assert stored == [ITEM]
    assert hosts - {""} == {f"127.0.0.1:{stack.port}"}  # the page loads nothing from elsewhere


def test_sends_the_token_that_is_typed_at_the_authorize_button(bake_with_tools: Bake, page: Page) -> None:
    stack = start(bake_with_tools, table_name="todos", partition_key="user_id:owner", auth="jwt", api_type="http")
    token = stack.service.make("token", "SUB=alice").splitlines()[-1]

    with stack.running("dev", "DOCKER=no"):
        page.goto(f"{stack.url}/_docs")
        refused = send(page, "todos-put_todos", '{"user_id": "alice", "text": "Read"}')
        expect(refused.locator(".response-col_status")).to_contain_text("401")
        page.locator(".auth-wrapper").get_by_role("button", name="Authorize").click()
        dialog = page.locator(".modal-ux")
        dialog.get_by_role("textbox").fill(token)
        dialog.get_by_role("button", name="Apply credentials").click()
        dialog.get_by_role("button", name="Close").last.click()
        page.locator("#operations-todos-put_todos").get_by_role("button", name="Execute").click()
        expect(refused.locator(".response-col_status")).to_contain_text("201")
        expect(refused.locator(".microlight").first).to_contain_text('"user_id": "alice"')


def test_is_the_page_of_openapi_yaml_as_it_is_now(bake_with_tools: Bake, page: Page) -> None:
    stack = start(bake_with_tools)
    openapi = stack.service.path / "openapi.yaml"

    with stack.running("dev", "DOCKER=no"):
        openapi.write_text(openapi.read_text().replace("Users API", "People API"))
        page.goto(f"{stack.url}/_docs")
        expect(page.locator("h1")).to_contain_text("People API")
        openapi.write_text("openapi: [")
        response = requests.get(f"{stack.url}/_docs", timeout=60)

    assert response.status_code == 500
    assert response.json()["message"].startswith("openapi.yaml is invalid; `make lint` says more: ParserError(")
    assert "Traceback" not in stack.service.read("dev.log")


def test_the_file_has_no_button(bake_with_tools: Bake, page: Page) -> None:
    service = bake_with_tools()
    service.make("docs")

    page.goto((service.path / "build" / "api.html").as_uri())
    page.locator("#operations-users-post_users .opblock-summary-control").click()

    expect(page.get_by_text("Request body")).to_be_visible()
    expect(page.get_by_role("button", name="Try it out")).to_have_count(0)


def test_is_drawn_for_the_documents(bake_with_tools: Bake, page: Page) -> None:
    """docs/page-to-try.png is a copy of the picture that this test puts into build/. It shows the default port, as the README does."""
    stack = start(bake_with_tools, table_name="orders", partition_key="order_id")
    url = "http://127.0.0.1:3000"
    page.route(f"{url}/**", lambda route: route.continue_(url=route.request.url.replace(url, stack.url)))

    with stack.running("dev", "DOCKER=no"):
        page.goto(f"{url}/_docs")
        created = send(page, "orders-post_orders", '{"order_id": "001", "total": 1980}')
        body = created.locator(".microlight").first
        expect(body).to_contain_text('"total": 1980')
        box = body.bounding_box()
        assert box is not None
        picture = TEMPLATE / "build" / "page-to-try.png"
        height = box["y"] + box["height"] + 10
        page.screenshot(path=picture, full_page=True, clip={"x": 0, "y": 0, "width": 1000, "height": height})
