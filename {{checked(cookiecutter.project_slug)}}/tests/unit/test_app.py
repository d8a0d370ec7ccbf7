"""What the handler makes of events, and of everything that can go wrong."""

from __future__ import annotations

import base64
import json
import signal
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import project
import pytest
{%- if service.preflights %}
from api import fill
{%- endif %}
from botocore import exceptions
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse
from offline import OfflineApi, make_http_event, make_rest_event

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from service.http import Request, Response

ROUTE = project.ROUTES[0]
CONTEXT = SimpleNamespace(aws_request_id="the-request")


@pytest.fixture
def app(api: OfflineApi) -> ModuleType:  # noqa: ARG001 - makes the client that the import wants
    from service import app  # noqa: PLC0415

    return app


@pytest.fixture
def table_module(app: ModuleType) -> ModuleType:  # noqa: ARG001
    from service import table  # noqa: PLC0415

    return table


@pytest.fixture
def serve(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, Any, dict[str, str]]]:
    """Calls the app with an event, behind which one handler answers every route."""

    def call(handler: Callable[[Request], Response], **changes: Any) -> tuple[int, Any, dict[str, str]]:
        monkeypatch.setattr(app, "ROUTES", dict.fromkeys(map(str, project.ROUTES), handler))
        make_event = make_rest_event if project.HAS_REST_API else make_http_event
        method = "POST" if ROUTE.method == "ANY" else ROUTE.method
        answer = app.handler({**make_event(method, ROUTE.path, {}, None), **changes}, CONTEXT)
        return answer["statusCode"], json.loads(answer["body"] or "null"), answer["headers"]

    return call


def show_body(request: Request) -> Response:
    from service.http import Response  # noqa: PLC0415

    return Response(200, json.dumps(request.body))


def test_decodes_a_body_in_base64(serve: Callable[..., Any]) -> None:
    body = base64.b64encode('{"a": "é"}'.encode()).decode()

    status, text, _ = serve(show_body, body=body, isBase64Encoded=True)

    assert (status, text) == (200, '{"a": "é"}')


def test_refuses_a_body_that_is_not_utf_8(serve: Callable[..., Any]) -> None:
    status, answer, _ = serve(show_body, body=base64.b64encode(b"\xff").decode(), isBase64Encoded=True)

    assert (status, answer.keys()) == (400, {"message"})


def test_tells_a_failure_by_its_request_and_nothing_of_the_inside(serve: Callable[..., Any]) -> None:
    def fail(_: Request) -> Response:
        raise RuntimeError("secret")

    status, answer, headers = serve(fail)

    assert (status, headers["Content-Type"]) == (500, "application/json")
    assert "the-request" in answer["message"]
    assert "secret" not in answer["message"]


def test_survives_an_event_that_is_none_of_api_gateway(app: ModuleType) -> None:
    assert app.handler({}, CONTEXT)["statusCode"] == 500


def test_answers_404_for_a_route_that_is_not_in_the_table(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "ROUTES", {})
    make_event = make_rest_event if project.HAS_REST_API else make_http_event

    answer = app.handler(make_event(ROUTE.method, ROUTE.path, {}, None), CONTEXT)

    assert answer["statusCode"] == 404


