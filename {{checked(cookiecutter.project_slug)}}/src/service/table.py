"""The DynamoDB table: its key, and the operations on its items."""

from __future__ import annotations

import json
import os
import signal
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore import exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from service import json_values
from service.http import HttpError, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
{%- if service.sort_key %}
        QueryInputTypeDef,
{%- endif %}
        ScanInputTypeDef,
        UpdateItemInputTypeDef,
    )

    from service.json_values import Item


class KeyAttribute(NamedTuple):
    """An attribute of the table's key."""

    name: str
    type: str
    """S (string) or N (number)."""

    max_bytes: int
    """DynamoDB's limit for a string."""


PARTITION_KEY = KeyAttribute(
    name="{{ service.partition_key.name }}",
    type="{{ service.partition_key.type }}",
    max_bytes={{ service.partition_key.max_bytes }},
)
{%- if service.sort_key %}
SORT_KEY = KeyAttribute(
    name="{{ service.sort_key.name }}",
    type="{{ service.sort_key.type }}",
    max_bytes={{ service.sort_key.max_bytes }},
)
{%- endif %}
KEY = (PARTITION_KEY,{% if service.sort_key %} SORT_KEY{% endif %})

TABLE_NAME = os.environ["TABLE_NAME"]

# Ends before the function's own timeout, also where the function has just been started.
SECONDS_TO_ANSWER = 10
# For glibc, which nothing interrupts while it looks a name up: else it waits ten seconds for a server that is silent,
# and again for each domain that it searches.
os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:1")
CLIENT: DynamoDBClient = boto3.client(
    "dynamodb",
    config=Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3}),
)

# What fits into an update expression: Amazon DynamoDB Developer Guide, "Quotas", expression parameters.
MAX_CHANGES = 300


class DeadlineExceeded(BaseException):
    """The table has not answered in time. No Exception: botocore would take that for a reason to try again."""


CONDITION_FAILED = "ConditionalCheckFailedException"
THROTTLED = {
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
}
UNREACHABLE = (
    exceptions.ConnectionError,
    exceptions.HTTPClientError,
    exceptions.IncompleteReadError,
    ResponseParserError,
    KeyError,  # a part that every whole answer has
    DeadlineExceeded,
)


def raise_deadline_exceeded(*_: object) -> None:
    raise DeadlineExceeded


