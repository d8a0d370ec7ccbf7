"""The role that GitHub deploys with: on an emulator that refuses what is not allowed, and by the page that makes it."""

from __future__ import annotations

import base64
import json
import os
import re
import time
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import botocore.exceptions
import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from ministack import install_aws_cli, run_ministack
from renders import Service, cookiecutter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ministack import MiniStack
    from renders import Bake

ROLE = ".github/deploy-role.yaml"
PAGE = ".github/continuous-deployment.md"
REPOSITORY = "acme/users-api"
ISSUER = "token.actions.githubusercontent.com"
LONG_SLUG = "customer-relations-archive-of-all-years"

BOUNDARY = "arn:aws:iam::000000000000:policy/boundary-users-api-dev"

# What CloudFormation asks for on behalf of properties that the template does not set.
NOT_NEEDED = re.compile(
    r"(ec2|elasticfilesystem|firehose|kinesis|kms|s3|s3files):"  # networks, file systems, streams, keys of one's own
    r"|dynamodb:\w*(Replica|Import|Kinesis|ContributorInsights|ResourcePolicy)|iam:CreateServiceLinkedRole"
    r"|dynamodb:(BatchWrite|Delete|Get|Put|Update)Item|dynamodb:(Query|Scan|UpdateTimeToLive)"
    r"|logs:\w*LogStreams?|logs:PutLogEvents"
    r"|lambda:\w*(Alias|CodeSigningConfig|Concurrency|LayerVersion|CapacityProvider|PublishVersion)"
    r"|lambda:Put(FunctionRecursion|FunctionScaling|RuntimeManagement)Config"
    r"|iam:(Delete|PutUser)\w*PermissionsBoundary|iam:\w*(GroupPolicy|UserPolicy)|iam:(Attach|Detach)RolePolicy"
    r"|logs:\w*(KmsKey|DataProtectionPolicy|IndexPolicy|BearerToken\w*|DeletionProtection|ResourcePolic\w*|LogDelivery)"
    r"|apigateway:(UpdateRestApiPolicy|TagResource|UntagResource)"  # the last two are IAM's PUT and DELETE of /tags
)


def test_only_a_service_with_an_expiry_lets_its_role_set_one(bake: Bake) -> None:
    roles = [bake(attributes=attributes).read(ROLE) for attributes in ("until:expiry?, ...", "made:created, ...", "")]

    assert ["dynamodb:UpdateTimeToLive" in role for role in roles] == [True, False, False]


def make_token(subject: str, audience: str = "sts.amazonaws.com", issuer: str = ISSUER) -> str:
    """Return a token as GitHub's, but for the signature, at which the emulator does not look."""
    claims = {"iss": f"https://{issuer}", "aud": audience, "sub": subject, "exp": int(time.time()) + 600}
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, b"signature"))