def test_logs_what_became_of_a_request(serve: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    serve(show_body)
    serve(show_body)

    first, again = ({**vars(record)} for record in caplog.records[-2:])
    method = "POST" if ROUTE.method == "ANY" else ROUTE.method
    assert (first["route"], first["status"], first["request_id"]) == (f"{method} {ROUTE.path}", 200, "the-request")
    assert again["latency_ms"] >= 0
    assert not again["cold_start"]
{%- if service.sends_cors_headers %}


def test_lets_pages_of_the_other_origin_read_answers(serve: Callable[..., Any], app: ModuleType) -> None:
    _, _, success = serve(show_body)
    error = app.handler({}, CONTEXT)["headers"]

    assert {headers["Access-Control-Allow-Origin"] for headers in (success, error)} == {project.CORS_ORIGIN}
{%- endif %}
{%- if service.preflights %}


def test_answers_preflights_without_asking_a_handler(app: ModuleType) -> None:
    keys = {str(route) for route in project.ROUTES}
    for route in project.ROUTES:
        if route.method == "ANY" and f"OPTIONS {route.path}" not in keys:
            event = make_http_event("OPTIONS", fill(route.path, {}), {}, None)
            event["routeKey"] = f"OPTIONS {route.path}"

            assert app.handler(event, CONTEXT)["statusCode"] == 204
{%- endif %}


def client_error(code: str, status: int) -> exceptions.ClientError:
    response: Any = {"Error": {"Code": code, "Message": "inside"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return exceptions.ClientError(response, "Scan")


@pytest.mark.parametrize(
    "error",
    [
        client_error("ProvisionedThroughputExceededException", 400),
        client_error("ReplicatedWriteConflictException", 400),
        client_error("ThrottlingException", 400),
        client_error("ResourceNotFoundException", 400),
        client_error("InternalServerError", 500),
        exceptions.EndpointConnectionError(endpoint_url="http://localstack:4566"),
        exceptions.ConnectTimeoutError(endpoint_url="http://localstack:4566"),
        exceptions.ReadTimeoutError(endpoint_url="http://localstack:4566"),
    ],
    ids=str,
)
def test_asks_to_try_again_where_the_table_does_not_answer(
    serve: Callable[..., Any], table_module: ModuleType, error: Exception
) -> None:
    def fail(_: Request) -> Response:
        with table_module.http_errors():
            raise error

    status, answer, headers = serve(fail)

    assert (status, headers["Retry-After"]) == (503, "1")
    assert "inside" not in answer["message"]


def test_does_not_tell_who_may_not_do_what(serve: Callable[..., Any], table_module: ModuleType) -> None:
    def fail(_: Request) -> Response:
        with table_module.http_errors():
            raise client_error("AccessDeniedException", 400)

    status, answer, _ = serve(fail)

    assert status == 500
    assert "inside" not in answer["message"]


def test_gives_up_on_the_table_before_lambda_gives_up_on_the_function(
    serve: Callable[..., Any], table_module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project.read_template()["Globals"]["Function"]["Timeout"] > table_module.SECONDS_TO_ANSWER
    monkeypatch.setattr(table_module, "SECONDS_TO_ANSWER", 0.01)

    def wait(_: Request) -> Response:
        with table_module.http_errors():
            time.sleep(60)
        raise AssertionError

    status, _, headers = serve(wait)

    assert (status, headers["Retry-After"]) == (503, "1")
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.fixture
def ask(serve: Callable[..., Any], table_module: ModuleType) -> Callable[..., tuple[int, Any, dict[str, str]]]:
    """Calls the app with an event, whose handler asks the table something, and has DynamoDB answer what it is given."""

    def call(
        question: Callable[[ModuleType, Any], Any], body: str, status: int = 200
    ) -> tuple[int, Any, dict[str, str]]:
        def handler(_: Request) -> Response:
            answer = AWSResponse("", status, HTTPHeaders(), MockRawResponse(body.encode()))
            table_module.CLIENT.meta.events.register_first("before-send", lambda **_: answer, "answer")
            try:
                question(table_module, {attribute.name: {attribute.type: "1"} for attribute in table_module.KEY})
            finally:
                table_module.CLIENT.meta.events.unregister("before-send", unique_id="answer")
            raise AssertionError

        result: tuple[int, Any, dict[str, str]] = serve(handler)
        return result

    return call


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"Item": {'])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_takes_no_part_of_an_answer_for_the_whole(ask: Callable[..., Any], status: int, body: str) -> None:
    status, _, headers = ask(lambda table, key: table.create(key), body, status)

    assert (status, headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize(
    "question",
    [
        lambda table, _: table.scan(1, None),
{%- if service.sort_key %}
        lambda table, key: table.query(key, 1, None),
{%- endif %}
        lambda table, key: table.update(key, {"some": {"S": "value"}}),
    ],
)
def test_takes_no_answer_without_what_was_asked_for_for_an_empty_one(
    ask: Callable[..., Any], question: Callable[[ModuleType, Any], Any]
) -> None:
    status, _, headers = ask(question, "{}")

    assert (status, headers["Retry-After"]) == (503, "1")
