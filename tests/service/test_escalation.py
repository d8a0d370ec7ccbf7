"""The policy of the deploy role: what it refuses, what a deployment needs, and what its page admits. IAM is simulated."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from samtranslator.yaml_helper import yaml_parse

from simulated_iam import ACCOUNT, decide, find_allowed, make_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from renders import Bake, Service
    from simulated_iam import Context

pytestmark = [pytest.mark.node, pytest.mark.slow]

ROLE = ".github/deploy-role.yaml"
PAGE = ".github/continuous-deployment.md"
REGION = "ap-northeast-1"
OTHER_ACCOUNT = "000000000000"
STAGES = {"dev": "prod", "prod": "dev"}
IAM = f"arn:aws:iam::{ACCOUNT}:"
SNS = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
EC2 = f"arn:aws:automate:{REGION}:ec2:terminate"
STACK = "users-api-dev"
BOUNDARY = f"{IAM}policy/boundary-{STACK}"
FUNCTIONS_ROLE = f"{IAM}role/{STACK}/{STACK}-TableRole-x"
OWN_ROLE = f"{IAM}role/deploy-{STACK}"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BUCKET = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-x"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def arn(service: str, name: str) -> str:
    """Return the ARN of something in the account and region of the role."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def api(path: str) -> str:
    """Return the ARN of something in API Gateway."""
    return f"arn:aws:apigateway:{REGION}::{path}"


@dataclass(frozen=True)
class DeployRole:
    """The role of a stage, and the permissions boundary, as CloudFormation gives both to IAM."""

    service: Service
    stage: str = "dev"
    access_logs: str = "false"

    @property
    def slug(self) -> str:
        return self.service.path.name

    @property
    def stack(self) -> str:
        return f"{self.slug}-{self.stage}"

    @property
    def boundary_arn(self) -> str:
        return f"{IAM}policy/boundary-{self.stack}"

    @property
    def policy(self) -> Any:
        (policy,) = self.resources["Role"]["Properties"]["Policies"]
        return self.resolve(policy["PolicyDocument"])

    @property
    def boundary(self) -> Any:
        return self.resolve(self.resources["Boundary"]["Properties"]["PolicyDocument"])

    @property
    def resources(self) -> Any:
        return yaml_parse(self.service.read(ROLE))["Resources"]

    @property
    def table(self) -> str:
        (table,) = set(re.findall(r":table/([^'/]+)'", str(self.policy)))
        return str(table)

    def resolve(self, value: Any) -> Any:
        match value:
            case {"Ref": name}:
                return {"AWS::AccountId": ACCOUNT, "Boundary": self.boundary_arn}.get(name)
            case {"Fn::If": [condition, then, otherwise]}:
                holds = {"IsProd": self.stage == "prod", "HasAccessLogs": self.access_logs == "true"}
                return self.resolve(then if holds[condition] else otherwise)
            case {"Fn::Sub": str(text)}:
                values = {"Partition": "aws", "Region": REGION, "AccountId": ACCOUNT, "Stage": self.stage}
                return re.sub(r"\$\{(?:AWS::)?(\w+)\}", lambda found: values[found[1]], text)
            case dict():
                return {name: self.resolve(part) for name, part in value.items()}
            case list():
                return [part for part in map(self.resolve, value) if part is not None]  # AWS::NoValue
        return value

    def statements(self) -> Iterator[tuple[dict[str, Any], list[str]]]:
        """Yield each statement with its actions."""
        for statement in self.policy["Statement"]:
            actions = statement["Action"]
            yield statement, [actions] if isinstance(actions, str) else actions


class Attempt(NamedTuple):
    """What someone with the role tries."""

    action: str
    resource: str
    context: Context | None = None
    stage: str = "dev"


