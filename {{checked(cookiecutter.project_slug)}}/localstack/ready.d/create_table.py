"""Creates the tables of template.yaml in the emulator, and leaves those that exist.

LocalStack runs this file when it is ready, `make up` runs it from the host, and the local API and the tests import it.
"""

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

MOUNTED_TEMPLATE = Path("/etc/localstack/template.yaml")
SECONDS_TO_START = 120

# Properties of AWS::DynamoDB::Table that CreateTable takes under the same name. StreamSpecification is left out: for a
# stream, LocalStack starts Kinesis, which nothing here reads.
SAME_IN_API = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "TableName",
)


class Unresolved:
    """A CloudFormation function that this file does not resolve."""


class TemplateLoader(yaml.SafeLoader):
    """Loads a CloudFormation template: `!Ref` and `!Sub` become dicts, other functions become Unresolved."""


TemplateLoader.add_constructor("!Ref", lambda _, node: {"Ref": node.value})
TemplateLoader.add_constructor("!Sub", lambda _, node: {"Sub": node.value})
TemplateLoader.add_multi_constructor("!", lambda *_: Unresolved())


def read_template(file: Path) -> dict[str, Any]:
    """Return a CloudFormation template, with the parameters' defaults and the tables' names in place of references.

    Raises ValueError if the file is not YAML.
    """
    try:
        template = yaml.load(file.read_text(encoding="utf-8"), TemplateLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "unknown"
        raise ValueError(f"template.yaml is not valid YAML, line {line}: {error.problem}") from error
    parameters = template.get("Parameters", {})
    values = {name: parameter["Default"] for name, parameter in parameters.items() if "Default" in parameter}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            values[name] = resolve(resource["Properties"].get("TableName"), values)
    resolved: dict[str, Any] = resolve(template, values)
    return resolved


def resolve(value: Any, values: dict[str, Any]) -> Any:
    """Return a part of a template with `values` in place of references."""
    match value:
        case {"Ref": name}:
            return values.get(name, Unresolved())
        case {"Sub": str(text)}:
            return re.sub(r"\$\{(\w+)\}", lambda match: str(values.get(match[1], match[0])), text)
        case dict():
            return {name: resolve(part, values) for name, part in value.items()}
        case list():
            return [resolve(part, values) for part in value]
    return value


def is_resolved(value: Any) -> bool:
    """Return whether a part of a template contains no function that this file does not resolve."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not isinstance(value, Unresolved) and all(map(is_resolved, parts))


def create_tables(client: Any, template_file: Path) -> None:
    """Wait until the emulator answers, then create each table of a template that does not exist yet.

    Raises ValueError if the template declares no table, TimeoutError if the emulator does not answer.
    """
    resources = read_template(template_file)["Resources"].values()
    tables = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::DynamoDB::Table"]
    if not tables:
        raise ValueError("template.yaml declares no AWS::DynamoDB::Table")
    existing = wait_for_emulator(client)
    for properties in tables:
        name = properties["TableName"]
        if name in existing:
            report_missing_indexes(client, properties)
            continue
        client.create_table(**{key: properties[key] for key in SAME_IN_API if is_resolved(properties.get(key, Unresolved()))})
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        if expiry := properties.get("TimeToLiveSpecification"):
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
        print(f"Created table {name} in {client.meta.region_name}")


def wait_for_emulator(client: Any) -> list[str]:
    """Return the names of the tables that exist, as soon as the emulator answers."""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            names: list[str] = client.list_tables()["TableNames"]
            return names
        except (BotoCoreError, ClientError) as error:
            if time.monotonic() > deadline:
                endpoint = client.meta.endpoint_url
                raise TimeoutError(f"The emulator at {endpoint} does not answer: {error}") from error
            time.sleep(0.2)


def report_missing_indexes(client: Any, properties: dict[str, Any]) -> None:
    """Print a line for an existing table that lacks an index of the template."""
    table = client.describe_table(TableName=properties["TableName"])["Table"]
    existing = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])}
    for index in properties.get("GlobalSecondaryIndexes", []):
        if index["IndexName"] not in existing:
            print(f"Table {table['TableName']} has no index {index['IndexName']}: `make reset` recreates it, empty")


def connect(endpoint: str, region: str) -> Any:
    """Return a DynamoDB client for an emulator. Emulators accept any credentials."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


if __name__ == "__main__":  # `make up`
    endpoint, template = os.environ["AWS_ENDPOINT_URL_DYNAMODB"], Path(__file__).resolve().parents[2] / "template.yaml"
    try:
        create_tables(connect(endpoint, os.environ["AWS_DEFAULT_REGION"]), template)
    except (BotoCoreError, ClientError, KeyError, TimeoutError, ValueError) as error:
        sys.exit(f"localstack/ready.d/create_table.py failed: {error}")
elif __name__ == "builtins":  # LocalStack
    create_tables(connect("http://127.0.0.1:4566", os.environ["AWS_DEFAULT_REGION"]), MOUNTED_TEMPLATE)
