"""What HTTP cannot show of the app: events, the log, and the table's errors."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
{%- if not service.id_key %}
from api import Item
{%- endif %}
from botocore import exceptions
from cloudformation import Template
from local_lambda import read_functions

from service.http import Request, Response

PROJECT = Path(__file__).resolve().parents[2]
CONTEXT = SimpleNamespace(aws_request_id="the-request")
{%- if service.is_rest %}
EVENT: dict[str, Any] = {
    "resource": "/test",
    "httpMethod": "POST",
    "queryStringParameters": None,
    "pathParameters": None,
    "requestContext": {"path": "/test"},
    "body": None,
    "isBase64Encoded": False,
}
{%- else %}
EVENT: dict[str, Any] = {
    "routeKey": "POST /test",
    "rawPath": "/test",
    "requestContext": {"http": {"method": "POST"}, "routeKey": "POST /test"},
    "isBase64Encoded": False,
}
{%- endif %}
ENDPOINT = "http://127.0.0.1:4566"

Call = Callable[..., tuple[int, Any, dict[str, str]]]


@pytest.fixture
def call(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls the app with an event for a route of `handle`."""
    from service import app, routes  # `endpoint` has set the environment that the import reads

    def call(handle: Callable[[Request], Response], **changes: Any) -> tuple[int, Any, dict[str, str]]:
        monkeypatch.setitem(routes.ROUTES, "POST /test", handle)
        result = app.handler({**EVENT, **changes}, CONTEXT)
        return result["statusCode"], json.loads(result["body"] or "null"), result["headers"]

    return call


def show_body(request: Request) -> Response:
    return Response(200, json.dumps(request.body))


def show_headers(request: Request) -> Response:
    return Response(200, json.dumps(dict(request.headers)))


def fail(_: Request) -> Response:
    raise RuntimeError("secret")


def test_gives_the_names_of_headers_in_lower_case(call: Call) -> None:
    assert call(show_headers, headers={"If-Match": '"A"', "x-y": "Z"})[1] == {"if-match": '"A"', "x-y": "Z"}
    assert call(show_headers, headers=None)[1] == {}


def test_decodes_a_body_in_base64(call: Call) -> None:
    body = base64.b64encode('{"a": "é"}'.encode()).decode()

    status, text, _ = call(show_body, body=body, isBase64Encoded=True)

    assert (status, text) == (200, '{"a": "é"}')


def test_refuses_a_body_that_is_not_utf_8(call: Call) -> None:
    status, body, _ = call(show_body, body=base64.b64encode(b"\xff").decode(), isBase64Encoded=True)

    assert (status, body) == (400, {"message": "The body must be UTF-8"})


def test_names_the_request_of_a_failure_and_hides_the_cause(call: Call) -> None:
    status, body, headers = call(fail)

    assert (status, headers["content-type"]) == (500, "application/json")
    assert body == {"message": "Internal server error, request the-request"}


@pytest.mark.parametrize("name", ["Content-Type", "content-type"])
def test_sends_the_handlers_own_content_type_once(call: Call, name: str) -> None:
    _, _, headers = call(lambda _: Response(200, '"text"', {name: "text/html"}))

    types = {key: value for key, value in headers.items() if key.lower() == "content-type"}
    assert list(types.values()) == ["text/html"]


def test_responds_with_the_status_of_a_new_error(call: Call) -> None:
    from service.errors import Conflict, ServiceError

    class Locked(ServiceError):
        status = 423

    class Registered(Conflict):
        pass

    def respond_to(error: Exception) -> tuple[int, Any]:
        def handle(_: Request) -> Response:
            raise error

        status, body, _ = call(handle)
        return status, body

    assert respond_to(Locked("The item is locked")) == (423, {"message": "The item is locked"})
    assert respond_to(Registered("You have registered already")) == (409, {"message": "You have registered already"})


def test_responds_with_500_if_a_handler_returns_nothing(call: Call) -> None:
    assert call(lambda _: None)[0] == 500


def test_responds_with_500_to_an_unknown_event(endpoint: str) -> None:
    from service import app

    assert app.handler({}, CONTEXT)["statusCode"] == 500


def test_logs_each_request(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    call(show_body)
    call(show_body)

    record = vars(caplog.records[-1])
    assert (record["route"], record["status"], record["request_id"]) == ("POST /test", 200, "the-request")
    assert record["latency_ms"] >= 0
    assert not record["cold_start"]
{%- if service.sends_cors_headers %}


def test_adds_the_origin_to_every_response(call: Call) -> None:
    origins = {call(handle)[2]["access-control-allow-origin"] for handle in (show_body, fail)}

    assert origins == {{ "{" }}{{ service.cors_origin | quoted }}}
{%- endif %}
{%- if service.is_jwt %}