BOUNDED: Context = {"iam:PermissionsBoundary": BOUNDARY}
WIDER: Context = {"iam:PermissionsBoundary": ADMINISTRATOR}
TO_LAMBDA: Context = {"iam:PassedToService": "lambda.amazonaws.com"}
OWN_FUNCTION = arn("lambda", f"function:{STACK}_Api")
OWN_ALARM = arn("cloudwatch", f"alarm:{STACK}_Latency")
ATTEMPTS = {
    "a role without the boundary": Attempt("iam:CreateRole", FUNCTIONS_ROLE),
    "a role with a wider boundary": Attempt("iam:CreateRole", FUNCTIONS_ROLE, WIDER),
    "a wider boundary for a role": Attempt("iam:PutRolePermissionsBoundary", FUNCTIONS_ROLE, WIDER),
    "the boundary removed": Attempt("iam:DeleteRolePermissionsBoundary", FUNCTIONS_ROLE, BOUNDED),
    "a policy for a role without the boundary": Attempt("iam:PutRolePolicy", FUNCTIONS_ROLE),
    "an administrator": Attempt("iam:AttachRolePolicy", FUNCTIONS_ROLE, {"iam:PolicyARN": ADMINISTRATOR, **BOUNDED}),
    "another version of the boundary": Attempt("iam:CreatePolicyVersion", BOUNDARY),
    "no boundary": Attempt("iam:DeletePolicy", BOUNDARY),
    "another service with a function's role": Attempt(
        "iam:PassRole", FUNCTIONS_ROLE, {"iam:PassedToService": "cloudformation.amazonaws.com"}
    ),
    "a function with another role": Attempt("iam:PassRole", f"{IAM}role/administrator", TO_LAMBDA),
    "a function with the deploy role": Attempt("iam:PassRole", OWN_ROLE, TO_LAMBDA),
    "a policy for itself": Attempt("iam:PutRolePolicy", OWN_ROLE),
    "its own trust": Attempt("iam:UpdateAssumeRolePolicy", OWN_ROLE),
    "a user": Attempt("iam:CreateUser", f"{IAM}user/{STACK}/x"),
    "a function that anyone may call": Attempt("lambda:AddPermission", OWN_FUNCTION, {"lambda:Principal": "*"}),
    "a function that an account may call": Attempt(
        "lambda:AddPermission", OWN_FUNCTION, {"lambda:Principal": OTHER_ACCOUNT}
    ),
    "a function that another service may call": Attempt(
        "lambda:AddPermission", OWN_FUNCTION, {"lambda:Principal": "s3.amazonaws.com"}
    ),
    "a function with a URL": Attempt("lambda:CreateFunctionUrlConfig", OWN_FUNCTION),
    "an alarm that ends machines": Attempt("cloudwatch:PutMetricAlarm", OWN_ALARM, {"cloudwatch:AlarmActions": [EC2]}),
    "an alarm that also calls a function": Attempt(
        "cloudwatch:PutMetricAlarm", OWN_ALARM, {"cloudwatch:AlarmActions": [SNS, OWN_FUNCTION]}
    ),
    "its stack deleted": Attempt("cloudformation:DeleteStack", arn("cloudformation", f"stack/{STACK}/x")),
    "code in a bucket of another account": Attempt(
        "s3:PutObject", f"{BUCKET}/{STACK}/x", {"s3:ResourceAccount": OTHER_ACCOUNT}
    ),
    "reading the table": Attempt("dynamodb:Scan", arn("dynamodb", "table/users-dev")),
    "items that expire": Attempt("dynamodb:UpdateTimeToLive", arn("dynamodb", "table/users"), stage="prod"),
    "no table in prod": Attempt("dynamodb:DeleteTable", arn("dynamodb", "table/users"), stage="prod"),
}
DEPLOYMENT: dict[str, tuple[str, Context]] = {
    "iam:CreateRole": (FUNCTIONS_ROLE, BOUNDED),
    "iam:PutRolePermissionsBoundary": (FUNCTIONS_ROLE, BOUNDED),
    "iam:PutRolePolicy": (FUNCTIONS_ROLE, BOUNDED),
    "iam:DeleteRolePolicy": (FUNCTIONS_ROLE, {}),
    "iam:DeleteRole": (FUNCTIONS_ROLE, {}),
    "iam:PassRole": (FUNCTIONS_ROLE, TO_LAMBDA),
    "lambda:CreateFunction": (OWN_FUNCTION, {}),
    "lambda:AddPermission": (OWN_FUNCTION, {"lambda:Principal": "apigateway.amazonaws.com"}),
    "cloudwatch:PutMetricAlarm": (OWN_ALARM, {"cloudwatch:AlarmActions": [SNS]}),
    "s3:PutObject": (f"{BUCKET}/{STACK}/x", {"s3:ResourceAccount": ACCOUNT}),
    "apigateway:POST": (api("/restapis"), {}),
    # `make smoke`
    "execute-api:Invoke": (arn("execute-api", "a1b2c3/api/GET/users"), {}),
    "dynamodb:PutItem": (arn("dynamodb", "table/users-dev"), {}),
    "dynamodb:DeleteItem": (arn("dynamodb", "table/users-dev"), {}),
    "dynamodb:DeleteTable": (arn("dynamodb", "table/users-dev"), {}),
}


