"""Puts the items of seed.json into the local table; they replace items with the same keys."""

import json
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

SEED = Path(__file__).resolve().parent.parent / "seed.json"


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
{%- if service.owner %}
            table.put_item(Item={**item, "{{ service.owner.name }}": os.environ["SUB"]})
{%- else %}
            table.put_item(Item=item)
{%- endif %}
        except ArithmeticError:
            sys.exit(f"seed.json, item {number}: a number has more than 38 digits, or is out of range")
        except (BotoCoreError, ClientError, TypeError, ValueError) as error:
            sys.exit(f"seed.json, item {number}: {' '.join(str(error).split())}")
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


if __name__ == "__main__":
    main()