def make_role(stack: MiniStack, service: Service, stage: str, repository: str = REPOSITORY) -> str:
    """Deploy the role's template, and return the role's ARN."""
    client = stack.client("cloudformation")
    name = f"deploy-{stage}-of-{re.sub('[^a-z]', '-', repository)}"
    parameters = {"Repository": repository, "Stage": stage, "CreateProvider": "false"}
    client.create_stack(
        StackName=name,
        TemplateBody=service.read(ROLE),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    outputs = client.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    arn: str = {output["OutputKey"]: output["OutputValue"] for output in outputs}["RoleArn"]
    return arn


def take_role(stack: MiniStack, arn: str, token: str) -> dict[str, str]:
    """Return the environment that GitHub gives to a job with the role."""
    answer = stack.client("sts").assume_role_with_web_identity(
        RoleArn=arn, RoleSessionName="github", WebIdentityToken=token
    )
    return {
        "AWS_ACCESS_KEY_ID": answer["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": answer["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": answer["Credentials"]["SessionToken"],
        "AWS_ENDPOINT_URL": stack.url,
        "SAM_CLI_POLL_DELAY": "1",
    }


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, tools: Path) -> Service:
    output = tmp_path_factory.mktemp("deployed")
    cookiecutter("--no-input", "--output-dir", str(output)).check_returncode()
    service = Service(output / "users-api")
    (service.path / ".venv").symlink_to(tools)
    (tools / ".complete").touch()
    return service


@pytest.fixture(scope="module")
def guarded() -> Iterator[MiniStack]:
    """AWS that looks at permissions, in an account that trusts GitHub's tokens."""
    with run_ministack(AUTH="true") as stack:
        stack.client("iam").create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"])
        yield stack


@pytest.fixture(scope="module")
def roles(guarded: MiniStack, service: Service) -> dict[str, str]:
    return {stage: make_role(guarded, service, stage) for stage in ("dev", "prod")}


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize(
    ("subject", "others", "stages"),
    [
        (f"repo:{REPOSITORY}:environment:dev", {}, ["dev"]),
        (f"repo:{REPOSITORY}:environment:prod", {}, ["prod"]),
        (f"repo:{REPOSITORY}:environment:production", {}, []),
        (f"repo:{REPOSITORY}:ref:refs/heads/main", {}, []),
        (f"repo:{REPOSITORY}:pull_request", {}, []),
        ("repo:stranger/users-api:environment:dev", {}, []),
        ("repo:acme@1/users-api@2:environment:dev", {}, []),
        (f"repo:{REPOSITORY}:environment:dev", {"audience": "https://github.com/acme"}, []),
        (f"repo:{REPOSITORY}:environment:dev", {"issuer": "tokens.example.org"}, []),
    ],
)
def test_only_the_repository_s_environment_can_assume_it(
    guarded: MiniStack, roles: dict[str, str], subject: str, others: dict[str, str], stages: list[str]
) -> None:
    refused = [stage for stage in roles if stage not in stages]

    for stage in stages:
        take_role(guarded, roles[stage], make_token(subject, **others))
    for stage in refused:
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            take_role(guarded, roles[stage], make_token(subject, **others))


@pytest.mark.docker
@pytest.mark.slow
def test_deploys_its_stack_and_no_other(guarded: MiniStack, roles: dict[str, str], service: Service) -> None:
    administrator = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": guarded.url}
    role = take_role(guarded, roles["dev"], make_token(f"repo:{REPOSITORY}:environment:dev"))
    service.make("build")

    def deploy(stack: str, folder: str = "users-api-dev") -> tuple[int, str]:
        options = "--no-confirm-changeset --no-fail-on-empty-changeset --resolve-s3 --capabilities CAPABILITY_IAM"
        names = f"--stack-name {stack} --s3-prefix {folder} --tags stage=dev"
        parameters = f"--parameter-overrides TableName=users-dev PermissionsBoundary={BOUNDARY}"
        words = f"{options} {names} {parameters}".split()
        result = service.run(".venv/bin/sam", "deploy", *words, **role)
        return result.returncode, result.stdout

    without_bucket = deploy("users-api-dev")
    service.run(".venv/bin/sam", "package", "--resolve-s3", **administrator).check_returncode()
    (bucket,) = [bucket["Name"] for bucket in guarded.client("s3").list_buckets()["Buckets"]]
    guarded.client("s3").delete_bucket_policy(Bucket=bucket)  # refuses what is not TLS, as the emulator is not
    first, second = deploy("users-api-dev"), deploy("users-api-dev")
    other_stack, other_folder = deploy("users-api-prod"), deploy("users-api-dev", "users-api-prod")
    url = service.run(".venv/bin/sam", "list", "stack-outputs", "--stack-name", "users-api-dev", **role)

    assert without_bucket[0] == 1
    assert "not authorized to perform: cloudformation:CreateChangeSet" in without_bucket[1]
    assert first[0] == 0, first[1]
    assert "Successfully created/updated stack - users-api-dev" in first[1]
    assert second[0] == 0, second[1]
    assert other_stack[0] == other_folder[0] == 1
    assert "not authorized to perform: cloudformation:" in other_stack[1]
    assert "not authorized to perform: s3:PutObject" in other_folder[1]
    assert "/api" in url.stdout


def find_missing_permissions(service: Service) -> set[str]:
    """Return what CloudFormation asks for to make, change and delete the template's resources, and the role lacks."""
    template = yaml_parse(service.read("template.yaml"))
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/code"
    resources = Translator({}, Parser()).translate(template, {})["Resources"]
    needed = set()
    for kind in {resource["Type"] for resource in resources.values()}:
        handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema["handlers"]
        needed |= {
            permission
            for operation in ("create", "read", "update", "delete")
            for permission in handlers.get(operation, {}).get("permissions", [])
        }
    policies = yaml_parse(service.read(ROLE))["Resources"]["Role"]["Properties"]["Policies"]
    granted = set(re.findall(r"'(\w+:\w+)'", str(policies)))
    return {permission for permission in needed - granted if not NOT_NEEDED.match(permission)}


@pytest.mark.parametrize(
    "answers", [{}, {"api_type": "http"}, {"api_type": "http", "auth": "jwt"}], ids=["rest", "http", "jwt"]
)
def test_may_do_what_cloudformation_does(bake: Bake, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")
    service = bake(**answers)

    assert find_missing_permissions(service) == set()


def test_may_create_and_change_the_authorizer_of_its_api(bake: Bake) -> None:
    text = bake(api_type="http", auth="jwt").read(ROLE)
    patterns = re.findall(r"::(/apis\S*)", text)

    assert any(fnmatchcase("/apis/a1b2c3/authorizers/d4e5f6", pattern) for pattern in patterns)


@pytest.mark.slow
@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"api_type": "http"},
        {"project_slug": LONG_SLUG},
        {"region": "cn-north-1", "table_name": "1e3"},
        {"table_name": "x" * 255},
    ],
    ids=str,
)
def test_is_a_good_template(bake: Bake, answers: dict[str, str]) -> None:
    result = bake(**answers).run("cfn-lint", "--non-zero-exit-code", "informational", ROLE)

    assert result.returncode == 0, result.stdout


