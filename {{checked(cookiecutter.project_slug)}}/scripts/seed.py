"""Puts the items of seed.json into the local table; they replace items with the same keys."""

import json
import os
import sys
from decimal import Decimal
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

items = json.loads(Path("seed.json").read_text(encoding="utf-8"), parse_float=Decimal)
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
try:
    for item in items:
        table.put_item(Item=item)
except (BotoCoreError, ClientError) as error:
    sys.exit(f"seed.json was not put into the table; `make dev` or `make up` starts it: {error}")
print(f"Put {len(items)} items into {table.name}")
