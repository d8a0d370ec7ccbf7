"""The API without Docker, `make dev DOCKER=no`: what API Gateway and Lambda do, and that no request hangs."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests

from stacks import Stack, is_listening

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from renders import Service

pytestmark = pytest.mark.slow

LANGUAGES = ["python", "rust"]
SECONDS_TO_ANSWER = 60
ROUTES = {"python": "src/service/routes.py", "rust": "src/routes.rs"}
LIST_HANDLER = {
    "python": "    page = table.scan(pages.read_limit(request), pages.read_cursor(request))\n",
    "rust": "async fn get_users(table: &Table, request: &Request) -> Outcome {\n",
}
STATEMENTS = {
    "crash": {"rust": "    std::process::exit(3);\n"},
    "sleep": {"rust": "    std::thread::sleep(std::time::Duration::from_secs(600));\n"},
    "answer": {
        "python": "    return Response(200, '[]')\n",
        "rust": '    return Ok(Response::new(200, "[]"));\n',
    },
}


@contextlib.contextmanager
def running(stack: Stack, **environment: str) -> Iterator[subprocess.Popen[str]]:
    with stack.running("dev", "DOCKER=no", **environment) as process:
        yield process


def get(stack: Stack, path: str = "/users", **options: Any) -> requests.Response:
    return requests.get(stack.url + path, timeout=SECONDS_TO_ANSWER, **options)


def insert_first(service: Service, language: str, statement: str) -> None:
    """Make a statement the first one of the handler that lists the items."""
    line, first = LIST_HANDLER[language], STATEMENTS[statement][language]
    service.edit(ROUTES[language], line, first + line if language == "python" else line + first)


def set_timeout(service: Service, seconds: int) -> None:
    text = service.read("template.yaml")
    (service.path / "template.yaml").write_text(re.sub(r"Timeout: \d+", f"Timeout: {seconds}", text))


class TestNoRequestHangs:
    """Each request is answered, whatever happened to the function."""

    def test_after_a_crash_in_rust(self, make_stack: Callable[..., Stack]) -> None:
        """For Python, see test_as_in_aws.py; the same below."""
        stack = make_stack(language="rust", api_type="http")
        insert_first(stack.service, "rust", "crash")

        with running(stack):
            crashed = [get(stack).status_code for _ in range(2)]
            other = get(stack, "/users/nobody").status_code
            stack.service.edit(ROUTES["rust"], STATEMENTS["crash"]["rust"], "")
            fixed = get(stack)

        assert crashed == [500, 500]
        assert other == 404
        assert (fixed.status_code, fixed.json()) == (200, {"items": [], "next_cursor": None})

    def test_over_the_timeout_in_rust(self, make_stack: Callable[..., Stack]) -> None:
        stack = make_stack(language="rust", api_type="rest")
        insert_first(stack.service, "rust", "sleep")
        set_timeout(stack.service, 2)

        with running(stack):
            get(stack, "/users/nobody")
            started = time.monotonic()
            late = get(stack)
            seconds = time.monotonic() - started
            other = get(stack, "/users/nobody").status_code
            stack.service.edit(ROUTES["rust"], STATEMENTS["sleep"]["rust"], "")
            fixed = get(stack).status_code

        assert (late.status_code, other, fixed) == (502, 404, 200)
        assert 2 <= seconds < 2 + SECONDS_TO_ANSWER / 4
        assert "did not respond within 2 s" in (stack.service.path / "dev.log").read_text()

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_after_an_edit(self, make_stack: Callable[..., Stack], language: str) -> None:
        stack = make_stack(language=language)
        routes = stack.service.path / ROUTES[language]
        text = routes.read_text()

        with running(stack):
            before = get(stack).json()
            insert_first(stack.service, language, "answer")
            started = time.monotonic()
            after = get(stack).text
            seconds = time.monotonic() - started
            if language == "rust":
                routes.write_text(text + "no Rust\n")
                assert get(stack).text == after
            routes.write_text(text)
            again = get(stack).json()

        assert before == again == {"items": [], "next_cursor": None}
        assert after == "[]"
        assert language == "rust" or seconds < 5
        line = "The build failed. The API still runs the last one that worked."
        assert (line in (stack.service.path / "dev.log").read_text()) == (language == "rust")

    def test_after_an_import_error_and_its_fix(self, make_stack: Callable[..., Stack]) -> None:
        stack = make_stack()
        routes = stack.service.path / ROUTES["python"]
        text = routes.read_text()

        with running(stack):
            routes.write_text(text + "import nothing_of_this_name\n")
            broken = [get(stack).status_code for _ in range(2)]
            routes.write_text(text)
            fixed = get(stack).status_code
            routes.write_text(text + "raise SystemExit(1)\n")
            exited = get(stack).status_code
            routes.write_text(text)
            fixed_again = get(stack).status_code

        assert (broken, fixed, exited, fixed_again) == ([502, 502], 200, 502, 200)
        assert "nothing_of_this_name" in (stack.service.path / "dev.log").read_text()

    def test_after_an_edit_of_the_template(self, make_stack: Callable[..., Stack]) -> None:
        stack = make_stack(routes="GET /users")
        template, routes = stack.service.path / "template.yaml", stack.service.path / ROUTES["python"]
        text = template.read_text()

        with running(stack):
            template.write_text(text.replace("Resources:", "Resources: ["))
            invalid = get(stack).status_code
            template.write_text(text.replace("Path: /users", "Path: /people"))
            routes.write_text(routes.read_text().replace('"GET /users":', '"GET /people":'))
            statuses = [get(stack, path).status_code for path in ("/users", "/people")]

        assert (invalid, statuses) == (200, [403, 200])
        assert "template.yaml is invalid" in (stack.service.path / "dev.log").read_text()


def send(stack: Stack, request: bytes) -> tuple[int, bytes]:
    """Send a request as it is, and return the status and the body."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=SECONDS_TO_ANSWER) as connection:
        connection.sendall(request)
        response = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def ask(stack: Stack, method: str, path: str) -> int:
    return send(stack, f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())[0]


