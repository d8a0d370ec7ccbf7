"""What runs without Docker does what API Gateway, Lambda and CloudFormation do. Each rule names its page."""

from __future__ import annotations

import contextlib
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from renders import find_free_port
from stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from renders import Bake, Service

pytestmark = pytest.mark.slow

SECONDS = 60

# A function of its own, whose handler returns or does what the path says.
PROBE = """
import base64, datetime, json, os, sys, time

CASES = {
    "event": lambda event, _: respond(event),
    "context": lambda _, context: respond({name: str(value) for name, value in vars(context).items()}),
    "variables": lambda *_: respond(dict(os.environ)),
    "process": lambda *_: respond([os.getpid(), os.getcwd()]),
    "sleep": lambda *_: time.sleep(600),
    "exit": lambda *_: sys.exit("enough"),
    "crash": lambda *_: os._exit(3),
    "raise": lambda *_: 1 / 0,
    "time": lambda *_: datetime.datetime.now(),
    "bytes": lambda *_: b"bytes",
    "set": lambda *_: {1},
    "large": lambda *_: {"statusCode": 200, "body": "x" * 7_000_000},
    "wide": lambda *_: {"statusCode": 200, "body": "é" * 2_500_000},
    "surrogate": lambda *_: {"statusCode": 200, "body": chr(0xD800)},
    "remaining": lambda _, context: respond(context.get_remaining_time_in_millis()),
}

def respond(value):
    return {"statusCode": 200, "body": json.dumps(value)}

def handler(event, context):
    case = event["pathParameters"]["case"]
    if case == "result":
        return json.loads(event["body"])
    return CASES[case](event, context)
"""
FUNCTION = """
  Probe:
    Type: AWS::Serverless::Function
    Metadata: {{BuildMethod: python-uv}}
    Properties:
      Handler: probe.handler
      Timeout: {timeout}
      Role: !GetAtt ApiRole.Arn
      Environment:
        Variables:{variables}
      Events:
        Probe:
          Type: {event}
          Properties: {{{api}: !Ref Api, Method: ANY, Path: "/probe/{{case}}"{settings}}}
"""


def add_probe(service: Service, timeout: int = 20, variables: str = " {}", settings: str = "") -> None:
    """Add a function with a route of its own to a service."""
    (service.path / "src" / "probe.py").write_text(PROBE)
    template = service.read("template.yaml")
    event, api = ("HttpApi", "ApiId") if "Type: HttpApi" in template else ("Api", "RestApiId")
    function = FUNCTION.format(timeout=timeout, variables=variables, event=event, api=api, settings=settings)
    service.edit("template.yaml", "\nOutputs:", f"{function}\nOutputs:")


@contextlib.contextmanager
def serving(service: Service, **environment: str) -> Iterator[Stack]:
    stack = Stack(service, find_free_port(), find_free_port())
    with stack.running("dev", "DOCKER=no", **environment):
        yield stack


def call(stack: Stack, case: str, result: Any = None) -> requests.Response:
    body = json.dumps(result) if case == "result" else None
    return requests.post(f"{stack.url}/probe/{case}", body, timeout=SECONDS)


def read_log(stack: Stack) -> str:
    return (stack.service.path / "dev.log").read_text()


# REST: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
# HTTP: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
REFUSED_BY_BOTH = [
    ({"statusCode": 200, "body": {"status": "up"}}, "body is"),
    ({"statusCode": 200, "body": 7}, "body is 7, not text"),
    ({"statusCode": 200, "body": ["a"]}, "body is"),
    ({"statusCode": 200, "body": False}, "body is false"),
    ({"statusCode": 99}, "statusCode is 99"),
    ({"statusCode": 600}, "statusCode is 600"),
    ({"statusCode": "OK"}, "statusCode is"),
    ({"statusCode": 200.5}, "statusCode is 200.5"),
    ({"statusCode": True}, "statusCode is true"),
    ({"statusCode": None}, "statusCode is null"),
    ({"statusCode": 200, "headers": ["a"]}, "headers is"),
    ({"statusCode": 200, "headers": {"X-A": ["a"]}}, "header X-A is"),
    ({"statusCode": 200, "headers": {"X-A": "a\nb"}}, "header X-A"),
    ({"statusCode": 200, "body": "%", "isBase64Encoded": "true"}, "isBase64Encoded is"),
]
REFUSED_BY_REST = [
    ({"statusCode": 200, "cookies": ["a=1"]}, "cookies is not one of"),
    ({"statusCode": 200, "Body": "a"}, "Body is not one of"),
    ({"body": "a"}, "statusCode is null"),
    ("text", "it is"),
    (None, "it is null"),
    ([{"statusCode": 200}], "it is"),
    ({"statusCode": 200, "multiValueHeaders": {"X-A": [{}]}}, "header X-A is {}"),
]
REFUSED_BY_HTTP = [
    ({"statusCode": 200, "cookies": "a=1"}, "cookies is"),
    ({"statusCode": 200, "body": "%", "isBase64Encoded": True}, "isBase64Encoded is true, but body is not base64"),
]


