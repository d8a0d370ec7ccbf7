"""`auth=jwt`: the laptop refuses and hands on what API Gateway does, and a stage without an issuer is refused."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from ministack import install_aws_cli
from renders import NUMBERS, TEMPLATE, Service, find_free_port, use_tools
from stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ministack import MiniStack
    from renders import Bake

pytestmark = pytest.mark.slow

JWT = {"auth": "jwt", "api_type": "http"}
ORIGIN = "https://app.example.com"
DAY = 24 * 60 * 60
# A function of its own, whose handler returns the event; the route /open needs no token, an OPTIONS route has none.
ECHO = """import json

def handler(event, _):
    return {"statusCode": 200, "body": json.dumps(event)}
"""
FUNCTION = """
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Handler: echo.handler
      Role: !GetAtt ApiRole.Arn
      Events:
        Echo: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: POST, Path: /echo}}
        Open: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: POST, Path: /open, Auth: {Authorizer: NONE}}}
        Options: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: OPTIONS, Path: /echo}}
        Closed:
          Type: HttpApi
          Properties: {ApiId: !Ref Api, Method: OPTIONS, Path: /closed, Auth: {Authorizer: JwtAuthorizer}}
"""


@pytest.fixture(scope="module")
def stack(render_once: Callable[..., Path], tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A service that runs without Docker, with a function that returns its event."""
    path = render_once(**JWT, cors_origin=ORIGIN)
    copy = tmp_path_factory.mktemp("tokens") / path.name
    shutil.copytree(path, copy)
    service = Service(copy)
    use_tools(service, tools)
    (copy / "src" / "echo.py").write_text(ECHO)
    template = service.read("template.yaml")
    (copy / "template.yaml").write_text(template.replace("\nOutputs:", f"{FUNCTION}\nOutputs:"))
    stack = Stack(service, find_free_port(), find_free_port())
    with stack.running("dev", "DOCKER=no"):
        yield stack


def encode(part: Any) -> str:
    text = part if isinstance(part, str) else json.dumps(part)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def make_token(header: Any = None, **claims: Any) -> str:
    now = int(time.time())
    return f"{encode(header or {'alg': 'none'})}.{encode({'sub': 'alice', 'exp': now + 60, 'iat': now, **claims})}."


def call(stack: Stack, token: str | None, path: str = "/echo", method: str = "POST") -> requests.Response:
    headers = {} if token is None else {"Authorization": token}
    return requests.request(method, f"{stack.url}{path}", headers=headers, timeout=60)


def list_refused() -> Iterator[Any]:
    now, good = int(time.time()), make_token()
    header, payload, _ = good.split(".")
    yield from (
        pytest.param(None, id="no header"),
        pytest.param("", id="empty"),
        pytest.param("Bearer", id="no token"),
        pytest.param("alice", id="a word"),
        pytest.param(f"Basic {base64.b64encode(b'alice:secret').decode()}", id="a password"),
        pytest.param(f"bearer {good}", id="another case"),
        pytest.param(f"Bearer  {good}", id="two spaces"),
        pytest.param(f"{header}.{payload}", id="two parts"),
        pytest.param(f"{good}.a", id="four parts"),
        pytest.param(f"{header}==.{payload}.", id="padded"),
        pytest.param(f"{header}..", id="no claims"),
        pytest.param(f"{encode('text')}.{payload}.", id="header not JSON"),
        pytest.param(f"{encode([])}.{payload}.", id="header a list"),
        pytest.param(f"{header}.{encode('{')}.", id="claims not JSON"),
        pytest.param(f"{header}.{encode(['sub'])}.", id="claims a list"),
        pytest.param(f"{header}.{encode('null')}.", id="claims null"),
        pytest.param(f"{header}.{'[' * 9000}.", id="not base64"),
        pytest.param(f"{header}.{encode('[' * 9000)}.", id="deep"),
        pytest.param(f"{header}.{base64.urlsafe_b64encode(bytes([255, 254])).decode().rstrip('=')}.", id="not UTF-8"),
        pytest.param(make_token(exp=now - 1), id="expired"),
        pytest.param(make_token(exp=float("nan")), id="exp no number"),
        pytest.param(make_token(exp=str(now + 60)), id="exp text"),
        pytest.param(make_token(exp=True), id="exp true"),
        pytest.param(make_token(exp=None), id="exp null"),
        pytest.param(f"{header}.{encode({'sub': 'alice'})}.", id="no exp"),
        pytest.param(make_token(nbf=now + 3600), id="not yet"),
        pytest.param(make_token(iat=now + 3600), id="from the future"),
        pytest.param(make_token(nbf="0"), id="nbf text"),
    )


