"""What the template becomes in CloudFormation: who may call, what the functions may do, what is logged and watched."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest

from renders import Service
from translation import API_TYPES, Stack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from renders import Bake


pytestmark = pytest.mark.slow

ORIGIN = "https://app.example.com"
ROUTES = {
    "CRUD": "",
    "OPTIONS and ANY": "GET /, OPTIONS /, ANY /files/{proxy+}, OPTIONS /files/{proxy+}, ANY /other, POST /other, "
    "OPTIONS /alone, HEAD /users/{user_id}, GET /users/{user_id}",
    "stubs": "ANY /, GET /x/{y}/z",
}
# Half of all: every three answers still meet in every combination of their values.
COMBINATIONS = [
    {"api_type": api_type, "functions": functions, "auth": auth, "cors_origin": cors_origin, "routes": routes}
    for api_type, functions, auth, cors_origin, routes in itertools.product(
        ("rest", "http"), ("per-route", "single"), ("iam", "jwt", "none"), ("", ORIGIN), ROUTES.values()
    )
    if (api_type == "rest") ^ (functions == "single") ^ (auth == "iam") ^ (cors_origin == "")
    if (api_type, auth) != ("rest", "jwt")
]
SECURITY: dict[str, list[Any] | None] = {"iam": [{"AWS_IAM": []}], "jwt": [{"JwtAuthorizer": []}], "none": None}
OPERATION_ACTIONS = {
    "GET /users": "dynamodb:Scan",
    "POST /users": "dynamodb:PutItem",
    "GET /users/{user_id}": "dynamodb:GetItem",
    "HEAD /users/{user_id}": "dynamodb:GetItem",
    "PUT /users/{user_id}": "dynamodb:PutItem",
    "PATCH /users/{user_id}": "dynamodb:UpdateItem",
    "DELETE /users/{user_id}": "dynamodb:DeleteItem",
    "POST /other": "dynamodb:PutItem",
}
LOG_ACTIONS = {"logs:CreateLogStream", "logs:PutLogEvents"}
CRUD = "GET /users, POST /users, " + ", ".join(
    f"{method} /users/{{user_id}}" for method in ("GET", "PUT", "PATCH", "DELETE")
)


def read_routes(answers: dict[str, str]) -> set[str]:
    return set((answers["routes"] or CRUD).split(", "))


def name(answers: dict[str, str]) -> str:
    routes = next(name for name, routes in ROUTES.items() if routes == answers["routes"])
    return ", ".join([*list(answers.values())[:3], *(["CORS"] if answers["cors_origin"] else []), routes])


@pytest.fixture(scope="module", params=COMBINATIONS, ids=name)
def answers(request: pytest.FixtureRequest) -> dict[str, str]:
    found: dict[str, str] = request.param
    return found


@pytest.fixture(scope="module")
def service(answers: dict[str, str], render_once: Callable[..., Path]) -> Service:
    return Service(render_once(**{answer: value for answer, value in answers.items() if value}))


@pytest.fixture(scope="module")
def stack(service: Service) -> Stack:
    return Stack(service)


def test_each_route_calls_its_function_which_the_api_may_invoke(stack: Stack, answers: dict[str, str]) -> None:
    called = {key: stack.function_of(operation) for key, operation in stack.operations()}
    permissions = [permission["Properties"] for permission in stack.of_type("AWS::Lambda::Permission").values()]

    assert {key for key, function in called.items() if function} >= read_routes(answers)
    for key, function in called.items():
        method, path = key.split()
        source = re.sub(r"\{[^}]+\}", "*", path)
        allowed = [p["SourceArn"]["Fn::Sub"][0] for p in permissions if p["FunctionName"] == {"Ref": function}]
        if function:
            assert any(arn.endswith(f"/{'*' if method == 'ANY' else method}{source}") for arn in allowed), (
                f"{key}: {allowed}"
            )
    assert {p["Principal"] for p in permissions} == {"apigateway.amazonaws.com"}  # the deploy role allows no other
    if answers["functions"] == "per-route":
        routes = [called[key] for key in read_routes(answers)]
        assert len(set(routes)) == len(routes)


def test_every_operation_except_preflights_authorizes_callers(stack: Stack, answers: dict[str, str]) -> None:
    wanted = SECURITY[answers["auth"]]
    for key, operation in stack.operations():
        is_preflight = key not in read_routes(answers)

        assert operation.get("security") == (None if is_preflight else wanted), key
        assert not is_preflight or (key.startswith("OPTIONS ") and answers["cors_origin"])
        assert "credentials" not in operation["x-amazon-apigateway-integration"], "the caller would invoke the function"
    if answers["auth"] == "iam":
        (scheme,) = stack.api["components"]["securitySchemes"].values()
        assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    if answers["auth"] == "jwt":
        (scheme,) = stack.api["components"]["securitySchemes"].values()
        assert scheme["x-amazon-apigateway-authorizer"] == {
            "type": "jwt",
            "identitySource": "$request.header.Authorization",
            "jwtConfiguration": {"issuer": {"Ref": "JwtIssuer"}, "audience": {"Ref": "JwtAudience"}},
        }
        (api,) = stack.of_type(*API_TYPES).values()
        assert api["Properties"]["FailOnWarnings"] is True, "with an invalid issuer, the routes would be open"


def test_only_operations_that_authorize_callers_reach_a_function(stack: Stack, answers: dict[str, str]) -> None:
    """But for preflights, to which the function itself responds, and services for anyone."""
    open_keys = {
        key for key, operation in stack.operations() if stack.function_of(operation) and not operation.get("security")
    }
    permissions = [permission["Properties"] for permission in stack.of_type("AWS::Lambda::Permission").values()]

    assert answers["auth"] == "none" or all(key.startswith("OPTIONS ") for key in open_keys - read_routes(answers))
    assert answers["auth"] == "none" or not open_keys & read_routes(answers)
    assert not stack.of_type("AWS::Lambda::Url", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Alias")
    assert len(stack.of_type(*API_TYPES)) == 1
    for permission in permissions:
        arn, values = permission["SourceArn"]["Fn::Sub"]
        assert ":${__ApiId__}/" in arn
        assert values["__ApiId__"] == {"Ref": "Api"}


def test_there_is_nothing_of_cors_without_an_origin(service: Service, answers: dict[str, str]) -> None:
    # The one reads CORS from template.yaml, the other has the answer.
    files = [file for file in service.files if file not in ("scripts/api_gateway.py", "answers.json")]
    cors = re.compile(r"(?<!flask-)\bcors|Access-Control", re.IGNORECASE)
    named = [file for file in files if cors.search(service.read(file))]

    assert ("template.yaml" in named) == bool(answers["cors_origin"])
    assert answers["cors_origin"] or named == []


def test_with_an_origin_preflights_and_the_gateway_s_errors_carry_it(stack: Stack, answers: dict[str, str]) -> None:
    if not answers["cors_origin"]:
        assert "x-amazon-apigateway-cors" not in stack.api
        assert "x-amazon-apigateway-gateway-responses" not in stack.api
        return
    if answers["api_type"] == "http":
        assert stack.api["x-amazon-apigateway-cors"]["allowOrigins"] == [ORIGIN]
        if answers["auth"] != "none":
            operations = dict(stack.operations())
            for key in read_routes(answers):
                assert not key.startswith("ANY ") or "OPTIONS " + key.split()[1] in operations
        return
    quoted = {"Fn::Sub": "'${CorsOrigin}'"}
    operations = dict(stack.operations())
    for path in stack.api["paths"]:
        key = f"OPTIONS {path}"
        if key in read_routes(answers):
            continue
        response = operations[key]["x-amazon-apigateway-integration"]["responses"]["default"]
        assert response["responseParameters"]["method.response.header.Access-Control-Allow-Origin"] == quoted
    gateway_responses = stack.api["x-amazon-apigateway-gateway-responses"]
    assert set(gateway_responses) == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for response in gateway_responses.values():
        assert response["responseParameters"] == {"gatewayresponse.header.Access-Control-Allow-Origin": quoted}


def test_functions_may_do_what_their_routes_do_and_write_their_log(stack: Stack) -> None:
    expected: dict[str, set[str]] = {function: set() for function in stack.of_type("AWS::Lambda::Function")}
    for key, operation in stack.operations():
        function = stack.function_of(operation)
        if function and key in OPERATION_ACTIONS:
            expected[function].add(OPERATION_ACTIONS[key])

    for function, actions in expected.items():
        found: dict[str, set[str]] = {}
        for statement in stack.statements_of(function):
            assert statement["Effect"] == "Allow"
            found.setdefault(str(statement["Resource"]), set()).update(statement["Action"])
        table = {str({"Fn::GetAtt": ["Table", "Arn"]}): actions} if actions else {}
        assert found == {**table, str({"Fn::GetAtt": ["LogGroup", "Arn"]}): LOG_ACTIONS}


def test_no_policy_has_a_wildcard_or_comes_from_elsewhere(stack: Stack) -> None:
    for role in stack.of_type("AWS::IAM::Role").values():
        properties = role["Properties"]
        policies = [policy["PolicyDocument"] for policy in properties["Policies"]]

        assert "ManagedPolicyArns" not in properties
        assert properties["PermissionsBoundary"]["Fn::If"][:2] == [
            "HasPermissionsBoundary",
            {"Ref": "PermissionsBoundary"},
        ]
        assert "*" not in str([policies, properties["AssumeRolePolicyDocument"]])
    assert not stack.of_type("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy")


def test_all_functions_write_to_one_log_that_forgets(stack: Stack) -> None:
    logs = [function["Properties"]["LoggingConfig"] for function in stack.of_type("AWS::Lambda::Function").values()]

    assert all(log == {"LogFormat": "JSON", "LogGroup": {"Ref": "LogGroup"}} for log in logs)
    assert all(log["Properties"]["RetentionInDays"] == 30 for log in stack.of_type("AWS::Logs::LogGroup").values())


def test_requests_are_throttled(stack: Stack) -> None:
    (stage,) = stack.of_type("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage").values()
    (settings,) = stage["Properties"].get("MethodSettings") or [stage["Properties"]["DefaultRouteSettings"]]

    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (100, 200)


def test_clients_need_tls_1_2_or_later(stack: Stack, answers: dict[str, str]) -> None:
    (api,) = stack.of_type(*API_TYPES).values()
    policy = [api["Properties"].get(name) for name in ("SecurityPolicy", "EndpointAccessMode")]

    # An HTTP API accepts nothing older and has no such property.
    rest = ["SecurityPolicy_TLS13_1_2_2021_06", "BASIC"]
    assert policy == (rest if answers["api_type"] == "rest" else [None, None])


def test_alarms_and_access_logs_exist_once_they_are_enabled(stack: Stack, answers: dict[str, str]) -> None:
    alarms: dict[str, Any] = stack.of_type("AWS::CloudWatch::Alarm")
    (stage,) = stack.of_type("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage").values()
    access_logs = stage["Properties"]["AccessLogSetting" if answers["api_type"] == "rest" else "AccessLogSettings"]

    metrics = {alarm["Properties"]["MetricName"] for alarm in alarms.values()}
    assert metrics == {"5XXError" if answers["api_type"] == "rest" else "5xx", "Latency", "Throttles"}
    assert {alarm["Condition"] for alarm in alarms.values()} == {"HasAlarmTopic"}
    assert alarms["LatencyAlarm"]["Properties"]["ExtendedStatistic"] == "p99"
    assert access_logs["Fn::If"][0] == "HasAccessLogs"
    assert access_logs["Fn::If"][2] == {"Ref": "AWS::NoValue"}


def test_only_prod_keeps_its_table(stack: Stack) -> None:
    table = stack.resources["Table"]

    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        assert table[policy] == {"Fn::If": ["IsProd", "Retain", "Delete"]}
    for value in (
        table["Properties"]["DeletionProtectionEnabled"],
        table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        table["Properties"]["SSESpecification"]["SSEEnabled"],
    ):
        assert value == {"Fn::If": ["IsProd", True, False]}


def test_a_function_has_no_endpoint_and_no_way_round_a_proxy_of_its_own_in_aws(stack: Stack) -> None:
    for function in stack.of_type("AWS::Lambda::Function").values():
        variables = function["Properties"]["Environment"]["Variables"]

        for name in ("AWS_ENDPOINT_URL_DYNAMODB", "no_proxy"):
            assert variables[name]["Fn::If"][::2] == ["IsLocal", {"Ref": "AWS::NoValue"}]


def test_a_service_with_tokens_opens_routes_and_requires_scopes_as_its_pages_say(bake: Bake) -> None:
    service = bake(auth="jwt", api_type="http", routes="GET /users, POST /users, GET /health")
    changes = {
        "            Path: /health\n": "            Path: /health\n            Auth: {Authorizer: NONE}\n",
        "          JwtAuthorizer:\n": "          JwtAuthorizer:\n            AuthorizationScopes: [users/write]\n",
    }
    template = service.read("template.yaml")
    assert all(template.count(text) == 1 for text in changes)
    for text, changed in changes.items():
        template = template.replace(text, changed)
    (service.path / "template.yaml").write_text(template, encoding="utf-8")

    security = {key: operation.get("security") for key, operation in Stack(service).operations()}

    scoped = [{"JwtAuthorizer": ["users/write"]}]
    assert security == {"GET /users": scoped, "POST /users": scoped, "GET /health": [{"NONE": []}]}