@pytest.mark.parametrize("api_type", ["rest", "http"])
def test_refuses_the_results_that_api_gateway_refuses(bake_with_tools: Bake, api_type: str) -> None:
    service = bake_with_tools(api_type=api_type)
    add_probe(service)
    is_rest = api_type == "rest"

    with serving(service) as stack:
        for result, line in REFUSED_BY_BOTH + (REFUSED_BY_REST if is_rest else REFUSED_BY_HTTP):
            response = call(stack, "result", result)
            message = "Internal server error" if is_rest else "Internal Server Error"
            assert (response.status_code, response.json()) == (502 if is_rest else 500, {"message": message}), result
            assert f"API Gateway refuses what Probe returned: {line}" in read_log(stack).splitlines()[-1], result
        for case, line in {
            "time": "TypeError: ",
            "bytes": "TypeError: ",
            "set": "TypeError: ",
            "exit": "SystemExit: enough",
            "crash": "the process exited",
            "raise": "ZeroDivisionError: ",
            "large": "what it returned has 7,000,",
            "surrogate": "UnicodeEncodeError: ",
        }.items():
            started = time.monotonic()
            assert call(stack, case).status_code == (502 if is_rest else 500)
            assert time.monotonic() - started < SECONDS / 4
            assert f"Probe failed: {line}" in read_log(stack)
        assert call(stack, "process").status_code == 200


@pytest.mark.parametrize("api_type", ["rest", "http"])
def test_takes_the_results_that_api_gateway_takes(bake_with_tools: Bake, api_type: str) -> None:
    service = bake_with_tools(api_type=api_type)
    add_probe(service)

    with serving(service) as stack:
        plain = call(stack, "result", {"statusCode": "201", "body": "é", "headers": {"X-A": 1, "x-b": True}})
        typed = call(stack, "result", {"statusCode": 200, "body": "<p>", "headers": {"content-type": "text/html"}})
        encoded = call(stack, "result", {"statusCode": 200, "body": "aGk=", "isBase64Encoded": True})
        wide = call(stack, "wide")  # 5 MB in UTF-8, as Lambda's runtime sends it
        if api_type == "rest":
            many = {"statusCode": 200, "headers": {"X-A": "1"}, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}}
            inferred = None
        else:
            many = {"statusCode": 200, "headers": {"X-A": "1"}, "cookies": ["a=1", "b=2"]}
            inferred = [call(stack, "result", result) for result in ({"a": 1}, "text", ["a"])]
        several = call(stack, "result", many)

    assert (plain.status_code, plain.content, plain.headers["X-A"]) == (201, "é".encode(), "1")
    assert plain.headers["X-B"] == "true"
    assert typed.headers["Content-Type"] == "text/html"
    assert (wide.status_code, len(wide.content)) == (200, 5_000_000)
    # Without BinaryMediaTypes, a REST API sends base64 as it is.
    assert encoded.text == ("aGk=" if api_type == "rest" else "hi")
    assert several.raw.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
    assert several.headers["X-A"] == "1"
    if inferred:
        assert [(response.status_code, response.text) for response in inferred] == [
            (200, '{"a": 1}'),
            (200, "text"),
            (200, '["a"]'),
        ]
        assert {response.headers["Content-Type"] for response in inferred} == {"application/json"}


# The fields of AWS's sample events, on the two pages above.
REST_FIELDS = """
    resource path httpMethod headers multiValueHeaders queryStringParameters multiValueQueryStringParameters
    requestContext pathParameters stageVariables body isBase64Encoded
"""
REST_CONTEXT_FIELDS = """
    accountId apiId authorizer domainName domainPrefix extendedRequestId httpMethod identity path protocol requestId
    requestTime requestTimeEpoch resourceId resourcePath stage
"""
IDENTITY_FIELDS = """
    accessKey accountId caller cognitoAuthenticationProvider cognitoAuthenticationType cognitoIdentityId
    cognitoIdentityPoolId principalOrgId sourceIp user userAgent userArn clientCert
"""
# Without authentication and stage variables, which these APIs do not have.
HTTP_FIELDS = """
    version routeKey rawPath rawQueryString cookies headers queryStringParameters requestContext body pathParameters
    isBase64Encoded
"""
HTTP_CONTEXT_FIELDS = "accountId apiId domainName domainPrefix http requestId routeKey stage time timeEpoch"


