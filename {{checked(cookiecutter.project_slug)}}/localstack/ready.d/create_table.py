"""Creates the tables of template.yaml in the emulator, and leaves those that exist.

LocalStack runs this file when it is ready, `make up` runs it from the host, and the local API and the tests import it.
"""

import contextlib
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


class TemplateLoader(yaml.SafeLoader):
    """Loads a CloudFormation template: `!Ref` and `!Sub` become dicts, all other functions None."""


TemplateLoader.add_constructor("!Ref", lambda _, node: {"Ref": node.value})
TemplateLoader.add_constructor("!Sub", lambda _, node: {"Sub": node.value})
TemplateLoader.add_multi_constructor("!", lambda *_: None)


def read_template(file: Path, parameters: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a CloudFormation template, with parameters or their defaults, and tables' names, in place of references.

    What needs another function of CloudFormation is left out. Raises ValueError if the file is not YAML.
    """
    try:
        template = yaml.load(file.read_text(encoding="utf-8"), TemplateLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "unknown"
        raise ValueError(f"template.yaml is not valid YAML, line {line}: {error.problem}") from error
    declared = template.get("Parameters", {}).items()
    values = {name: each["Default"] for name, each in declared if "Default" in each} | (parameters or {})
    tables = {name: each for name, each in template["Resources"].items() if each["Type"] == "AWS::DynamoDB::Table"}
    values |= {name: resolve(table["Properties"].get("TableName"), values) for name, table in tables.items()}
    resolved: dict[str, Any] = resolve(template, values)
    return resolved


def resolve(value: Any, values: dict[str, Any]) -> Any:
    """Return a part of a template with `values` in place of references, and without what has no value."""
    match value:
        case {"Ref": name}:
            return values.get(name)
        case {"Sub": str(text)}:
            return re.sub(r"\$\{(\w+)\}", lambda match: str(values.get(match[1], match[0])), text)
        case dict():
            parts = {name: resolve(part, values) for name, part in value.items()}
            return {name: part for name, part in parts.items() if part is not None}
        case list():
            return [part for part in (resolve(part, values) for part in value) if part is not None]
    return value


def create_tables(client: Any, template_file: Path) -> None:
    """Wait until the emulator answers, then create each table of a template that does not exist yet.

    Raises ValueError if the template declares no table, TimeoutError if the emulator does not respond.
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
        arguments = {key: properties[key] for key in SAME_IN_API if key in properties}
        with contextlib.suppress(client.exceptions.ResourceInUseException):  # LocalStack and `make up` run at once
            client.create_table(**arguments)
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
                raise TimeoutError(f"The emulator does not respond: {error}") from error
            time.sleep(0.2)


def report_missing_indexes(client: Any, properties: dict[str, Any]) -> None:
    """Print a line for an existing table that lacks an index of the template."""
    table = client.describe_table(TableName=properties["TableName"])["Table"]
    existing = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])}
    for index in properties.get("GlobalSecondaryIndexes", []):
        if index["IndexName"] not in existing:
            print(f"Table {table['TableName']} has no index {index['IndexName']}; `make reset` recreates it, empty")


def connect(endpoint: str, region: str) -> Any:
    """Return a DynamoDB client for an emulator. Emulators accept any credentials."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def main() -> None:
    template = MOUNTED_TEMPLATE if MOUNTED_TEMPLATE.exists() else Path(__file__).resolve().parents[2] / "template.yaml"
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    create_tables(connect(endpoint, os.environ["AWS_DEFAULT_REGION"]), template)


if __name__ == "__main__":
    try:
        main()
    except (BotoCoreError, ClientError, TimeoutError, ValueError) as error:
        sys.exit(f"localstack/ready.d/create_table.py failed: {error}")
elif __name__ == "builtins":  # LocalStack reads an exception as a failure, and waits for a script that calls sys.exit
    main()