def test_gives_the_claims_of_the_token(call: Call) -> None:
    def show_claims(request: Request) -> Response:
        return Response(200, json.dumps(dict(request.claims)))

    claims = {"sub": "日本 \"'", "groups": "[a b]"}
    context = {**EVENT["requestContext"], "authorizer": {"jwt": {"claims": claims, "scopes": None}}}

    assert call(show_claims, requestContext=context)[1] == claims
    assert call(show_claims)[1] == {}  # the event of a route with the authorizer NONE
{%- endif %}
{%- if service.owner %}


@pytest.mark.parametrize("authorizer", [{}, {"jwt": {"claims": {}}}, {"jwt": {"claims": {"sub": ""}}}], ids=str)
def test_refuses_an_event_that_names_no_user(call: Call, authorizer: dict[str, Any]) -> None:
    from service import items

    def show_key(request: Request) -> Response:
        return Response(200, json.dumps(items.read_key(request)))

    status, body, _ = call(show_key, requestContext={**EVENT["requestContext"], "authorizer": authorizer})

    assert (status, body) == (403, {"message": "The token has no claim sub"})
{%- endif %}
{%- if service.takes_preflights %}


def test_answers_preflights_for_any_method(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from service import app, routes

    monkeypatch.setitem(routes.ROUTES, "ANY /test", fail)
    event = {**EVENT, "routeKey": "OPTIONS /test", "requestContext": {"http": {"method": "OPTIONS"}}}

    assert app.handler(event, CONTEXT)["statusCode"] == 204
{%- endif %}


def client_error(code: str, status: int = 400) -> exceptions.ClientError:
    response: Any = {"Error": {"Code": code, "Message": "secret"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return exceptions.ClientError(response, "Scan")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (client_error("ProvisionedThroughputExceededException"), "The table is throttling requests"),
        (client_error("ReplicatedWriteConflictException"), "The table is throttling requests"),
        (client_error("ThrottlingException"), "The table is throttling requests"),
        (client_error("ResourceNotFoundException"), "The table does not exist"),
        (client_error("InternalServerError", 500), "The table does not respond"),
        (exceptions.EndpointConnectionError(endpoint_url=ENDPOINT), "The table does not respond"),
        (exceptions.ConnectTimeoutError(endpoint_url=ENDPOINT), "The table does not respond"),
        (exceptions.ReadTimeoutError(endpoint_url=ENDPOINT), "The table does not respond"),
    ],
    ids=str,
)
def test_responds_with_503_if_the_table_cannot_serve(call: Call, error: Exception, message: str) -> None:
    status, body, headers = call(raise_from_table(error))

    assert (status, body, headers["retry-after"]) == (503, {"message": message}, "1")


def test_decides_by_the_old_item_what_a_failed_condition_means(call: Call) -> None:
    missing, changed = (client_error("ConditionalCheckFailedException") for _ in range(2))
    changed.response["Item"] = {"a": {"S": "b"}}  # type: ignore[typeddict-unknown-key]  # boto3-stubs lack it

    assert [call(raise_from_table(error))[0] for error in (missing, changed)] == [404, {{ 412 if service.attributes.revision else 409 }}]

{%- if not service.id_key %}


def test_a_failed_condition_carries_the_old_item(item: Item) -> None:
    from service.errors import Conflict
    from service.table import table

    with pytest.raises(Conflict) as failure:
        table.create(item)

    cause: Any = failure.value.__cause__
    assert cause.response["Item"].keys() == item.keys()
{%- endif %}


def raise_from_table(error: Exception) -> Callable[[Request], Response]:
    def handle(_: Request) -> Response:
        from service import table

        with table.service_errors():
            raise error

    return handle


def test_the_client_gives_up_before_the_function_times_out(endpoint: str) -> None:
    from service import table

    config: Any = table.CONFIG
    attempts = config.retries["total_max_attempts"]
    pauses = sum(2**number for number in range(attempts - 1))  # at most: botocore's standard retry mode
    template = Template((PROJECT / "template.yaml").read_text(encoding="utf-8"), "{{ service.region }}")
    timeout = min(function.timeout for function in read_functions(template, template.resources))
    assert attempts * (config.connect_timeout + config.read_timeout) + pauses < timeout
