"""What a handler gets of a request, and what the client gets of its response."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks import Stack

FILES = {"python": "src/service/routes.py", "rust": "src/routes.rs"}
FIRST_LINES = {
    "python": '    """GET /users: list the items, a page at a time."""\n',
    "rust": "async fn get_users(table: &Table, request: &Request) -> Outcome {\n",
}
STATEMENTS = {
    "python": '    return Response(200, request.headers["x-test"], {"content-type": "text/html"})\n',
    "rust": '    return Ok(Response::new(200, &request.headers["x-test"]).with_header("content-type", "text/html"));\n',
}


@pytest.mark.slow
@pytest.mark.parametrize(("language", "api_type"), [("python", "rest"), ("python", "http"), ("rust", "rest")])
def test_reads_headers_and_sets_the_content_type_once(
    make_stack: Callable[..., Stack], language: str, api_type: str
) -> None:
    stack = make_stack(language=language, api_type=api_type)
    file = stack.service.path / FILES[language]
    text = file.read_text(encoding="utf-8")
    assert FIRST_LINES[language] in text
    new = text.replace(FIRST_LINES[language], FIRST_LINES[language] + STATEMENTS[language])
    file.write_text(new, encoding="utf-8")

    with stack.running("dev", "DOCKER=no"):
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        connection.request("GET", "/users", headers={"X-Test": "<p>"})
        response = connection.getresponse()
        body = response.read()

    types = [value for name, value in response.getheaders() if name.lower() == "content-type"]
    assert (response.status, body, types) == (200, b"<p>", ["text/html"])