def test_no_attempt_to_escalate_is_allowed(bake: Bake) -> None:
    service = bake()
    policies = {stage: DeployRole(service, stage).policy for stage in STAGES}

    attempts = ATTEMPTS.values()
    by_the_role = decide([make_request(a.action, a.resource, policies[a.stage], context=a.context) for a in attempts])
    by_anyone = decide([make_request(a.action, a.resource, EVERYTHING, context=a.context) for a in attempts])

    assert dict(zip(ATTEMPTS, by_the_role, strict=True)) == dict.fromkeys(ATTEMPTS, False)
    assert dict(zip(ATTEMPTS, by_anyone, strict=True)) == dict.fromkeys(ATTEMPTS, True)


def test_what_a_deployment_does_is_allowed(bake: Bake) -> None:
    policy = DeployRole(bake()).policy

    decisions = decide(
        [make_request(action, resource, policy, context=context) for action, (resource, context) in DEPLOYMENT.items()]
    )

    assert dict(zip(DEPLOYMENT, decisions, strict=True)) == dict.fromkeys(DEPLOYMENT, True)


# What remains allowed outside the stage, by the word with which the page admits it: actions, and where.
OUTSIDE = {
    "APIs": re.compile(r"apigateway:\w+ .*::/(restapis|tags)(/|$)"),
    "Calls": re.compile(r"execute-api:Invoke "),
    "Access logs": re.compile(r"logs:(\w+LogDeliver(y|ies)|\w+ResourcePolic(y|ies)) \*"),
    "Reading": re.compile(
        r"logs:Describe(LogGroups|IndexPolicies) \*|cloudformation:GetTemplateSummary "
        r"|cloudformation:DescribeStacks .*:stack/aws-sam-cli-managed-default/"
    ),
}


def list_inside(role: DeployRole) -> dict[str, list[tuple[str, str, Context]]]:
    """Return what remains allowed on the stage's own resources, by the word with which the page admits it."""
    table, function = arn("dynamodb", f"table/{role.table}"), arn("lambda", f"function:{role.stack}_x")
    functions_role = f"{IAM}role/{role.stack}/x"
    return {
        "Table": [("dynamodb:UpdateTable", table, {}), ("dynamodb:UpdateContinuousBackups", table, {})],
        "Functions": [("lambda:UpdateFunctionCode", function, {}), ("iam:UpdateAssumeRolePolicy", functions_role, {})],
        "Invocations": [("lambda:AddPermission", function, {"lambda:Principal": "apigateway.amazonaws.com"})],
        "Alarms": [
            (
                "cloudwatch:PutMetricAlarm",
                arn("cloudwatch", f"alarm:{role.stack}_x"),
                {"cloudwatch:AlarmActions": [f"arn:aws:sns:{REGION}:{OTHER_ACCOUNT}:x"]},
            )
        ],
    }


def list_other_stacks(role: DeployRole) -> list[str]:
    """Return stacks in the same account: the other stage, another service, and names that look alike."""
    slug = role.slug
    slugs = {"billing", f"{slug}2", f"{slug}-v2", f"deploy-{slug}", slug.removeprefix("deploy-"), slug[:24].rstrip("-")}
    stacks = {f"{slug}-{STAGES[role.stage]}", *(f"{role.stack}-{stage}" for stage in STAGES)}
    return sorted(stacks | {f"{other}-{role.stage}" for other in slugs - {slug}})