def test_events_have_every_field_of_aws_s_samples(bake_with_tools: Bake) -> None:
    rest, http = bake_with_tools(), bake_with_tools(api_type="http")
    add_probe(rest)
    add_probe(http)
    url = "event?a=1&a=2&b=%C3%A9"
    headers = {"X-Test": "1", "Cookie": "c=1; d=2"}

    with serving(rest) as stack:
        event = requests.post(f"{stack.url}/probe/{url}", "body", headers=headers, timeout=SECONDS).json()
    assert set(REST_FIELDS.split()) <= event.keys()
    assert set(REST_CONTEXT_FIELDS.split()) <= event["requestContext"].keys()
    assert set(IDENTITY_FIELDS.split()) <= event["requestContext"]["identity"].keys()
    assert event["queryStringParameters"] == {"a": "2", "b": "é"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["é"]}
    assert (event["headers"]["X-Test"], event["multiValueHeaders"]["Cookie"]) == ("1", ["c=1; d=2"])
    assert event["headers"]["X-Forwarded-For"] == event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", event["requestContext"]["requestTime"])
    assert (event["body"], event["requestContext"]["stage"]) == ("body", "api")

    with serving(http) as stack:
        event = requests.post(f"{stack.url}/probe/{url}", "body", headers=headers, timeout=SECONDS).json()
    assert set(HTTP_FIELDS.split()) <= event.keys()
    assert set(HTTP_CONTEXT_FIELDS.split()) <= event["requestContext"].keys()
    assert set("method path protocol sourceIp userAgent".split()) <= event["requestContext"]["http"].keys()
    assert event["queryStringParameters"] == {"a": "1,2", "b": "é"}
    assert (event["cookies"], event["headers"]["x-test"]) == (["c=1", "d=2"], "1")
    assert "cookie" not in event["headers"]


# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, except for the search paths of libraries
VARIABLES = """
    _HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE
    AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR LANG PATH TZ
    AWS_XRAY_CONTEXT_MISSING AWS_XRAY_DAEMON_ADDRESS
"""


def test_functions_have_lambda_s_environment_and_nothing_of_the_shell_s(bake_with_tools: Bake) -> None:
    service = bake_with_tools()
    add_probe(service, timeout=7)

    with serving(service, STRIPE_KEY="secret", PYTHONPATH="/nowhere", AWS_PROFILE="mine") as stack:
        variables = call(stack, "variables").json()
        context = call(stack, "context").json()
        remaining = call(stack, "remaining").json()

    assert set(VARIABLES.split()) <= variables.keys()
    assert not {"STRIPE_KEY", "AWS_PROFILE", "HOME"} & variables.keys()
    assert variables["LAMBDA_TASK_ROOT"] == str(service.path / "src")
    assert variables["_HANDLER"] == "probe.handler"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == context["memory_limit_in_mb"] == "512"
    assert context["invoked_function_arn"].startswith("arn:aws:lambda:ap-northeast-1:")
    assert 5_000 < remaining <= 7_000


VALUES = """
          LIMIT: 5
          RATE: 0.25
          FLAG: true
          OFF_: no
          ON: 1
          DATE: 2026-01-31
          REGION: !Ref AWS::Region
          STAGE: {Ref: Stage}
          QUEUE: !Sub "${AWS::StackName}-q"
          FULL: {"Fn::Sub": ["${Name}-${Stage}-${!x}", {Name: !Join ["-", [a, !Ref Stage]]}]}
          JOINED: {"Fn::Join": [":", [arn, !Ref AWS::Partition, 1]]}
          CHOSEN: !If [IsProd, prod, !If [IsLocal, local, aws]]
          NOTHING: !If [IsProd, prod, !Ref AWS::NoValue]
          SPLIT: !Select [1, !Split [",", "a,b"]]
          TABLE: !Ref Table
          TABLE_ARN: !GetAtt Table.Arn
          LOG: !Ref LogGroup
          TOPIC: !Ref Topic
          IMPORTED: !ImportValue other-stack
          LIST: [a]"""
