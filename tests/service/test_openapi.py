"""openapi.yaml describes the API: `make test` compares each response with it, `make fuzz` sends random requests."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import jsonschema_rs
import psutil
import pytest
import requests
import yaml

from answer_sets import TYPED
from renders import TEMPLATE
from stacks import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from renders import Bake, Service
    from stacks import Stack

pytestmark = pytest.mark.slow

LANGUAGES = ["python", "rust"]
ROUTES = {"python": "src/service/routes.py", "rust": "src/routes.rs"}
SECONDS_TO_END = 30

CRUD = "GET /users, POST /users, GET /users/{user_id}, PUT /users/{user_id}, PATCH /users/{user_id}, DELETE /users/{user_id}"
CLOSED = {"attributes": "email, size:number, age:integer?, at:datetime", "indexes": "email, at"}
CORS = {"cors_origin": "*", "api_type": "http", "routes": f"{CRUD}, ANY /files/{{proxy+}}, OPTIONS /reports"}

# Texts that languages, libraries and patterns see in different ways: spaces, ends of lines, controls, no characters.
ODD_TEXTS = [
    *("\0", "\x07", "\t", "\n", "\v", "\f", "\r", "\x1c", "\x1f", "\x7f", "\x80", "\x85", "\xa0", "\u1680", "\u200b"),
    *("\u2028", "\u2029", "\u3000", "\ufeff", "\ud7ff", "\ue000", "\ufffe", "\U0001f980", "\U0010ffff", "１", "ß", "İ"),
]


class TestMakeFuzz:
    @pytest.mark.parametrize(
        ("language", "answers"),
        [
            pytest.param("python", {}, id="default"),
            pytest.param("python", {"cors_origin": "*", **TYPED}, id="typed"),
            pytest.param("python", {"partition_key": "id:N", **CLOSED}, id="no other attributes"),
            pytest.param("python", CORS, id="CORS"),
            pytest.param("python", {"routes": "ANY /{proxy+}"}, id="only ANY"),
            pytest.param("rust", {"api_type": "http", **TYPED}, id="rust, http"),
        ],
    )
    def test_finds_nothing_in_a_new_service(
        self, make_stack: Callable[..., Stack], language: str, answers: dict[str, str]
    ) -> None:
        stack = make_stack(language=language, **answers)

        output = stack.service.make("fuzz")

        selected, known, tested = re.findall(r"Selected: (\d+)/(\d+)\n  Tested: (\d+)", output)[0]
        assert "No issues found" in output
        assert selected == known == tested != "0"
        assert find_processes(stack.service) == []

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_finds_what_is_wrong_in_the_service_or_openapi_yaml(
        self, make_stack: Callable[..., Stack], language: str
    ) -> None:
        service = make_stack(language=language).service
        service.edit(ROUTES[language], "table.delete(", "table.read(")
        service.edit("openapi.yaml", '"409":', '"410":')
        service.edit("openapi.yaml", "maximum: 100\n", "maximum: 1000\n")

        result = service.run("make", "fuzz")

        assert result.returncode != 0
        assert set(re.findall(r"^- (ST\d+ .*)$", result.stdout, re.MULTILINE)) == {
            "ST103 Undocumented status code",
            "ST202 Schema-valid request rejected",
            "ST301 Deleted resource still available",
        }

    def test_sends_the_same_requests_for_the_same_seed(self, bake_with_tools: Bake) -> None:
        service = bake_with_tools(routes="GET /users, POST /users")
        toml = service.path / "schemathesis.toml"
        toml.write_text(f'{toml.read_text()}\n[reports.har]\nenabled = true\npath = "requests.har"\n')

        def send(*settings: str) -> list[Any]:
            service.make("fuzz", *settings)
            entries = json.loads(service.read("requests.har"))["log"]["entries"]
            sent = [entry["request"] for entry in entries]
            return [
                (request["method"], re.sub(r"//[^/]*", "", request["url"]), request.get("postData")) for request in sent
            ]

        first = send("SEED=1")

        assert send() == first
        assert send("SEED=6") != first

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
    def test_ends_at_a_signal_with_all_that_it_started(self, bake_with_tools: Bake, number: signal.Signals) -> None:
        service = bake_with_tools()
        log = service.path / "fuzz.log"

        with log.open("w") as output:
            process = subprocess.Popen(
                ["make", "fuzz"], cwd=service.path, stdout=output, stderr=output, start_new_session=True
            )
        wait_until(lambda: "Coverage" in log.read_text(), SECONDS_TO_END)
        os.killpg(process.pid, number)
        status = process.wait(SECONDS_TO_END)

        assert status != 0
        assert "Traceback" not in log.read_text()
        wait_until(lambda: find_processes(service) == [], SECONDS_TO_END)

    @pytest.mark.rust
    def test_reports_a_build_that_fails_in_a_line(self, make_stack: Callable[..., Stack]) -> None:
        service = make_stack(language="rust").service
        service.edit(ROUTES["rust"], "async fn ", "no Rust fn ")

        result = service.run("make", "fuzz")

        assert result.returncode != 0
        assert "The build failed" in result.stdout
        assert "Traceback" not in result.stdout


def find_processes(service: Service) -> list[str]:
    """Return the processes that run in the service's directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(service.path) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