def refuse_partial_answer(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Raise ResponseParserError for an answer that is no JSON object, which botocore may take for success."""
    try:
        answer = json.loads(response_dict["body"])
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ResponseParserError("The answer is not a JSON object")


# The client's own timeouts are for each time it reads, and an answer may arrive in any number of pieces.
signal.signal(signal.SIGALRM, raise_deadline_exceeded)
CLIENT.meta.events.register("before-parse.dynamodb", refuse_partial_answer)


def read_path_key(request: Request) -> Item:
    """Return the key attributes that stand in a request's path. Raises HttpError 400 for a value they cannot have."""
    parameters = request.parameters
    named = [attribute for attribute in KEY if attribute.name in parameters]
    return {attribute.name: parse_key_text(attribute, parameters[attribute.name]) for attribute in named}


def read_item(request: Request) -> Item:
    """Return the item in a request's body, with the key attributes of the path.

    Raises HttpError 400 for a body that is no item, and for a key that is missing, cannot be, or differs from the path's.
    """
    path_key = read_path_key(request)
    item = json_values.parse_object(request.body)
    refuse_other_key(item, path_key)
    return {**check_key({**item, **path_key}), **item, **path_key}


def read_changes(request: Request) -> Item:
    """Return the attributes in a request's body that are to change; those to remove are {"NULL": True}.

    Raises HttpError 400 for a body that is no object, for a key that differs from the path's, and for too many.
    """
    path_key = read_path_key(request)
    changes = json_values.parse_object(request.body)
    refuse_other_key(changes, path_key)
    if len(changes) > MAX_CHANGES:
        raise HttpError(400, f"At most {MAX_CHANGES} attributes can change at once")
    return {name: value for name, value in changes.items() if name not in path_key}


def refuse_other_key(item: Item, path_key: Item) -> None:
    for name, value in path_key.items():
        if name in item and not are_equal(item[name], value):
            raise HttpError(400, f"{name} in the body differs from the path's")


def are_equal(one: AttributeValueTypeDef, other: AttributeValueTypeDef) -> bool:
    """Tell whether two values are the same, numbers as numbers."""
    match one, other:
        case {"N": number}, {"N": other_number}:
            return Decimal(number) == Decimal(other_number)
        case {"L": elements}, {"L": others}:
            return len(elements) == len(others) and all(map(are_equal, elements, others))
        case {"M": item}, {"M": other_item}:
            return item.keys() == other_item.keys() and all(are_equal(item[name], other_item[name]) for name in item)
    return one == other


def check_key(item: Mapping[str, AttributeValueTypeDef]) -> Item:
    """Return an item's key attributes. Raises HttpError 400 where one is missing or cannot be a key."""
    for attribute in KEY:
        if attribute.name not in item:
            raise HttpError(400, f"{attribute.name} is missing")
        check_key_value(attribute, item[attribute.name])
    return {attribute.name: item[attribute.name] for attribute in KEY}


def check_key_value(attribute: KeyAttribute, value: AttributeValueTypeDef) -> None:
    if attribute.type not in value:
        raise HttpError(400, f"{attribute.name} must be a {'number' if attribute.type == 'N' else 'string'}")
    if attribute.type == "S":
        length = len(value["S"].encode())
        if not length:
            raise HttpError(400, f"{attribute.name} must not be empty")
        if length > attribute.max_bytes:
            raise HttpError(400, f"{attribute.name} must be at most {attribute.max_bytes} bytes long")


def parse_key_text(attribute: KeyAttribute, text: str) -> AttributeValueTypeDef:
    value: AttributeValueTypeDef = {"S": text}
    if attribute.type == "N":
        if not json_values.JSON_NUMBER.fullmatch(text):
            raise HttpError(400, f"{attribute.name} must be a number")
        value = {"N": str(json_values.parse_number(text))}
    check_key_value(attribute, value)
    return value


@contextmanager
def http_errors(condition_failed: HttpError | None = None) -> Iterator[None]:
    """Raise what DynamoDB answers, other than success, as the HttpError that tells a client.

    What takes longer than SECONDS_TO_ANSWER is given up.
    """
    try:
        signal.setitimer(signal.ITIMER_REAL, SECONDS_TO_ANSWER)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except exceptions.ClientError as error:
        raise translate(error, condition_failed) from error
    except UNREACHABLE as error:
        raise unavailable("The table cannot be reached at the moment") from error


def translate(error: exceptions.ClientError, condition_failed: HttpError | None) -> Exception:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    if code == CONDITION_FAILED and condition_failed:
        return condition_failed
    if code == "ResourceNotFoundException":
        return unavailable("The table is not there")
    if code in THROTTLED:
        return unavailable("The table takes no more requests at the moment")
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:  # noqa: PLR2004
        return unavailable("The table does not work at the moment")
    if code == "ValidationException":
        # What the checks above let through is in the item: its size, or the type of an index's key.
        return json_values.too_large() if "Item size" in message else HttpError(400, message)
    return error


def has_failed_again(error: exceptions.ClientError) -> bool:
    """Tell whether a condition failed at a further attempt: the first may have done all, and its answer been lost."""
    is_retry = error.response["ResponseMetadata"]["RetryAttempts"] > 0
    return is_retry and error.response["Error"]["Code"] == CONDITION_FAILED


def unavailable(message: str) -> HttpError:
    return HttpError(503, message, {"Retry-After": "1"})


def already_exists() -> HttpError:
    return HttpError(409, "An item with this key exists already")


def not_found() -> HttpError:
    return HttpError(404, "No item has this key")


def scan(limit: int, start: Item | None) -> tuple[list[Item], Item | None]:
    """Return the table's next items after a key, and the key to go on from."""
    arguments: ScanInputTypeDef = {"TableName": TABLE_NAME, "Limit": limit}
    if start:
        arguments["ExclusiveStartKey"] = start
    with http_errors():
        page = CLIENT.scan(**arguments)
        return page["Items"], page.get("LastEvaluatedKey")

{% if service.sort_key %}
def query(partition: Item, limit: int, start: Item | None) -> tuple[list[Item], Item | None]:
    """Return a partition's next items after a key, in the sort key's order, and the key to go on from."""
    arguments: QueryInputTypeDef = {
        "TableName": TABLE_NAME,
        "Limit": limit,
        "KeyConditionExpression": "#partition = :partition",
        "ExpressionAttributeNames": {"#partition": PARTITION_KEY.name},
        "ExpressionAttributeValues": {":partition": partition[PARTITION_KEY.name]},
    }
    if start:
        arguments["ExclusiveStartKey"] = start
    with http_errors():
        page = CLIENT.query(**arguments)
        return page["Items"], page.get("LastEvaluatedKey")

{% endif %}
def read(key: Item) -> Item:
    """Return the item with a key, as it is now. Raises HttpError 404 where there is none."""
    with http_errors():
        answer = CLIENT.get_item(TableName=TABLE_NAME, Key=key, ConsistentRead=True)
    if "Item" not in answer:
        raise not_found()
    return answer["Item"]


def create(item: Item) -> None:
    """Put a new item. Raises HttpError 409 where its key is taken."""
    with http_errors():
        try:
            CLIENT.put_item(
                TableName=TABLE_NAME,
                Item=item,
                ConditionExpression="attribute_not_exists(#partition)",
                ExpressionAttributeNames={"#partition": PARTITION_KEY.name},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except exceptions.ClientError as error:
            there: Any = error.response.get("Item", {})
            if not (has_failed_again(error) and are_equal({"M": there}, {"M": item})):
                raise translate(error, already_exists()) from error


def replace(item: Item) -> bool:
    """Put an item in the place of the one with its key, and tell whether there was one."""
    with http_errors():
        answer = CLIENT.put_item(TableName=TABLE_NAME, Item=item, ReturnValues="ALL_OLD")
    return "Attributes" in answer


def update(key: Item, changes: Item) -> Item:
    """Set or remove attributes of an item in one step, and return the item. Raises HttpError 404 where there is none."""
    names = {"#partition": PARTITION_KEY.name}
    values: Item = {}
    assignments = []
    removals = []
    for position, (name, value) in enumerate(changes.items()):
        names[f"#{position}"] = name
        if "NULL" in value:
            removals.append(f"#{position}")
        else:
            values[f":{position}"] = value
            assignments.append(f"#{position}=:{position}")
    clauses = [("SET", assignments), ("REMOVE", removals)]
    arguments: UpdateItemInputTypeDef = {
        "TableName": TABLE_NAME,
        "Key": key,
        "ConditionExpression": "attribute_exists(#partition)",
        "ExpressionAttributeNames": names,
        "ReturnValues": "ALL_NEW",
    }
    if changes:
        arguments["UpdateExpression"] = " ".join(f"{verb} {','.join(parts)}" for verb, parts in clauses if parts)
    if values:
        arguments["ExpressionAttributeValues"] = values
    with http_errors(condition_failed=not_found()):
        return CLIENT.update_item(**arguments)["Attributes"]


def delete(key: Item) -> None:
    """Delete the item with a key. Raises HttpError 404 where there is none."""
    with http_errors():
        try:
            CLIENT.delete_item(
                TableName=TABLE_NAME,
                Key=key,
                ConditionExpression="attribute_exists(#partition)",
                ExpressionAttributeNames={"#partition": PARTITION_KEY.name},
            )
        except exceptions.ClientError as error:
            if not has_failed_again(error):
                raise translate(error, not_found()) from error