def list_resources(stack: str) -> Iterator[str]:
    """Yield the ARNs of a stack: with names as template.yaml gives them, and as CloudFormation generates them."""
    yield from (arn("cloudformation", f"stack/{name}/x") for name in (stack, f"{stack}-deploy-role"))
    yield from (arn("lambda", f"function:{name}") for name in (stack, f"{stack}_Api", f"{stack}-ApiFunction-x"))
    yield from (arn("lambda", f"function:{stack[:24]}-ApiFunction-x"), f"{BUCKET}/{stack}/x")
    yield from (f"{IAM}role/{name}" for name in (f"{stack}/x", f"{stack}-TableRole-x", f"deploy-{stack}", stack))
    yield from (arn("cloudwatch", f"alarm:{stack}{name}") for name in ("_Latency", "-LatencyAlarm-x"))
    yield from (arn("dynamodb", f"table/{name}") for name in (stack, f"{stack}_x"))
    yield from (arn("logs", f"log-group:/aws/{name}") for name in (f"lambda/{stack}", f"apigateway/{stack}:*"))


def list_others(role: DeployRole) -> list[str]:
    """Return the ARNs of what does not belong to the stage."""
    others = [name for stack in list_other_stacks(role) for name in list_resources(stack)]
    other_table = DeployRole(role.service, STAGES[role.stage]).table
    tables = (other_table, f"{role.table}2", f"{role.table}-x", f"{role.table}/index/x", f"{role.table}/stream/x")
    paths = (
        "restapis/x",
        "restapis/x/stages/x",
        "restapis/x/resources",
        "restapis/x/authorizers/x",
        "tags/x",
        "account",
        "domainnames/x",
    )
    return [
        *dict.fromkeys(others),
        *(arn("dynamodb", f"table/{name}") for name in tables),
        *(api(f"/{path}") for path in (*paths, "usageplans/x", "apikeys/x", "vpclinks/x")),
        *(f"{IAM}role/deploy-{role.stack}", arn("cloudformation", f"stack/{role.stack}-deploy-role/x")),
        *(f"{IAM}role/administrator", arn("cloudformation", "stack/aws-sam-cli-managed-default/x")),
        *(f"{BUCKET}/x", "arn:aws:s3:::other/x", arn("execute-api", "x/api/GET/x")),
    ]


def try_everything(role: DeployRole, policy: Any) -> set[tuple[str, str]]:
    """Return which of the role's actions a policy allows on what. Each has what the role's conditions require."""
    required: Context = {
        "iam:PermissionsBoundary": role.boundary_arn,
        "iam:PassedToService": "lambda.amazonaws.com",
        "lambda:Principal": "apigateway.amazonaws.com",
        "cloudwatch:AlarmActions": [SNS],
        "s3:ResourceAccount": ACCOUNT,
    }
    others = list_others(role)
    tried = [
        (action, resource, {key: required[key] for keys in statement.get("Condition", {}).values() for key in keys})
        for statement, actions in role.statements()
        for action in actions
        for resource in (["*"] if statement["Resource"] == "*" else others)
        if resource == "*" or resource.split(":")[2] == action.split(":")[0]
    ]
    allowed = find_allowed(
        [make_request(action, resource, policy, context=context) for action, resource, context in tried]
    )
    return {(action, resource) for (action, resource, _), is_allowed in zip(tried, allowed, strict=True) if is_allowed}