RESOLVED = {
    "LIMIT": "5",
    "RATE": "0.25",
    "FLAG": "true",
    "OFF_": "false",
    "true": "1",
    "DATE": "2026-01-31",
    "REGION": "ap-northeast-1",
    "STAGE": "dev",
    "QUEUE": "local-q",
    "FULL": "a-dev-dev-${x}",
    "JOINED": "arn:aws:1",
    "CHOSEN": "local",
    "SPLIT": "b",
    "TABLE": "users",
    "TABLE_ARN": "arn:aws:dynamodb:ap-northeast-1:000000000000:table/users",
    "LOG": "/aws/lambda/local",
    "NOTHING": None,
    "TOPIC": None,
    "IMPORTED": None,
    "LIST": None,
}


def test_variables_have_the_values_that_cloudformation_gives_them(bake_with_tools: Bake) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html."""
    service = bake_with_tools()
    add_probe(service, variables=VALUES)
    service.edit("template.yaml", "\nOutputs:", "\n  Topic: {Type: AWS::SNS::Topic}\n\nOutputs:")

    with serving(service) as stack:
        variables = call(stack, "variables").json()
        users = requests.get(f"{stack.url}/users", timeout=SECONDS)
        log = read_log(stack)

    assert {name: variables.get(name) for name in RESOLVED} == RESOLVED
    assert users.status_code == 200
    for name, reason in {
        "TOPIC": "!Ref Topic has no value on this machine",
        "IMPORTED": "!ImportValue other-stack has no value on this machine",
        "LIST": "a list or a map is not text",
    }.items():
        assert log.count(f"template.yaml: Probe: variable {name} is not set: {reason}\n") == 1
    assert "NOTHING" not in log


def test_each_function_has_its_own_settings(bake_with_tools: Bake) -> None:
    service = bake_with_tools()
    add_probe(service, timeout=2, variables=" {ONLY: probe, TABLE_NAME: other}")

    with serving(service) as stack:
        variables = call(stack, "variables").json()
        started = time.monotonic()
        late = call(stack, "sleep")
        seconds = time.monotonic() - started
        users = requests.get(f"{stack.url}/users", timeout=SECONDS)
        log = read_log(stack)

    assert (variables["ONLY"], variables["TABLE_NAME"]) == ("probe", "other")
    assert users.status_code == 200  # in the table that TABLE_NAME of all functions names
    assert (late.status_code, 2 <= seconds < 2 + SECONDS / 4) == (502, True)
    assert "Probe failed: it did not respond within 2 s" in log


@pytest.mark.parametrize(("api_type", "status"), [("rest", 504), ("http", 503)])
def test_api_gateway_waits_no_longer_than_the_event_says(bake_with_tools: Bake, api_type: str, status: int) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html."""
    service = bake_with_tools(api_type=api_type)
    add_probe(service, timeout=60, settings=", TimeoutInMillis: 1500")

    with serving(service) as stack:
        call(stack, "process")
        started = time.monotonic()
        late = call(stack, "sleep")
        seconds = time.monotonic() - started
        others = [call(stack, "process").status_code for _ in range(2)]
        service.edit("template.yaml", ", TimeoutInMillis: 1500", "")
        started = time.monotonic()
        late_by_default = call(stack, "sleep")
        seconds_by_default = time.monotonic() - started

    assert (late.status_code, late_by_default.status_code, others) == (status, status, [200, 200])
    assert 1.5 <= seconds < 1.5 + SECONDS / 4
    default = 29 if api_type == "rest" else 30
    assert default <= seconds_by_default < default + SECONDS / 4


def test_a_busy_function_gets_another_process_and_at_most_eight(bake_with_tools: Bake) -> None:
    service = bake_with_tools()
    text = PROBE.replace(
        "respond([os.getpid(), os.getcwd()])", "[time.sleep(1), respond([os.getpid(), os.getcwd()])][1]"
    )
    add_probe(service)
    (service.path / "src" / "probe.py").write_text(text)

    with serving(service) as stack, ThreadPoolExecutor(20) as pool:
        call(stack, "process")
        found = list(pool.map(lambda _: call(stack, "process").json(), range(20)))
        again = call(stack, "process").json()

    assert 2 <= len({process for process, _ in found}) <= 8
    assert {directory for _, directory in found} == {str(service.path / "src")}
    assert again in found


