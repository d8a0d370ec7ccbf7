"""The deploy role cannot extend permissions: attempts, each refused, and allowed once its guard is removed."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from simulated_iam import ACCOUNT, decide, make_request

if TYPE_CHECKING:
    from renders import Bake, Service

pytestmark = [pytest.mark.node, pytest.mark.slow]

ROLE = ".github/deploy-role.yaml"
IAM = f"arn:aws:iam::{ACCOUNT}:"
BOUNDARY = f"{IAM}policy/boundary-users-api-dev"
OWN_POLICY = f"{IAM}policy/users-api-dev-LogPolicy-x"
OWN_ROLE = f"{IAM}role/deploy-users-api-dev"
FUNCTIONS_ROLE = f"{IAM}role/users-api-dev-TableRole-x"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BOUNDED = {"iam:PermissionsBoundary": BOUNDARY}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Attempt:
    """What someone with the role tries, and the parts of its policy that refuse it."""

    action: str
    resource: str
    guards: tuple[str, ...]
    context: dict[str, str] = field(default_factory=dict)


ATTEMPTS = {
    "a role without the boundary": Attempt("iam:CreateRole", FUNCTIONS_ROLE, ("Condition",)),
    "a role with a wider boundary": Attempt(
        "iam:CreateRole", FUNCTIONS_ROLE, ("Condition",), {"iam:PermissionsBoundary": ADMINISTRATOR}
    ),
    "a wider boundary for a role": Attempt(
        "iam:PutRolePermissionsBoundary", FUNCTIONS_ROLE, ("Condition",), {"iam:PermissionsBoundary": ADMINISTRATOR}
    ),
    "a policy for a role without the boundary": Attempt("iam:PutRolePolicy", FUNCTIONS_ROLE, ("Condition",)),
    "an administrator": Attempt(
        "iam:AttachRolePolicy", FUNCTIONS_ROLE, ("Condition",), {"iam:PolicyARN": ADMINISTRATOR, **BOUNDED}
    ),
    "a stack's policy on a role without the boundary": Attempt(
        "iam:AttachRolePolicy", FUNCTIONS_ROLE, ("Condition",), {"iam:PolicyARN": OWN_POLICY}
    ),
    "the boundary removed": Attempt("iam:DeleteRolePermissionsBoundary", FUNCTIONS_ROLE, ("Action",), BOUNDED),
    "another version of the boundary": Attempt("iam:CreatePolicyVersion", BOUNDARY, ("Resource",)),
    "an earlier version of the boundary": Attempt("iam:SetDefaultPolicyVersion", BOUNDARY, ("Action", "Resource")),
    "no boundary": Attempt("iam:DeletePolicy", BOUNDARY, ("Resource",)),
    "another service with a function's role": Attempt(
        "iam:PassRole", FUNCTIONS_ROLE, ("Condition",), {"iam:PassedToService": "cloudformation.amazonaws.com"}
    ),
    "a function with another role": Attempt(
        "iam:PassRole", f"{IAM}role/administrator", ("Resource",), {"iam:PassedToService": "lambda.amazonaws.com"}
    ),
    "a function with the deploy role": Attempt(
        "iam:PassRole", OWN_ROLE, ("Resource",), {"iam:PassedToService": "lambda.amazonaws.com"}
    ),
    "a policy for itself": Attempt("iam:PutRolePolicy", OWN_ROLE, ("Condition", "Resource")),
    "its own trust": Attempt("iam:UpdateAssumeRolePolicy", OWN_ROLE, ("Resource",)),
    "a user": Attempt("iam:CreateUser", f"{IAM}user/users-api-dev-x", ("Action", "Resource")),
    "another role": Attempt("sts:AssumeRole", f"{IAM}role/administrator", ("Action", "Resource")),
}
DEPLOYMENT = {
    "iam:CreateRole": (FUNCTIONS_ROLE, BOUNDED),
    "iam:PutRolePermissionsBoundary": (FUNCTIONS_ROLE, BOUNDED),
    "iam:PutRolePolicy": (FUNCTIONS_ROLE, BOUNDED),
    "iam:AttachRolePolicy": (FUNCTIONS_ROLE, {"iam:PolicyARN": OWN_POLICY, **BOUNDED}),
    "iam:DetachRolePolicy": (FUNCTIONS_ROLE, {"iam:PolicyARN": OWN_POLICY, **BOUNDED}),
    "iam:DeleteRolePolicy": (FUNCTIONS_ROLE, {}),
    "iam:DeleteRole": (FUNCTIONS_ROLE, {}),
    "iam:CreatePolicyVersion": (OWN_POLICY, {}),
    "iam:PassRole": (FUNCTIONS_ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
    # `make smoke`
    "execute-api:Invoke": (f"arn:aws:execute-api:ap-northeast-1:{ACCOUNT}:a1b2c3/api/GET/users", {}),
    "dynamodb:PutItem": (f"arn:aws:dynamodb:ap-northeast-1:{ACCOUNT}:table/users-dev", {}),
    "dynamodb:DeleteItem": (f"arn:aws:dynamodb:ap-northeast-1:{ACCOUNT}:table/users-dev", {}),
}


def resolve(value: Any) -> Any:
    """Return a part of the template as CloudFormation gives it to IAM, for dev."""
    match value:
        case {"Ref": name}:
            return {"AWS::AccountId": ACCOUNT, "Boundary": BOUNDARY}[name]
        case {"Fn::If": ["IsProd", _, other]}:
            return resolve(other)
        case {"Fn::Sub": str(text)}:
            values = {"Partition": "aws", "Region": "ap-northeast-1", "AccountId": ACCOUNT, "Stage": "dev"}
            return re.sub(r"\$\{(?:AWS::)?(\w+)\}", lambda found: values[found[1]], text)
        case dict():
            return {name: resolve(part) for name, part in value.items()}
        case list():
            return [resolve(part) for part in value]
    return value


def read_policies(service: Service) -> tuple[Any, Any]:
    """Return the role's policy and the boundary."""
    resources = yaml_parse(service.read(ROLE))["Resources"]
    (policy,) = resources["Role"]["Properties"]["Policies"]
    return resolve(policy["PolicyDocument"]), resolve(resources["Boundary"]["Properties"]["PolicyDocument"])


