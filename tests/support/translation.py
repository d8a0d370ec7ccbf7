"""A rendered template after SAM's own translation, as CloudFormation receives it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from renders import Service

API_TYPES = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
ANY = "x-amazon-apigateway-any-method"


class Stack:
    """The resources into which SAM translates a service's template.yaml."""

    def __init__(self, service: Service) -> None:
        template = yaml_parse(service.read("template.yaml"))
        template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
        session = boto3.Session(region_name="eu-west-1")
        self.resources: dict[str, Any] = Translator({}, Parser(), [], session).translate(template, {})["Resources"]

    def of_type(self, *types: str) -> dict[str, Any]:
        return {name: resource for name, resource in self.resources.items() if resource["Type"] in types}

    @property
    def api(self) -> dict[str, Any]:
        """The OpenAPI document of the one API."""
        (api,) = self.of_type(*API_TYPES).values()
        document: dict[str, Any] = api["Properties"]["Body"]
        return document

    def operations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the route key and the operation of each route."""
        for path, operations in self.api["paths"].items():
            for method, operation in operations.items():
                yield f"{'ANY' if method == ANY else method.upper()} {path}", operation

    def function_of(self, operation: dict[str, Any]) -> str | None:
        """Return the logical id of the function that an operation calls, or None."""
        uri = operation["x-amazon-apigateway-integration"].get("uri", {"Fn::Sub": ""})
        found = re.search(r"\$\{(\w+)\.Arn\}", uri["Fn::Sub"])
        return found[1] if found else None

    def statements_of(self, function: str) -> list[dict[str, Any]]:
        """Return every statement of a function's role."""
        role_name = self.resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
        policies = self.resources[role_name]["Properties"]["Policies"]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