class TestEdits:
    """An edit of what a function reads when it starts is noticed."""

    def test_of_data_and_of_what_a_link_leads_to(self, bake_with_tools: Bake) -> None:
        service = bake_with_tools()
        add_probe(service)
        shared = service.path.parent / "shared"
        shared.mkdir()
        (shared / "words.py").write_text("WORD = 'one'\n")
        (service.path / "src" / "shared").symlink_to(shared)
        (service.path / "src" / "data.json").write_text('"one"')
        probe = service.path / "src" / "probe.py"
        reads = (
            "from shared.words import WORD\nDATA = json.load(open(os.path.dirname(__file__) + '/data.json'))\n"
            "CASES['words'] = lambda *_: respond([WORD, DATA])\n"
        )
        probe.write_text(PROBE + reads)

        with serving(service) as stack:
            before = call(stack, "words").json()
            (shared / "words.py").write_text("WORD = 'two'\n")
            linked = call(stack, "words").json()
            (service.path / "src" / "data.json").write_text('"two"')
            data = call(stack, "words").json()

        assert [before, linked, data] == [["one", "one"], ["two", "one"], ["two", "two"]]

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("Resources:", "Resources: [", "not valid YAML, line "),
            ('Path: "/probe/{case}"', 'Pathh: "/probe/{case}"', "Probe: event Probe needs a Method and a Path"),
            ("Type: AWS::Serverless::Api", "Type: AWS::Serverless::Apis", "no AWS::Serverless::Api is declared"),
            ("      Events:\n        Probe:", "      Events:\n        - Probe:", "`make lint` says more: "),
        ],
    )
    def test_of_the_template_that_make_it_invalid_are_reported_in_one_line(
        self, bake_with_tools: Bake, old: str, new: str, line: str
    ) -> None:
        service = bake_with_tools(table_name="things", routes="GET /users", project_slug="users-api")
        add_probe(service)
        template = service.path / "template.yaml"
        text = template.read_text()
        assert old in text
        broken = text.replace(old, new).replace("Default: things", "Default: others")

        with serving(service) as stack:
            template.write_text(broken)
            statuses = [requests.get(f"{stack.url}/users", timeout=SECONDS).status_code for _ in range(2)]
            lines = [text for text in read_log(stack).splitlines() if text.startswith("template.yaml is invalid")]
        started = service.run("make", "dev", "DOCKER=no", *stack.settings)

        assert statuses == [200, 200]
        assert len(lines) == 1
        assert lines[0].startswith(f"template.yaml is invalid, and the API stays as it was: {line}")
        assert started.returncode != 0
        assert f"template.yaml is invalid: {line}" in started.stdout
        assert "Traceback" not in started.stdout


def test_the_proxies_of_front_ends_get_through(bake_with_tools: Bake) -> None:
    """They send the whole URL, or the browser's Host: an address or localhost."""
    with serving(bake_with_tools()) as stack:
        direct = requests.get(f"{stack.url}/users", headers={"Host": "localhost:5173"}, timeout=SECONDS)
        proxied = requests.get("http://localhost/users", proxies={"http": stack.url}, timeout=SECONDS)

    assert [direct.status_code, proxied.status_code] == [200, 200]


THREAD_TESTS = """
import datetime
import sys
import time

import pytest
import requests
from api import Api, Table


def leave(_: object) -> None:
    sys.exit("enough")


@pytest.mark.parametrize("to_result", [lambda _: datetime.datetime.now(), lambda _: b"bytes", leave])
def test_fails_its_own_request_at_once(api: Api, monkeypatch: pytest.MonkeyPatch, to_result: object) -> None:
    from service import app

    with monkeypatch.context() as changed:
        changed.setattr(app, "to_result", to_result)
        started = time.monotonic()
        failed = requests.get(f"{api.url}/users", timeout=60).status_code  # openapi.yaml has no 502
        seconds = time.monotonic() - started

    assert (failed, api.get("/users").status) == (502, 200)
    assert seconds < 10


def test_reaches_the_modules_that_tests_import(api: Api, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    from service import errors
    from service import table as module

    table.put_item(Item={"user_id": "1"})
    with pytest.raises(errors.NotFound):
        module.table.read({"user_id": "nobody"})
    monkeypatch.setattr(module.table, "scan", lambda *_: module.Page([], None))

    assert api.get("/users").json["items"] == []
"""


def test_make_test_runs_the_function_in_a_thread_that_no_result_stops(bake_with_tools: Bake) -> None:
    service = bake_with_tools()
    tests = service.path / "tests" / "unit" / "test_thread.py"
    tests.write_text(THREAD_TESTS)

    result = service.run(".venv/bin/python", "-m", "pytest", str(tests))

    assert re.search(r"^=+ 4 passed", result.stdout, re.MULTILINE), result.stdout