LONG_NAMES = ", ".join(
    f"GET /v{number}/{{user_id}} read_the_user_whose_id_this_is_in_version_{number}" for number in (1, 2)
)


@pytest.mark.parametrize("slug", ["users-api", "deploy-users-api", LONG_SLUG, "x" * 40])
@pytest.mark.parametrize(("functions", "routes"), [("single", ""), ("per-route", ""), ("per-route", LONG_NAMES)])
def test_finds_by_name_or_path_what_the_stack_creates(bake: Bake, slug: str, functions: str, routes: str) -> None:
    service = bake(project_slug=slug, functions=functions, **({"routes": routes} if routes else {}))
    resources = yaml_parse(service.read("template.yaml"))["Resources"]
    patterns = set(re.findall(r":((?:function:|role/|alarm:)\S*\*)", service.read(ROLE)))

    def list_names(kind: str, name: str, form: str) -> list[str]:
        properties = [resource["Properties"] for resource in resources.values() if resource["Type"] == kind]
        return [
            form.format(resource[name]["Fn::Sub"].replace("${AWS::StackName}", f"{slug}-staging"))
            for resource in properties
        ]

    functions_names = list_names("AWS::Serverless::Function", "FunctionName", "function:{}")
    names = [
        *functions_names,
        *list_names("AWS::IAM::Role", "Path", "role{}x"),
        *list_names("AWS::CloudWatch::Alarm", "AlarmName", "alarm:{}"),
    ]
    assert patterns == {f"function:{slug}-${{Stage}}_*", f"role/{slug}-${{Stage}}/*", f"alarm:{slug}-${{Stage}}_*"}
    matching = [pattern.replace("${Stage}", "staging") for pattern in patterns]
    assert [name for name in names if not any(fnmatchcase(name, pattern) for pattern in matching)] == []
    assert len(set(functions_names)) == len(functions_names)
    assert all(len(name.removeprefix("function:")) <= 64 for name in functions_names)


