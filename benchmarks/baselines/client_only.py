"""A function that only makes a client, as every function that uses DynamoDB must."""

from __future__ import annotations

import boto3

CLIENT = boto3.client("dynamodb")


def handler(_event: object, _context: object) -> dict[str, object]:
    return {"statusCode": 404, "body": ""}