@pytest.mark.parametrize("token", list(list_refused()))
def test_refuses_tokens_that_are_not_valid(stack: Stack, token: str | None) -> None:
    response = call(stack, token)

    assert (response.status_code, response.text) == (401, '{"message": "Unauthorized"}')
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_reports_no_parameter_that_only_the_authorizer_needs(stack: Stack) -> None:
    assert call(stack, make_token()).status_code == 200
    assert "Jwt" not in (stack.service.path / "dev.log").read_text()


@pytest.mark.parametrize(
    ("claims", "description"),
    [({"exp": 1}, "the token has expired"), ({"nbf": 10**11}, "not valid yet"), ({"exp": "1"}, "exp is not a number")],
)
def test_says_why_it_refuses_a_token(stack: Stack, claims: dict[str, Any], description: str) -> None:
    assert description in call(stack, make_token(**claims)).headers["WWW-Authenticate"]


def test_takes_a_token_of_any_provider_with_or_without_bearer(stack: Stack) -> None:
    signed = f"{make_token({'alg': 'RS256', 'kid': 'a'}, nbf=0)}c2lnbmF0dXJl"

    for token in (
        make_token(),
        f"Bearer {make_token()}",
        signed,
        f"Bearer {signed}",
        make_token(exp=time.time() + 9.5),
    ):
        assert call(stack, token).status_code == 200


def test_hands_on_claims_as_api_gateway_does(stack: Stack) -> None:
    """Measured events: github.com/floci-io/floci/pull/2011, and the sample of AWS's page on JWT authorizers."""
    claims = {
        "auth_time": 1700000000,
        "rate": 0.5,
        "large": 12345678901234567890,
        "email_verified": True,
        "cognito:groups": ["admin", "power user"],
        "amr": [1, True],
        "empty": [],
        "address": {"city": "Zürich"},
        "nickname": None,
        "name": '田中 "太郎" 🦀 O\'Neil',
    }
    token = make_token(**claims)
    now = str(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["iat"])

    event = call(stack, f"Bearer {token}").json()

    assert event["requestContext"]["authorizer"] == {
        "jwt": {
            "claims": {
                "sub": "alice",
                "exp": str(int(now) + 60),
                "iat": now,
                "auth_time": "1700000000",
                "rate": "0.5",
                "large": "12345678901234567890",
                "email_verified": "true",
                "cognito:groups": "[admin power user]",
                "amr": "[1 true]",
                "empty": "[]",
                "address": '{"city":"Zürich"}',
                "name": '田中 "太郎" 🦀 O\'Neil',
            },
            "scopes": None,
        }
    }


def test_a_route_is_open_only_if_its_event_or_sam_exempts_it(stack: Stack) -> None:
    opened = [
        call(stack, None, "/open"),
        call(stack, "Bearer nonsense", "/open"),
        call(stack, None, "/echo", "OPTIONS"),
    ]

    assert [response.status_code for response in opened] == [200, 200, 200]
    assert all("authorizer" not in response.json()["requestContext"] for response in opened)
    assert call(stack, None, "/closed", "OPTIONS").status_code == 401
    assert call(stack, None, "/users", "GET").status_code == 401
    assert (call(stack, None, "/nowhere").status_code, call(stack, make_token(), "/nowhere").status_code) == (404, 404)


def test_preflights_need_no_token_and_allow_its_header(stack: Stack) -> None:
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }

    response = requests.options(f"{stack.url}/users", headers=headers, timeout=60)

    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "authorization" in response.headers["Access-Control-Allow-Headers"].split(",")


@pytest.mark.parametrize("user", ["alice", 'O\'Neil "x" $$(id) `id`', "auth0|5f7c", "田中太郎 🦀", "a b"])
def test_make_token_prints_only_a_token_that_is_valid_for_a_day(stack: Stack, user: str) -> None:
    token = stack.service.make("--silent", "token", f"SUB={user}", SUB="mallory").strip()

    response = call(stack, f"Bearer {token}")

    claims = response.json()["requestContext"]["authorizer"]["jwt"]["claims"]
    assert re.fullmatch(r"[\w.-]+", token)
    assert claims["sub"] == user.replace("$$", "$")
    assert int(claims["exp"]) - int(claims["iat"]) == DAY
    assert abs(int(claims["iat"]) - time.time()) < 60


def test_smoke_and_contract_send_a_token_and_the_one_of_the_command_line(stack: Stack) -> None:
    arguments = ["smoke", *stack.settings]

    own = stack.service.run("make", *arguments, TOKEN="of another program")
    valid = stack.service.run("make", *arguments, f"TOKEN={make_token()}")
    expired = stack.service.run("make", *arguments, f"TOKEN={make_token(exp=1)}")
    whole = stack.service.run("make", "contract", *stack.settings)

    assert [result.returncode for result in (own, valid, expired, whole)] == [0, 0, 2, 0], own.stdout + whole.stdout
    assert "401" in expired.stdout