@pytest.mark.parametrize(
    ("answers", "stage", "access_logs"),
    [
        ({}, "dev", "false"),
        ({"auth": "none"}, "prod", "false"),
        ({"project_slug": "deploy-customer-portal", "table_name": "customers"}, "dev", "false"),
        ({"project_slug": "customer-relations-archive-of-all-years", "table_name": "letters"}, "prod", "false"),
        ({"api_type": "http", "project_slug": "orders-api", "table_name": "orders-dev"}, "dev", "true"),
        ({"api_type": "http", "project_slug": "a", "table_name": "abc", "auth": "none"}, "prod", "false"),
        ({"api_type": "http", "auth": "jwt"}, "dev", "false"),
    ],
    ids=str,
)
def test_what_remains_allowed_is_what_the_page_admits(
    bake: Bake, answers: dict[str, str], stage: str, access_logs: str
) -> None:
    role = DeployRole(bake(**answers), stage, access_logs)
    # IAM's data lists the resources of HTTP APIs, but not which actions take them: those of REST APIs stand for them.
    policy = json.loads(json.dumps(role.policy).replace("::/apis", "::/restapis"))
    is_signed, is_http = answers.get("auth", "iam") == "iam", answers.get("api_type") == "http"

    found = {" ".join(allowed) for allowed in try_everything(role, policy)}
    outside = {word: {request for request in found if pattern.match(request)} for word, pattern in OUTSIDE.items()}
    inside = list_inside(role)
    own = [
        make_request(action, resource, policy, context=context)
        for requests in inside.values()
        for action, resource, context in requests
    ]
    page = re.findall(r"^- \*\*(.+?)\.\*\*", role.service.read(PAGE), re.MULTILINE)

    assert found - set().union(*outside.values()) == set()
    assert {word for word, allowed in outside.items() if allowed} == {
        *("APIs", "Reading"),
        *(["Calls"] if is_signed else []),
        *(["Access logs"] if access_logs == "true" else []),
    }
    # Of another API, too, it may remove an authorizer, or point it to another issuer.
    authorizer = api("/restapis/x/authorizers/x")
    assert {f"apigateway:{method} {authorizer}" for method in ("DELETE", "PATCH")} <= outside["APIs"]
    assert "authorizers" in next(line for line in role.service.read(PAGE).splitlines() if line.startswith("- **APIs."))
    assert all(decide(own))
    assert sorted(page) == sorted(
        {*OUTSIDE, *inside} - {"Calls" if not is_signed else "", "Access logs" if not is_http else ""}
    )


def test_tries_every_action_of_the_role_and_something_of_every_kind(bake: Bake) -> None:
    """An ARN that no action takes would be refused, whatever the policy."""
    role = DeployRole(bake())

    possible = try_everything(role, EVERYTHING)

    assert {action for action, _ in possible} == {action for _, actions in role.statements() for action in actions}
    assert {resource for _, resource in possible} == {*list_others(role), "*"}


def test_the_boundary_limits_functions_to_the_table_its_indexes_and_the_log(bake: Bake) -> None:
    service = bake(functions="per-route", sort_key="at", routes="GET /, POST /, GET /{user_id}, DELETE /{user_id}/{at}")
    boundary = DeployRole(service).boundary
    actions = set(re.findall(r"- (dynamodb:\w+)", service.read("template.yaml")))
    table = arn("dynamodb", "table/users")
    log = arn("logs", "log-group:/aws/lambda/users-api-")
    allowed = [
        *((action, f"{table}-dev") for action in sorted(actions)),
        ("dynamodb:Query", f"{table}-dev/index/by-email"),
        ("logs:CreateLogStream", f"{log}dev:log-stream:x"),
        ("logs:PutLogEvents", f"{log}dev:log-stream:x"),
    ]
    refused = [
        ("dynamodb:GetItem", table),
        ("dynamodb:DeleteTable", f"{table}-dev"),
        ("dynamodb:Query", f"{table}/index/by-email"),
        ("dynamodb:GetItem", f"{table}-dev2"),
        ("logs:PutLogEvents", f"{log}prod:log-stream:x"),
        ("logs:PutLogEvents", f"{log}dev-dev:log-stream:x"),
        ("logs:DeleteLogGroup", f"{log}dev"),
        ("iam:CreateRole", FUNCTIONS_ROLE),
        ("lambda:InvokeFunction", arn("lambda", "function:other")),
        ("lambda:InvokeFunction", OWN_FUNCTION),
        ("s3:GetObject", "arn:aws:s3:::other/object"),
        ("sts:AssumeRole", f"{IAM}role/administrator"),
    ]

    bounded = decide([make_request(*request, EVERYTHING, boundary) for request in allowed + refused])
    unbounded = decide([make_request(*request, EVERYTHING) for request in refused])

    assert len(actions) == 4
    assert bounded == [True] * len(allowed) + [False] * len(refused), json.dumps(boundary)
    assert unbounded == [True] * len(refused)
