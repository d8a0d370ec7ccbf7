"""Reads template.yaml as CloudFormation does: parameters, conditions and functions, as far as this machine knows them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import yaml

ACCOUNT = "000000000000"
STACK = "local"
ABSENT = object()  # AWS::NoValue: what has it is left out

# Resources that have a name on this machine: the property with the name, which Ref returns, and the end of the ARN.
NAMED_RESOURCES = {
    "AWS::DynamoDB::Table": ("TableName", "dynamodb:{region}:{account}:table/{name}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs:{region}:{account}:log-group:{name}:*"),
    "AWS::S3::Bucket": ("BucketName", "s3:::{name}"),
    "AWS::Serverless::Function": ("FunctionName", "lambda:{region}:{account}:function:{name}"),
}


class TemplateError(ValueError):
    """The template is invalid, or needs what exists in AWS only. The message says what, and where."""


class Loader(yaml.SafeLoader):
    """Loads YAML with the short forms of functions: `!Sub text` becomes `{"Fn::Sub": "text"}`."""


def construct_function(loader: Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    argument = node.value
    if isinstance(node, yaml.SequenceNode):
        argument = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        argument = loader.construct_mapping(node, deep=True)
    return {name if name in ("Condition", "Ref") else f"Fn::{name}": argument}


Loader.add_multi_constructor("!", construct_function)


class Template:
    """A template in a region, with values for its parameters; those that are not given have their defaults."""

    def __init__(self, text: str, region: str, parameters: Mapping[str, str] | None = None) -> None:
        """Parse the text of a template. Raises TemplateError if it is not a template in YAML."""
        try:
            self.content = yaml.load(text, Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else "unknown"
            raise TemplateError(f"not valid YAML, line {line}: {error.problem}") from error
        except yaml.YAMLError as error:
            raise TemplateError(f"not valid YAML: {error}") from error
        self.region = region
        self.parameters = parameters or {}
        self.resources = self.section("Resources")

    def section(self, name: str) -> dict[str, Any]:
        """Return a section of the template, `Parameters` for example; an empty one if it is missing."""
        section = self.content.get(name, {}) if isinstance(self.content, dict) else None
        if not isinstance(section, dict) or not all(isinstance(part, dict) for part in section.values()):
            raise TemplateError(f"{name} must hold names with settings")
        return section

    def list_resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of the resources of a type, by logical id, without those whose condition is false."""
        return {
            name: resource.get("Properties") or {}
            for name, resource in self.resources.items()
            if resource.get("Type") == kind and ("Condition" not in resource or self.holds(resource))
        }

    def resolve(self, value: Any) -> Any:
        """Return a part of the template with values in place of functions. Raises TemplateError where it cannot."""
        if isinstance(value, list):
            return [part for part in map(self.resolve, value) if part is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" or name.startswith("Fn::"):
                return self.call(name, argument)
        parts = {name: self.resolve(part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part is not ABSENT}

    def call(self, name: str, argument: Any) -> Any:
        """Return what a function of CloudFormation returns."""
        call = f"{name.removeprefix('Fn::')} {argument if isinstance(argument, str) else json.dumps(argument)}"
        if name not in FUNCTIONS:
            raise TemplateError(f"!{call} has no value on this machine")
        try:
            return FUNCTIONS[name](self, argument)
        except TemplateError:
            raise
        except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise TemplateError(f"!{call} is invalid") from error

    def refer(self, name: str) -> Any:
        """Return what Ref returns for a parameter, a pseudo parameter or a resource."""
        if name.startswith("AWS::"):
            return self.find_pseudo_parameter(name)
        if name in self.section("Parameters"):
            return self.find_parameter(name)
        return self.find_name(name, f"!Ref {name}")

    def find_parameter(self, name: str) -> Any:
        parameter = self.section("Parameters")[name]
        kind = str(parameter.get("Type"))
        if name not in self.parameters and ("Default" not in parameter or kind.startswith("AWS::SSM::")):
            raise TemplateError(f"parameter {name} has no value on this machine")
        value = to_text(self.parameters.get(name, parameter.get("Default")))
        return [part.strip() for part in value.split(",")] if "List" in kind else value

    def find_pseudo_parameter(self, name: str) -> Any:
        partition = boto3.Session().get_partition_for_region(self.region)
        return {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": ABSENT,
            "AWS::NotificationARNs": [],
            "AWS::Partition": partition,
            "AWS::Region": self.region,
            "AWS::StackId": f"arn:{partition}:cloudformation:{self.region}:{ACCOUNT}:stack/{STACK}/{STACK}",
            "AWS::StackName": STACK,
            "AWS::URLSuffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
        }[name]

    def find_name(self, logical_id: str, call: str) -> str:
        """Return the name of a resource; one without a name of its own gets it from its logical id."""
        resource = self.resources.get(logical_id, {})
        if resource.get("Type") not in NAMED_RESOURCES:
            raise TemplateError(f"{call} has no value on this machine")
        properties = resource.get("Properties") or {}
        return to_text(self.resolve(properties.get(NAMED_RESOURCES[resource["Type"]][0], f"{STACK}-{logical_id}")))

    def find_attribute(self, argument: Any) -> str:
        """Return what GetAtt returns: the ARN of a resource that has a name."""
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        call = f"!GetAtt {logical_id}.{attribute}"
        name = self.find_name(logical_id, call)
        if attribute != "Arn":
            raise TemplateError(f"{call} has no value on this machine")
        end = NAMED_RESOURCES[self.resources[logical_id]["Type"]][1]
        partition = self.find_pseudo_parameter("AWS::Partition")
        return f"arn:{partition}:{end.format(region=self.region, account=ACCOUNT, name=name)}"

    def substitute(self, argument: Any) -> str:
        """Return what Sub returns."""
        text, values = argument if isinstance(argument, list) else (argument, {})

        def find_value(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name.startswith("!"):  # ${!Literal}
                return "${" + name[1:] + "}"
            if name in values:
                return to_text(self.resolve(values[name]))
            return to_text(self.find_attribute(name) if "." in name else self.refer(name))

        return re.sub(r"\$\{([^}]+)\}", find_value, text)

    def holds(self, condition: Any) -> bool:
        """Return whether a condition holds: `{"Condition": name}`, a function, or a value that is true or false."""
        if isinstance(condition, dict) and "Condition" in condition:
            name = condition["Condition"]
            if name not in (self.content.get("Conditions") or {}):
                raise TemplateError(f"condition {name} is not declared")
            return self.holds(self.content["Conditions"][name])
        return to_text(self.resolve(condition)) == "true"


FUNCTIONS: dict[str, Callable[[Template, Any], Any]] = {
    "Ref": lambda template, name: template.refer(name),
    "Fn::And": lambda template, parts: all(template.holds(part) for part in parts),
    "Fn::Equals": lambda template, pair: to_text(template.resolve(pair[0])) == to_text(template.resolve(pair[1])),
    "Fn::FindInMap": lambda template, keys: find_in_map(template, *(template.resolve(key) for key in keys)),
    "Fn::GetAtt": lambda template, argument: template.find_attribute(argument),
    "Fn::If": lambda template, parts: template.resolve(parts[1 if template.holds({"Condition": parts[0]}) else 2]),
    "Fn::Join": lambda template, parts: parts[0].join(map(to_text, template.resolve(parts[1]))),
    "Fn::Not": lambda template, parts: not template.holds(parts[0]),
    "Fn::Or": lambda template, parts: any(template.holds(part) for part in parts),
    "Fn::Select": lambda template, parts: template.resolve(parts[1])[int(parts[0])],
    "Fn::Split": lambda template, parts: to_text(template.resolve(parts[1])).split(parts[0]),
    "Fn::Sub": lambda template, argument: template.substitute(argument),
    "Fn::ToJsonString": lambda template, value: json.dumps(template.resolve(value), separators=(",", ":")),
}


def find_in_map(template: Template, name: str, first: Any, second: Any) -> Any:
    return template.section("Mappings")[name][first][second]


def to_text(value: Any) -> str:
    """Return a value as CloudFormation passes it on: numbers, booleans and dates as text.

    >>> to_text(True), to_text(5), to_text("a")
    ('true', '5', 'a')
    """
    if value is None or value is ABSENT or isinstance(value, (dict, list)):
        raise TemplateError(f"{'a list or a map' if isinstance(value, (dict, list)) else 'an empty value'} is not text")
    return str(value).lower() if isinstance(value, bool) else str(value)