class TestMakeTest:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_fails_with_make_and_says_where(self, make_stack: Callable[..., Stack], language: str) -> None:
        service = make_stack(language=language).service
        service.edit("openapi.yaml", '"404":', '"410":')

        result = service.run("make", "test")

        assert result.returncode != 0
        assert "AssertionError: GET /users/{user_id}, 404: openapi.yaml lacks the status 404" in result.stdout

    def test_compares_each_response_as_openapi_says(self, bake_with_tools: Bake) -> None:
        service = bake_with_tools()
        tests = service.path / "tests" / "unit" / "test_openapi.py"
        shutil.copy(TEMPLATE / "tests" / "support" / "openapi_tests.py", tests)

        service.check(".venv/bin/python", "-m", "pytest", str(tests))

    def test_waits_for_a_debugger(self, bake_with_tools: Bake) -> None:
        service = bake_with_tools(routes="GET /users")
        service.edit(ROUTES["python"], "    return ", "    breakpoint()\n    return ")
        log = service.path / "test.log"

        with log.open("w") as output:
            process = subprocess.Popen(
                [".venv/bin/python", "-m", "pytest", "tests/contract", "-m", "smoke"],
                cwd=service.path,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
            )
        wait_until(lambda: "-> breakpoint()" in log.read_text(), SECONDS_TO_END)
        time.sleep(31)  # people look at variables for longer than a client usually waits
        process.communicate("p request.resource\ncontinue\n", timeout=SECONDS_TO_END)

        assert process.returncode == 0, log.read_text()
        assert "'/users'" in log.read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_accepts_the_texts_that_openapi_yaml_allows(make_stack: Callable[..., Stack], language: str) -> None:
    """Whether it is a pattern, a length or a format: openapi.yaml and the code must agree on each character."""
    stack = make_stack(language=language, attributes="email?, state:new|paid?, at:datetime?, note?", indexes="email")
    openapi = yaml.safe_load(stack.service.read("openapi.yaml"))

    with stack.running("dev", "DOCKER=no"):
        statuses = [
            (case, requests.request(case.method, stack.url + case.path, json=case.body, timeout=60).status_code)
            for case in list_cases()
        ]

    assert {status for _, status in statuses} <= {200, 201, 400, 404, 409}
    assert [(case, status) for case, status in statuses if case.is_allowed(openapi) != (status != 400)] == []


class Case(NamedTuple):
    """A request with a text in a place that openapi.yaml describes."""

    method: str
    path: str
    body: dict[str, str] | None
    schema: str
    value: Any

    def is_allowed(self, openapi: Any) -> bool:
        schema = {**openapi, "$ref": f"#/components/{self.schema}"}
        return jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(self.value)


def list_cases() -> Iterator[Case]:
    key, item = "schemas/PartitionKey", "schemas/ItemReplacement"
    at, cursor = "2026-01-31T12:00:00Z", base64.urlsafe_b64encode(b'["/users",[]]').decode()
    for odd in ODD_TEXTS:
        for text in (odd, f"{odd}a", f"a{odd}", f"a{odd}a"):
            yield Case("POST", "/users", {"user_id": text}, key, text)
            yield Case("GET", f"/users/{quote(text, safe='')}", None, key, text)
            yield Case("GET", f"/users-by-email/{quote(text, safe='')}", None, key, text)
            for attribute in ("email", "note"):
                yield Case("PUT", "/users/1", {attribute: text}, item, {attribute: text})
        for state in (f"{odd}new", f"new{odd}"):
            yield Case("PUT", "/users/1", {"state": state}, item, {"state": state})
        for moment in (f"{odd}{at}", f"{at}{odd}", at.replace("T", odd), at.replace("31", f"3{odd}")):
            yield Case("PUT", "/users/1", {"at": moment}, item, {"at": moment})
        for text in (f"{odd}{cursor}", f"{cursor}{odd}"):
            yield Case("GET", f"/users?cursor={quote(text, safe='')}", None, "parameters/Cursor/schema", text)


@pytest.mark.parametrize("answers", [{}, TYPED, CLOSED, CORS], ids=["default", "typed", "closed", "CORS"])
def test_patterns_of_openapi_yaml_mean_the_same_to_every_reader(bake: Bake, answers: dict[str, str]) -> None:
    r"""`\s`, `\w`, `\d`, `.` and `[^…]` contain other characters in JavaScript, Python and Rust: U+0085 is in some."""
    patterns = re.findall(r"pattern: (.*)", bake(**answers).read("openapi.yaml"))

    assert patterns
    assert [
        pattern
        for pattern in patterns
        if re.search(r"\\[a-zA-Z]|(?<!\\)\.|\[\^", pattern) or not pattern.startswith("^")
    ] == []
