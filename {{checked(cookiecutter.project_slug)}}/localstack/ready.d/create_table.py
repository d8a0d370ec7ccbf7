"""Creates the tables of template.yaml in the emulator, and leaves those that exist.

LocalStack runs this file when it is ready, `make up` runs it from the host, and the local API and the tests import it.
"""

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

MOUNTED = Path("/etc/localstack")
IS_MOUNTED = (MOUNTED / "template.yaml").exists()
PROJECT = Path() if IS_MOUNTED else Path(__file__).resolve().parents[2]  # LocalStack sets no __file__
sys.path.insert(0, str(MOUNTED / "init" if IS_MOUNTED else PROJECT / "localstack"))

from cloudformation import Template, TemplateError  # noqa: E402

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
)


def create_tables(client: Any, template: Template) -> list[str]:
    """Wait until the emulator responds, then create each table of a template that does not exist yet.

    Returns a line for each index that an existing table lacks. Raises TemplateError if a table cannot be created as
    declared, and TimeoutError if the emulator does not respond.
    """
    tables = template.list_resources("AWS::DynamoDB::Table")
    if not tables:
        raise TemplateError("no AWS::DynamoDB::Table is declared")
    existing = wait_for_emulator(client)
    missing = []
    for logical_id, properties in tables.items():
        name = template.refer(logical_id)
        arguments = template.resolve({key: properties[key] for key in SAME_IN_API if key in properties})
        if "KeySchema" not in arguments:
            raise TemplateError(f"{logical_id} has no KeySchema")
        if name in existing:
            missing += find_missing_indexes(client, name, arguments.get("GlobalSecondaryIndexes", []))
            continue
        expiry = template.resolve(properties.get("TimeToLiveSpecification"))
        try:
            create_table(client, name, arguments, expiry)
        except (ClientError, ParamValidationError) as error:
            raise TemplateError(f"{logical_id}: {' '.join(str(error).split())}") from error
        print(f"Created table {name} in {client.meta.region_name}", flush=True)
    return missing


def create_table(client: Any, name: str, arguments: dict[str, Any], expiry: dict[str, Any] | None) -> None:
    with contextlib.suppress(client.exceptions.ResourceInUseException):  # LocalStack and `make up` run at once
        client.create_table(TableName=name, **arguments)
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    if expiry:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)


def wait_for_emulator(client: Any) -> list[str]:
    """Return the names of the tables that exist, as soon as the emulator responds."""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            names: list[str] = client.list_tables()["TableNames"]
            return names
        except (BotoCoreError, ClientError) as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The emulator does not respond: {error}") from error
            time.sleep(0.2)


def find_missing_indexes(client: Any, name: str, declared: list[dict[str, Any]]) -> list[str]:
    """Return a line for each index of the template that an existing table lacks."""
    table = client.describe_table(TableName=name)["Table"]
    existing = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])}
    names = [index["IndexName"] for index in declared if index["IndexName"] not in existing]
    return [f"Table {name} has no index {index}" for index in names]


def connect(endpoint: str, region: str) -> Any:
    """Return a DynamoDB client for an emulator. Emulators accept any credentials."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),  # boto3's own pauses are seconds while the emulator starts
    )


def main() -> None:
    region = os.environ["AWS_DEFAULT_REGION"]
    file = (MOUNTED if IS_MOUNTED else PROJECT) / "template.yaml"
    client = connect(os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"), region)
    for line in create_tables(client, Template(file.read_text(encoding="utf-8"), region)):
        print(f"{line}; `make reset` recreates the table, empty")


if __name__ == "__main__":
    try:
        main()
    except TemplateError as error:
        sys.exit(f"localstack/ready.d/create_table.py failed: template.yaml: {error}")
    except (BotoCoreError, ClientError, TimeoutError) as error:
        sys.exit(f"localstack/ready.d/create_table.py failed: {error}")
elif __name__ == "builtins":  # LocalStack reads an exception as a failure, and waits for a script that calls sys.exit
    main()
