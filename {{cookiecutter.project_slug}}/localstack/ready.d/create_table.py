"""Creates the tables of template.yaml in LocalStack, which runs this file when it is ready.

The tests create their tables with the same function.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import boto3
import yaml

MOUNTED_TEMPLATE = Path("/etc/localstack/template.yaml")

# Properties of AWS::DynamoDB::Table that the API takes under the same name and in the same form. StreamSpecification is
# none of them: for a stream, LocalStack would want Kinesis, and nothing would read it.
SAME_IN_API = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "TableName",
    "TimeToLiveSpecification",
)


class Intrinsic:
    """A function of CloudFormation that this file does not resolve."""


class TemplateLoader(yaml.SafeLoader):
    """Loads a CloudFormation template: `!Ref` becomes {"Ref": ...}, other functions become Intrinsic."""


TemplateLoader.add_constructor("!Ref", lambda _, node: {"Ref": node.value})
TemplateLoader.add_multi_constructor("!", lambda *_: Intrinsic())


def read_tables(template_file: Path) -> list[dict[str, Any]]:
    """Return what LocalStack is told of each table in a CloudFormation template: CreateTable's arguments, and the TTL.

    References to parameters become the parameters' defaults; a property that needs another intrinsic function is left out.
    Raises ValueError where the file is not YAML, or declares no table.
    """
    try:
        template = yaml.load(template_file.read_text(encoding="utf-8"), TemplateLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "unknown"
        raise ValueError(f"template.yaml is not YAML, line {line}: {error.problem}") from error
    parameters = template.get("Parameters", {})
    defaults = {name: parameter["Default"] for name, parameter in parameters.items() if "Default" in parameter}
    tables = []
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            properties = resolve(resource["Properties"], defaults)
            taken = {name: value for name, value in properties.items() if name in SAME_IN_API}
            tables.append({name: value for name, value in taken.items() if not holds_intrinsic(value)})
    if not tables:
        raise ValueError("template.yaml declares no AWS::DynamoDB::Table")
    return tables


def resolve(value: Any, defaults: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"Ref"}:
            return defaults.get(value["Ref"], Intrinsic())
        return {name: resolve(element, defaults) for name, element in value.items()}
    if isinstance(value, list):
        return [resolve(element, defaults) for element in value]
    return value


def holds_intrinsic(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(holds_intrinsic, value.values()))
    if isinstance(value, list):
        return any(map(holds_intrinsic, value))
    return isinstance(value, Intrinsic)


def create_tables(client: Any, template_file: Path) -> list[str]:
    """Create the tables of a template, leave those that exist, and return the names of all."""
    names = []
    for table in read_tables(template_file):
        name, ttl = table["TableName"], table.pop("TimeToLiveSpecification", None)
        try:
            client.create_table(**table)
        except client.exceptions.ResourceInUseException:
            print(f"Table {name} is there already")
            ttl = None
        else:
            print(f"Created table {name} in {client.meta.region_name}")
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        if ttl:
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
        names.append(name)
    return names


if __name__ in ("builtins", "__main__"):  # run by LocalStack, or by hand
    create_tables(
        boto3.client(
            "dynamodb",
            endpoint_url="http://127.0.0.1:4566",
            region_name=os.environ["AWS_DEFAULT_REGION"],
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - LocalStack checks none
        ),
        MOUNTED_TEMPLATE,
    )