def remove(guards: tuple[str, ...], policy: Any, action: str) -> Any:
    """Return the role's policy without its conditions or limits to resources, or with an action that it lacks."""
    policy = copy.deepcopy(policy)
    for statement in policy["Statement"]:
        if "Condition" in guards:
            statement.pop("Condition", None)
        if "Resource" in guards:
            statement["Resource"] = "*"
    if "Action" in guards:
        policy["Statement"].append({**policy["Statement"][-1], "Action": action, "Resource": "*"})
    return policy


def test_no_attempt_to_escalate_is_allowed_and_each_has_its_guard(bake: Bake) -> None:
    policy, _ = read_policies(bake())
    attempts = [(each.action, each.resource, each.guards, each.context) for each in ATTEMPTS.values()]

    guarded = [make_request(action, resource, policy, context=context) for action, resource, _, context in attempts]
    unguarded = [
        make_request(action, resource, remove(guards, policy, action), context=context)
        for action, resource, guards, context in attempts
    ]
    decisions = decide(guarded + unguarded)

    assert dict(zip(ATTEMPTS, decisions[: len(attempts)], strict=True)) == dict.fromkeys(ATTEMPTS, False)
    assert dict(zip(ATTEMPTS, decisions[len(attempts) :], strict=True)) == dict.fromkeys(ATTEMPTS, True)


def test_what_a_deployment_does_is_allowed(bake: Bake) -> None:
    policy, _ = read_policies(bake())

    decisions = decide(
        [make_request(action, resource, policy, context=context) for action, (resource, context) in DEPLOYMENT.items()]
    )

    assert dict(zip(DEPLOYMENT, decisions, strict=True)) == dict.fromkeys(DEPLOYMENT, True)


def test_the_boundary_limits_functions_to_the_table_its_indexes_and_the_log(bake: Bake) -> None:
    service = bake(functions="per-route", sort_key="at", routes="GET /, POST /, GET /{user_id}, DELETE /{user_id}/{at}")
    _, boundary = read_policies(service)
    actions = set(re.findall(r"- (dynamodb:\w+)", service.read("template.yaml")))
    table = f"arn:aws:dynamodb:ap-northeast-1:{ACCOUNT}:table/users"
    log = f"arn:aws:logs:ap-northeast-1:{ACCOUNT}:log-group:/aws/lambda/users-api-"
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
        ("logs:PutLogEvents", f"{log}prod:log-stream:x"),
        ("logs:DeleteLogGroup", f"{log}dev"),
        ("iam:CreateRole", FUNCTIONS_ROLE),
        ("lambda:InvokeFunction", f"arn:aws:lambda:ap-northeast-1:{ACCOUNT}:function:other"),
        ("s3:GetObject", "arn:aws:s3:::other/object"),
        ("sts:AssumeRole", f"{IAM}role/administrator"),
    ]

    bounded = decide([make_request(*request, EVERYTHING, boundary) for request in allowed + refused])
    unbounded = decide([make_request(*request, EVERYTHING) for request in refused])

    assert len(actions) == 4
    assert bounded == [True] * len(allowed) + [False] * len(refused), json.dumps(boundary)
    assert unbounded == [True] * len(refused)