def test_smoke_of_a_stage_needs_a_token(stack: Stack) -> None:
    result = stack.service.run("make", "smoke", "STAGE=dev", TOKEN="of another program")

    assert result.returncode != 0
    assert "TOKEN is missing; run: make smoke STAGE=dev TOKEN=<a token of a user>" in result.stdout


def test_fuzz_reports_a_route_that_takes_requests_without_a_token(bake_with_tools: Bake) -> None:
    service = bake_with_tools(**JWT, routes="GET /users, POST /users")

    passed = service.run("make", "fuzz")
    template = service.read("template.yaml")
    right = "            Method: GET\n"
    (service.path / "template.yaml").write_text(
        template.replace(right, f"            Auth: {{Authorizer: NONE}}\n{right}")
    )
    failed = service.run("make", "fuzz")
    contract = service.run("make", "test")

    assert right in template
    assert passed.returncode == 0, passed.stdout
    assert failed.returncode != 0
    assert "API accepts requests without authentication" in failed.stdout
    assert "FAILED tests/contract/test_tokens.py" in contract.stdout


ISSUER, AUDIENCE = 'JwtIssuer="https://idp.example/pool"', 'JwtAudience="web,mobile"'
NO_URL = "JwtIssuer must be a URL that begins with https://; set it for STAGE=dev in samconfig.toml, under parameter_overrides"
NO_LIST = (
    "JwtAudience must be a list of names without spaces, separated by commas; "
    "set it for STAGE=dev in samconfig.toml, under parameter_overrides"
)
STAGES = {
    "as rendered": (['JwtIssuer=""', 'JwtAudience=""'], NO_URL),
    "no issuer": ([AUDIENCE], NO_URL),
    "no audience": ([ISSUER], NO_LIST),
    "an empty audience": ([ISSUER, 'JwtAudience=""'], NO_LIST),
    "an audience between commas": ([ISSUER, 'JwtAudience="web,,mobile"'], NO_LIST),
    "http": (['JwtIssuer="http://idp.example"', AUDIENCE], NO_URL),
    "a host": (['JwtIssuer="idp.example"', AUDIENCE], NO_URL),
    "only a scheme": (['JwtIssuer="https://"', AUDIENCE], NO_URL),
    "an empty value without quotes": (["JwtIssuer=", AUDIENCE], "samconfig.toml, STAGE=dev: JwtIssuer= is not a valid"),
    "a space without quotes": ([ISSUER, "JwtAudience=web, mobile"], NO_LIST),
    "in one text, empty": (f"Stage=dev JwtIssuer= {AUDIENCE}", NO_URL),
}


def write_stage(service: Service, overrides: list[str] | str) -> None:
    """Give the stage dev parameters."""
    settings = service.read("samconfig.toml")
    quoted = f"[{', '.join(map(repr, overrides))}]" if isinstance(overrides, list) else f"'{overrides}'"
    changed = re.sub(
        r"parameter_overrides = \[.*?\n\]", f"parameter_overrides = {quoted}", settings, count=1, flags=re.DOTALL
    )
    assert changed != settings
    (service.path / "samconfig.toml").write_text(changed)


@pytest.mark.parametrize(("overrides", "line"), STAGES.values(), ids=STAGES)
def test_deploy_refuses_a_stage_without_a_valid_issuer_and_audience_before_it_builds(
    bake_with_tools: Bake, overrides: list[str] | str, line: str
) -> None:
    service = bake_with_tools(**JWT)
    if overrides != STAGES["as rendered"][0]:
        write_stage(service, overrides)

    result = service.run("make", "deploy", "STAGE=dev")

    assert result.returncode != 0
    assert line in result.stdout.splitlines()[-2]
    assert "Traceback" not in result.stdout
    assert not (service.path / ".aws-sam").exists()


@pytest.mark.parametrize(
    ("file", "right", "wrong", "line"),
    [
        ("samconfig.toml", "version = 0.1", "version = ", "samconfig.toml is not valid TOML: Invalid value (at line 2"),
        ("template.yaml", "Parameters:", "Parameters: [", "template.yaml is invalid: not valid YAML, line "),
    ],
)
def test_deploy_reports_a_file_that_it_cannot_read_in_a_line(
    bake_with_tools: Bake, file: str, right: str, wrong: str, line: str
) -> None:
    service = bake_with_tools(**JWT)
    text = service.read(file)
    assert text.count(right) == 1
    (service.path / file).write_text(text.replace(right, wrong))

    result = service.run("make", "deploy", "STAGE=dev")

    assert result.returncode != 0
    assert result.stdout.splitlines()[-2].startswith(line)


