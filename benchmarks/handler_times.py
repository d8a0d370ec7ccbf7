"""Times requests through the app and the SDK's calls that they make, without a network: both get prepared responses.

`measure_functions.py` runs it in Lambda's image, with the service on Python's path. Its argument names the requests of
handler_cases.json that the service takes. Prints the times as JSON.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
from awslambdaric.lambda_runtime_log_utils import JsonFormatter
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from service import app, table

if TYPE_CHECKING:
    from collections.abc import Callable

PAIRS = 400
CLIENT: Any = boto3.client("dynamodb")
NAME = table.table.name
CASES = json.loads(Path(__file__).with_name("handler_cases.json").read_text(encoding="utf-8"))
ITEM = CASES["item"]
KEY = {"user_id": ITEM["user_id"]}
WRITTEN = table.to_dynamodb(CASES["written"])
CHANGES = {name: value for name, value in {**ITEM, **WRITTEN}.items() if name not in {*KEY, "created_at", "revision"}}
ASSIGNMENTS = [*(f"#{name}=:{name}" for name in CHANGES), "#revision=if_not_exists(#revision,:zero)+:one"]
UPDATE = f"SET {','.join(ASSIGNMENTS)}"
RESPONSES = {
    "GetItem": {"Item": ITEM},
    "PutItem": {},
    "UpdateItem": {"Attributes": {**ITEM, **WRITTEN}},
    "Scan": {"Items": [ITEM] * 100, "Count": 100, "ScannedCount": 100},
}
BODIES = {operation: json.dumps(response).encode() for operation, response in RESPONSES.items()}


def main() -> None:
    for client in (table.CLIENT, CLIENT):
        client.meta.events.register("before-send.dynamodb", respond)
    log_as_lambda_does()
    requests = CASES["requests"][sys.argv[1]]
    times = {name: measure(partial(send, request), CALLS[name]) for name, request in requests.items()}
    print(json.dumps(times))


def respond(request: Any, **_: Any) -> AWSResponse:
    target = request.headers["X-Amz-Target"]
    operation = (target if isinstance(target, str) else target.decode()).partition(".")[2]
    body = SimpleNamespace(stream=lambda: iter([BODIES[operation]]))
    return AWSResponse(request.url, 200, HTTPHeaders.from_dict({"Content-Type": "application/x-amz-json-1.0"}), body)


def log_as_lambda_does() -> None:
    handler = logging.FileHandler(os.devnull)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)


def send(request: dict[str, Any]) -> None:
    path = request["resource"].replace("{user_id}", "001")
    body = json.dumps(CASES["body"]) if request["httpMethod"] != "GET" else None
    empty = {"pathParameters": None, "queryStringParameters": None}
    event = {**empty, "requestContext": {"path": path}, "body": body, **request}
    status = app.handler(event, SimpleNamespace(aws_request_id="test"))["statusCode"]
    if status not in {200, 201}:
        raise RuntimeError(f"{path} returned {status}")


CALLS: dict[str, Callable[[], object]] = {
    "read": lambda: CLIENT.get_item(TableName=NAME, Key=KEY, ConsistentRead=True),
    "create": lambda: CLIENT.put_item(
        TableName=NAME,
        Item=ITEM,
        ConditionExpression="attribute_not_exists(#partition)",
        ExpressionAttributeNames={"#partition": "user_id"},
    ),
    "list of 100": lambda: CLIENT.scan(TableName=NAME, Limit=100),
    "create with a revision": lambda: CLIENT.put_item(
        TableName=NAME,
        Item={**ITEM, **WRITTEN},
        ConditionExpression="attribute_not_exists(#partition) OR #expiry <= :now",
        ExpressionAttributeNames={"#partition": "user_id", "#expiry": "expires_at"},
        ExpressionAttributeValues={":now": {"N": "1769860800"}},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    ),
    "update with a revision": lambda: CLIENT.update_item(
        TableName=NAME,
        Key=KEY,
        ConditionExpression="attribute_exists(#partition) AND NOT (#expiry <= :now) AND (#revision IN (:revision0))",
        UpdateExpression=UPDATE,
        ExpressionAttributeNames={
            "#partition": "user_id",
            "#expiry": "expires_at",
            "#revision": "revision",
            **{f"#{name}": name for name in CHANGES},
        },
        ExpressionAttributeValues={
            ":now": {"N": "1769860800"},
            ":zero": {"N": "0"},
            ":one": {"N": "1"},
            ":revision0": {"N": "1"},
            **{f":{name}": value for name, value in CHANGES.items()},
        },
        ReturnValues="ALL_NEW",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    ),
}


def measure(request: Callable[[], object], call: Callable[[], object]) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(PAIRS):
        for act, seconds in zip((request, call), times, strict=True):
            started = time.perf_counter()
            act()
            seconds.append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
