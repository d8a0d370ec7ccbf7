"""The DynamoDB table: its key, and the operations on its items. It does not depend on HTTP."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from boto3.dynamodb import types
from botocore import exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from service.errors import AlreadyExists, InvalidRequest, NotFound, ServiceError, TooLarge, Unavailable
from service.json_values import NUMBERS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item in plain values: str, Decimal, bool, None, list, dict."""


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
KEY = (PARTITION_KEY, SORT_KEY)
{%- else %}
KEY = (PARTITION_KEY,)
{%- endif %}
{% if service.indexes %}

{% include "indexes.py" -%}
{% endif %}
TABLE_NAME = os.environ["TABLE_NAME"]

# Three attempts and the pauses between them, of at most 1 and 2 seconds, end before the function's own timeout.
CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
CLIENT: DynamoDBClient = boto3.client("dynamodb", config=CONFIG)

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
)

types.DYNAMODB_CONTEXT = NUMBERS  # boto3's own refuses 1E-130, and 1E+125 if it is written out
serialize = types.TypeSerializer().serialize
deserialize = types.TypeDeserializer().deserialize


def scan(limit: int, start: Item | None) -> tuple[list[Item], Item | None]:
    """Return the table's next items after a key, and the key to continue from."""
    with service_errors():
        result = CLIENT.scan(TableName=TABLE_NAME, Limit=limit, **start_after(start))
    return read_page(result)


{% if service.sort_key -%}
def query(partition: Item, limit: int, start: Item | None) -> tuple[list[Item], Item | None]:
    """Return a partition's next items after a key, in the sort key's order, and the key to continue from."""
    with service_errors():
        result = CLIENT.query(
            TableName=TABLE_NAME,
            Limit=limit,
            KeyConditionExpression="#partition = :partition",
            ExpressionAttributeNames={"#partition": PARTITION_KEY.name},
            ExpressionAttributeValues={":partition": serialize(partition[PARTITION_KEY.name])},
            **start_after(start),
        )
    return read_page(result)


{% endif -%}
{% if service.indexes -%}
def query_index(index: Index, partition: Item, limit: int, start: Item | None) -> tuple[list[Item], Item | None]:
    """Return the next items of an index with its partition key, after a key, and the key to continue from."""
    name = index.partition_key.name
    with service_errors():
        result = CLIENT.query(
            TableName=TABLE_NAME,
            IndexName=index.name,
            Limit=limit,
            KeyConditionExpression="#partition = :partition",
            ExpressionAttributeNames={"#partition": name},
            ExpressionAttributeValues={":partition": serialize(partition[name])},
            **start_after(start),
        )
    return read_page(result)


{% endif -%}
def read(key: Item) -> Item:
    """Return the item with a key, as it is now. Raises NotFound."""
    with service_errors():
        result = CLIENT.get_item(TableName=TABLE_NAME, Key=to_dynamodb(key), ConsistentRead=True)
    if "Item" not in result:
        raise item_not_found()
    return from_dynamodb(result["Item"])


def create(item: Item) -> None:
    """Put a new item. Raises AlreadyExists if its key is taken."""
    with service_errors(condition_failed=AlreadyExists("An item with this key already exists")):
        CLIENT.put_item(
            TableName=TABLE_NAME,
            Item=to_dynamodb(item),
            ConditionExpression="attribute_not_exists(#partition)",
            ExpressionAttributeNames={"#partition": PARTITION_KEY.name},
        )


def replace(item: Item) -> bool:
    """Put an item in place of the one with its key, and return whether there was one."""
    with service_errors():
        result = CLIENT.put_item(TableName=TABLE_NAME, Item=to_dynamodb(item), ReturnValues="ALL_OLD")
    return "Attributes" in result


def update(key: Item, changes: Item) -> Item:
    """Set attributes of an item, remove those that are None, and return the item. Raises NotFound."""
    names = {"#partition": PARTITION_KEY.name, **{f"#{number}": name for number, name in enumerate(changes)}}
    values = {f":{number}": value for number, value in enumerate(changes.values()) if value is not None}
    assignments = [f"#{number}=:{number}" for number, value in enumerate(changes.values()) if value is not None]
    removals = [f"#{number}" for number, value in enumerate(changes.values()) if value is None]
    clauses = [("SET", assignments), ("REMOVE", removals)]
    arguments: dict[str, Any] = {}
    if changes:
        arguments["UpdateExpression"] = " ".join(f"{verb} {','.join(parts)}" for verb, parts in clauses if parts)
    if values:
        arguments["ExpressionAttributeValues"] = to_dynamodb(values)
    with service_errors(condition_failed=item_not_found()):
        result = CLIENT.update_item(
            TableName=TABLE_NAME,
            Key=to_dynamodb(key),
            ConditionExpression="attribute_exists(#partition)",
            ExpressionAttributeNames=names,
            ReturnValues="ALL_NEW",
            **arguments,
        )
    return from_dynamodb(result["Attributes"])


def delete(key: Item) -> None:
    """Delete the item with a key. Raises NotFound."""
    with service_errors(condition_failed=item_not_found()):
        CLIENT.delete_item(
            TableName=TABLE_NAME,
            Key=to_dynamodb(key),
            ConditionExpression="attribute_exists(#partition)",
            ExpressionAttributeNames={"#partition": PARTITION_KEY.name},
        )


def to_dynamodb(item: Item) -> dict[str, Any]:
    return {name: serialize(value) for name, value in item.items()}


def from_dynamodb(attributes: Mapping[str, Any]) -> Item:
    return {name: deserialize(value) for name, value in attributes.items()}


def start_after(key: Item | None) -> dict[str, Any]:
    return {"ExclusiveStartKey": to_dynamodb(key)} if key else {}


def read_page(result: Mapping[str, Any]) -> tuple[list[Item], Item | None]:
    last_key = result.get("LastEvaluatedKey")
    return [from_dynamodb(item) for item in result["Items"]], from_dynamodb(last_key) if last_key else None


def item_not_found() -> NotFound:
    return NotFound("No item has this key")


@contextmanager
def service_errors(condition_failed: ServiceError | None = None) -> Iterator[None]:
    """Raise DynamoDB's errors as the service's own, a failed condition as the given one."""
    try:
        yield
    except exceptions.ClientError as error:
        raise translate(error, condition_failed) from error
    except UNREACHABLE as error:
        raise Unavailable("The table does not respond") from error


def translate(error: exceptions.ClientError, condition_failed: ServiceError | None) -> Exception:
    """Return the service's error for one of DynamoDB's, or DynamoDB's own if the service is at fault."""
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    if code == "ConditionalCheckFailedException" and condition_failed:
        return condition_failed
    if code == "ResourceNotFoundException":
        return Unavailable("The table does not exist")
    if code in THROTTLED:
        return Unavailable("The table is throttling requests")
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return Unavailable("The table does not respond")
    if code == "ValidationException":
        # The item passed the checks in `items`: it is too large, or has a wrong type for an index's key.
        return TooLarge("The item is larger than 400 KB") if "Item size" in message else InvalidRequest(message)
    return error