def test_takes_parameters_of_the_service_s_own_as_they_are(bake_with_tools: Bake) -> None:
    service = bake_with_tools(**JWT)
    own = "  Limit: {Type: Number, Default: 5}\n  Names: {Type: CommaDelimitedList, Default: ''}\n  Note: {Type: String}\n"
    template = service.read("template.yaml").replace("\nParameters:\n", f"\nParameters:\n{own}")
    (service.path / "template.yaml").write_text(template)
    write_stage(service, [ISSUER, AUDIENCE, 'Note="two words"'])

    service.make("known-issuer", "STAGE=dev")


@pytest.mark.parametrize(
    "overrides",
    [
        [ISSUER, AUDIENCE],
        [ISSUER, 'JwtAudience="web, mobile"'],
        f"Stage=dev {ISSUER} {AUDIENCE}",
        "JwtIssuer=https://idp.example/ JwtAudience=api://default",
    ],
    ids=["list", "spaces", "text", "without quotes"],
)
def test_takes_a_stage_with_an_issuer_and_an_audience(bake_with_tools: Bake, overrides: list[str] | str) -> None:
    service = bake_with_tools(**JWT)
    write_stage(service, overrides)

    service.make("known-issuer", "STAGE=dev")


def test_a_service_without_tokens_has_nothing_of_them(bake: Bake) -> None:
    for answers in ({}, {"api_type": "http"}, {"api_type": "http", "auth": "none"}):
        service = bake(**answers)
        words = re.compile(r"\bjwt|bearer|make_token", re.IGNORECASE)
        assert [file for file in service.files if words.search(service.read(file))] == []


def test_the_page_s_commands_delete_all_items_of_one_user(make_stack: Callable[..., Stack], tmp_path: Path) -> None:
    page = (TEMPLATE / "docs" / "deployment.md").read_text(encoding="utf-8")
    (commands,) = re.findall(r"## Delete a user's items\n.*?```sh\n(.*?)```", page, re.DOTALL)
    stack = make_stack(**JWT, table_name="todos", sort_key="todo_id")
    user = "auth0|a b's \\"
    install_aws_cli(tmp_path)
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{stack.localstack_port}",
        "AWS_DEFAULT_REGION": "ap-northeast-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }

    with stack.running("dev", "DOCKER=no"):
        table = stack.dynamodb()
        for owner, item in ((user, "1"), (user, "\t'2' \\ \"é\""), ("bob", "1")):
            table.put_item(TableName="todos", Item={"user_id": {"S": owner}, "todo_id": {"S": item}, "n": {"N": "1"}})
        value = json.dumps(user)[1:-1].replace("'", "'\\''")
        result = stack.service.run("bash", "-c", commands.replace("the claim sub", value), **environment)
        remaining = table.scan(TableName="todos")["Items"]

    assert result.returncode == 0, result.stdout
    assert [item["user_id"]["S"] for item in remaining] == ["bob"]


@pytest.mark.docker
@pytest.mark.parametrize("target", ["dev", "start"])
def test_with_docker_the_table_is_in_the_emulator_and_a_line_says_why(
    make_stack: Callable[..., Stack], target: str
) -> None:
    stack = make_stack(**JWT)

    with stack.running(target):
        refused, created = call(stack, None, "/users"), call(stack, make_token(), "/users")
        stack.make("smoke")
    log = stack.service.read(f"{target}.log")

    assert (refused.status_code, created.status_code) == (401, 400)
    assert stack.dynamodb().list_tables()["TableNames"] == ["users"]
    assert "`sam local` has no JWT authorizer: the API runs without a container" in log
    assert stack.containers() == []


@pytest.mark.docker
def test_deploys_the_issuer_and_the_audiences_of_the_stage(bake_with_tools: Bake, ministack: MiniStack) -> None:
    """What the authorizer does with them, MiniStack does not show."""
    service = bake_with_tools(**JWT, project_slug=f"stack-{os.getpid()}-{next(NUMBERS)}")
    write_stage(service, ['Stage="dev"', 'TableName="tokens"', ISSUER, 'JwtAudience="web, mobile"'])

    service.make("deploy", "STAGE=dev", **ministack.environment)
    (stack,) = ministack.client("cloudformation").describe_stacks(StackName=f"{service.path.name}-dev")["Stacks"]
    service.make("delete", "STAGE=dev", **ministack.environment)

    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert parameters["JwtIssuer"] == "https://idp.example/pool"
    assert parameters["JwtAudience"] == "web, mobile"


@pytest.mark.docker
@pytest.mark.parametrize("language", ["python", "rust"])
def test_passes_its_contract_on_the_emulator(make_stack: Callable[..., Stack], language: str) -> None:
    stack = make_stack(language, **JWT)

    output = stack.make("test-integration")

    assert "sam local has no JWT authorizer" in output
    assert re.search(r"\d{2,} passed", output)
    assert stack.containers() == []