# The status of each request to a REST API and to an HTTP API.
STATUSES = {
    "GET /users": (200, 200),
    "GET /users/": (200, 404),  # in a REST API, a slash at the end does not count
    "GET //users": (403, 404),
    "GET /users//": (403, 404),
    "GET /users/nobody": (404, 404),
    "GET /users/me": (403, 404),  # a REST API finds the path of POST /users/me; an HTTP API an item that is missing
    "HEAD /users": (403, 404),
    "DELETE /files/a/b": (501, 501),
    "GET /files": (403, 404),
    "GET /nothing": (403, 404),
}


class TestGateway:
    """What API Gateway answers, with and without the function."""

    @pytest.mark.parametrize(("api_type", "column"), [("rest", 0), ("http", 1)])
    def test_finds_the_route_of_a_path(self, make_stack: Callable[..., Stack], api_type: str, column: int) -> None:
        routes = "GET /users, GET /users/{user_id}, POST /users/me, ANY /files/{proxy+}"
        stack = make_stack(routes=routes, api_type=api_type)

        with running(stack):
            statuses = {request: ask(stack, *request.split()) for request in STATUSES}
            refused = get(stack, "/nothing").json()

        assert statuses == {request: expected[column] for request, expected in STATUSES.items()}
        assert refused == {"message": ["Missing Authentication Token", "Not Found"][column]}

    @pytest.mark.parametrize("api_type", ["rest", "http"])
    def test_reads_bodies(self, make_stack: Callable[..., Stack], api_type: str) -> None:
        stack = make_stack(api_type=api_type)
        chunked = (
            b"POST /users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            b'9\r\n{"user_id\r\n6\r\n":"1"}\r\n0\r\n\r\n'
        )

        with running(stack):
            created = send(stack, chunked)
            not_utf_8 = requests.post(f"{stack.url}/users", data=b'{"user_id": "\xff"}', timeout=SECONDS_TO_ANSWER)
            too_large = requests.post(f"{stack.url}/users", data=b"x" * 6_500_000, timeout=SECONDS_TO_ANSWER)

        assert created == (201, b'{"user_id":"1"}')
        # A REST API passes text on, an HTTP API base64.
        assert not_utf_8.status_code == (201 if api_type == "rest" else 400)
        assert too_large.status_code == 413

    @pytest.mark.parametrize("api_type", ["rest", "http"])
    def test_answers_preflights_as_the_template_declares(self, make_stack: Callable[..., Stack], api_type: str) -> None:
        stack = make_stack(
            api_type=api_type, cors_origin="https://app.example.com", routes="GET /users, POST /users, ANY /x/{proxy+}"
        )
        page = {
            "Origin": "https://app.example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        }

        with running(stack):
            preflights = [
                requests.options(stack.url + path, headers=page, timeout=SECONDS_TO_ANSWER)
                for path in ("/users", "/x/y")
            ]
            responses = [get(stack, path, headers=page) for path in ("/users", "/users?limit=0", "/x/y", "/nothing")]

        assert {response.status_code for response in preflights} == {200 if api_type == "rest" else 204}
        assert all(
            "POST" in response.headers["Access-Control-Allow-Methods"] or api_type == "http" for response in preflights
        )
        assert [response.status_code for response in responses] == [200, 400, 501, 403 if api_type == "rest" else 404]
        assert {response.headers["Access-Control-Allow-Origin"] for response in [*preflights, *responses]} == {
            "https://app.example.com"
        }


class TestStartAndStop:
    @pytest.mark.parametrize(
        "end",
        [
            pytest.param(lambda process: os.killpg(process.pid, signal.SIGINT), id="Ctrl-C"),
            pytest.param(lambda process: process.terminate(), id="SIGTERM"),
        ],
    )
    def test_prints_its_address_and_stops_everything_that_it_started(
        self, make_stack: Callable[..., Stack], end: Callable[[subprocess.Popen[str]], None]
    ) -> None:
        stack = make_stack()

        with running(stack) as process:
            get(stack)
            started = psutil.Process(process.pid).children(recursive=True)
            end(process)
            process.wait(30)

        _, alive = psutil.wait_procs(started, timeout=10)
        assert len(started) >= 3  # the local API, moto and the function
        assert alive == []
        assert not is_listening(stack.port)
        assert not is_listening(stack.localstack_port)
        log = (stack.service.path / "dev.log").read_text()
        assert f"The API responds at {stack.url}. Its items are lost when it stops" in log
        assert "Traceback" not in log

    @pytest.mark.parametrize(
        ("setting", "line"),
        [
            ("PORT={taken}", "Port {taken} is taken"),
            ("LOCALSTACK_PORT={taken}", "Port {taken} is taken"),
            ("PORT=0", "0 is not a valid port; use 1 to 65535"),
        ],
    )
    def test_refuses_a_port_in_one_line(self, make_stack: Callable[..., Stack], setting: str, line: str) -> None:
        stack = make_stack()
        with socket.create_server(("127.0.0.1", 0)) as server:
            taken = server.getsockname()[1]

            result = stack.service.run("make", "dev", "DOCKER=no", *stack.settings, setting.format(taken=taken))

        lines = [text for text in result.stdout.splitlines() if not text.startswith("make")]
        assert result.returncode != 0
        assert len(lines) == 1
        assert line.format(taken=taken) in lines[0]
