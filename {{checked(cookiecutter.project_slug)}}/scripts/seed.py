"""Puts the items of seed.json into the local table; they replace items with the same keys."""

import json
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:  # the types are installed with the tools of `make lint` only
    from mypy_boto3_dynamodb.service_resource import Table

SEED = Path(__file__).resolve().parent.parent / "seed.json"
TYPES: dict[str, tuple[str, tuple[type, ...]]] = {"N": ("a number", (int, Decimal)), "S": ("a string", (str,))}


def main() -> None:
    config = Config(retries={"total_max_attempts": 2})  # boto3's default takes 25 s if nothing listens
    table = boto3.resource("dynamodb", config=config).Table(os.environ["TABLE"])
    items = read_items()
    try:
        table.load()
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The table does not respond; `make dev` or `make up` starts it: {error}")
    for number, item in enumerate(items, start=1):
        try:
            check_keys(item, table)
            table.put_item(Item=item)
        except ArithmeticError:
            sys.exit(f"seed.json, item {number}: a number has more than 38 digits, or is out of range")
        except (BotoCoreError, ClientError, TypeError, ValueError) as error:
            sys.exit(f"seed.json, item {number}: {error}")
    print(f"Put {len(items)} items into {table.name}")


def read_items() -> list[Any]:
    """Return the content of seed.json. Exits if it is not a list."""
    try:
        items = json.loads(SEED.read_text(encoding="utf-8"), parse_float=Decimal, parse_constant=Decimal)
    except (OSError, ValueError) as error:
        sys.exit(f"seed.json cannot be read as JSON: {error}")
    if not isinstance(items, list):
        sys.exit("seed.json is not a list of items; write [ ] around them")
    return items


def check_keys(item: Any, table: Table) -> None:
    """Raise ValueError for what DynamoDB refuses in the keys of the table and its indexes: emulators do not name it."""
    if not isinstance(item, dict):
        raise ValueError("is not an object")
    for key in table.key_schema:
        if key["AttributeName"] not in item:
            raise ValueError(f"{key['AttributeName']} is missing")
    for attribute in table.attribute_definitions:
        name, (must_be, types) = attribute["AttributeName"], TYPES[attribute["AttributeType"]]
        if name in item and type(item[name]) not in types:
            raise ValueError(f"{name} must be {must_be}")


if __name__ == "__main__":
    main()