@pytest.mark.parametrize(
    ("repository", "is_one"),
    [
        ("acme/users-api", True),
        ("acme@12/users.api@34", True),
        ("octocat_acme@123456/users-api@789", True),  # the name of an Enterprise Managed User
        ("octocat_acme/users-api", True),
        ("acme", False),
        ("*/users-api", False),
        ("acme/*", False),
        ("acme/users-api:environment:dev", False),
        ("acme/users-api/x", False),
    ],
)
def test_takes_one_repository(bake: Bake, repository: str, is_one: bool) -> None:
    pattern = yaml_parse(bake().read(ROLE))["Parameters"]["Repository"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, repository)) is is_one


@pytest.mark.parametrize(
    ("region", "audience"), [("eu-west-1", "sts.amazonaws.com"), ("cn-north-1", "sts.amazonaws.com.cn")]
)
def test_expects_tokens_for_the_region_s_partition(bake: Bake, region: str, audience: str) -> None:
    service = bake(region=region)
    resources = yaml_parse(service.read(ROLE))["Resources"]
    (statement,) = resources["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    shown = set(re.findall(r"audience: (\S+)", service.read(".github/workflows/ci.yml")))

    assert resources["Provider"]["Properties"]["ClientIdList"] == [audience]
    assert statement["Condition"]["StringEquals"][f"{ISSUER}:aud"] == audience
    assert shown == ({audience} if region.startswith("cn-") else set())


GH = """\
#!/bin/sh
case "$*" in
  *full_name) echo acme/users-api ;;
  *.name\\)@*) echo acme@1/users-api@2 ;;
  *) echo "$*" >>"$GH_LOG" ;;
esac
"""


@pytest.mark.docker
@pytest.mark.slow
def test_the_page_makes_it(service: Service, tmp_path: Path) -> None:
    """Paste the page's commands, with the parameter that it names for an account that trusts GitHub already."""
    blocks = re.findall(r"```sh\n(.*?)```", service.read(PAGE), re.DOTALL)
    script = "".join(block for block in blocks if "full_name" not in block)
    install_aws_cli(tmp_path)
    (tmp_path / "gh").write_text(GH, encoding="utf-8")
    (tmp_path / "gh").chmod(0o755)
    log = tmp_path / "log"

    with run_ministack() as stack:
        stack.client("iam").create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"])
        result = service.run(
            *("bash", "-euo", "pipefail", "-c", script.replace("CreateProvider=true", "CreateProvider=false")),
            **{**stack.environment, "PATH": f"{tmp_path}:{os.environ['PATH']}", "GH_LOG": str(log)},
            AWS_DEFAULT_REGION="us-east-1",  # not the service's
        )
        assert result.returncode == 0, result.stdout
        role = stack.client("iam").get_role(RoleName="deploy-users-api-dev")["Role"]
        buckets = stack.client("s3").list_buckets()["Buckets"]
        stacks = [deployed["StackName"] for deployed in stack.client("cloudformation").describe_stacks()["Stacks"]]
    samconfig = service.read("samconfig.toml")

    subjects = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]
    assert "users-api-dev-deploy-role" in stacks
    assert subjects[f"{ISSUER}:sub"] == "repo:acme@1/users-api@2:environment:dev"
    assert len(buckets) == 1
    assert f"""['Stage="dev"', 'PermissionsBoundary="{BOUNDARY}"', 'TableName="users-dev"']""" in samconfig
    assert samconfig.count("PermissionsBoundary") == 1
    environment = "repos/{owner}/{repo}/environments/dev"
    policy = "deployment_branch_policy"
    assert log.read_text(encoding="utf-8").splitlines() == [
        f"api --method PUT {environment} --field {policy}[protected_branches]=false --field {policy}[custom_branch_policies]=true",
        f"api --method POST {environment}/deployment-branch-policies --field type=branch --field name=main",
        f"variable set AWS_ROLE_ARN_DEV --body {role['Arn']}",
    ]
