"""DynamoDB: the table's key, and the operations on the items of a table. It does not depend on HTTP."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from boto3.dynamodb import types
from botocore import exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError

from service.errors import Conflict, InvalidRequest, NotFound, ServiceError, TooLarge, Unavailable
from service.json_values import NUMBERS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item in plain values: str, Decimal, bool, None, list, dict."""

type Refusal = Callable[[Item | None], ServiceError]
"""What a failed condition means, given the item that the table has."""


class KeyAttribute(NamedTuple):
    """An attribute of a key."""

    name: str
    type: str
    """S (string) or N (number)."""

    max_bytes: int
    """DynamoDB's limit for a string."""


KEY = [
{%- for key in service.keys %}
    KeyAttribute("{{ key.name }}", "{{ key.type }}", max_bytes={{ key.max_bytes }}),
{%- endfor %}
]
{% if service.indexes %}

{% include "indexes.py" -%}
{% endif %}
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

NO_ITEM = "No item has this key"

types.DYNAMODB_CONTEXT = NUMBERS  # boto3's own refuses 1E-130, and 1E+125 if it is written out
serialize = types.TypeSerializer().serialize
deserialize = types.TypeDeserializer().deserialize


class Page(NamedTuple):
    """Items that follow one another."""

    items: list[Item]
    last_key: Item | None
    """The key to continue from, or None on the last page."""


class Table:
    """A DynamoDB table. Each method is one call of DynamoDB."""

    def __init__(self, name: str, key: Sequence[KeyAttribute]) -> None:
        self.name = name
        self.key = key

    def scan(self, limit: int, start: Item | None) -> Page:
        """Return the table's next items after a key."""
        with service_errors():
            result = CLIENT.scan(TableName=self.name, Limit=limit, **start_after(start))
        return to_page(result)
{% if service.sort_key or service.indexes %}
    def query(self, partition: Item, limit: int, start: Item | None, index: str | None = None) -> Page:
        """Return the next items of a partition after a key, in the order of the sort key of the table or an index."""
        ((name, value),) = partition.items()
        options = start_after(start)
        if index:
            options["IndexName"] = index
        with service_errors():
            result = CLIENT.query(
                TableName=self.name,
                Limit=limit,
                KeyConditionExpression="#partition = :partition",
                ExpressionAttributeNames={"#partition": name},
                ExpressionAttributeValues={":partition": serialize(value)},
                **options,
            )
        return to_page(result)
{% endif %}
    def read(self, key: Item) -> Item:
        """Return the item with a key, as it is now. Raises NotFound."""
        with service_errors():
            result = CLIENT.get_item(TableName=self.name, Key=to_dynamodb(key), ConsistentRead=True)
        if "Item" not in result:
            raise NotFound(NO_ITEM)
        return from_dynamodb(result["Item"])

    def create(self, item: Item) -> None:
        """Put a new item. Raises Conflict if its key is taken."""
        with service_errors(lambda _: Conflict("An item with this key already exists")):
            CLIENT.put_item(TableName=self.name, Item=to_dynamodb(item), **self.only_if("attribute_not_exists"))

    def replace(self, item: Item) -> bool:
        """Put an item in place of the one with its key, and return whether there was one."""
        with service_errors():
            result = CLIENT.put_item(TableName=self.name, Item=to_dynamodb(item), ReturnValues="ALL_OLD")
        return "Attributes" in result

    def update(self, key: Item, changes: Item) -> Item:
        """Set attributes of an item, remove those that are None, and return the item. Raises NotFound."""
        arguments = self.only_if("attribute_exists")
        arguments["ExpressionAttributeNames"] |= {f"#{number}": name for number, name in enumerate(changes)}
        values = {f":{number}": value for number, value in enumerate(changes.values()) if value is not None}
        assignments = [f"#{number}=:{number}" for number, value in enumerate(changes.values()) if value is not None]
        removals = [f"#{number}" for number, value in enumerate(changes.values()) if value is None]
        clauses = [("SET", assignments), ("REMOVE", removals)]
        if changes:
            arguments["UpdateExpression"] = " ".join(f"{verb} {','.join(parts)}" for verb, parts in clauses if parts)
        if values:
            arguments["ExpressionAttributeValues"] = to_dynamodb(values)
        with service_errors():
            result = CLIENT.update_item(TableName=self.name, Key=to_dynamodb(key), ReturnValues="ALL_NEW", **arguments)
        return from_dynamodb(result["Attributes"])

    def delete(self, key: Item) -> None:
        """Delete the item with a key. Raises NotFound."""
        with service_errors():
            CLIENT.delete_item(TableName=self.name, Key=to_dynamodb(key), **self.only_if("attribute_exists"))

    def only_if(self, function: str) -> dict[str, Any]:
        """Return arguments of a write that depends on whether its key exists. If not, the error has the old item."""
        return {
            "ConditionExpression": f"{function}(#partition)",
            "ExpressionAttributeNames": {"#partition": self.key[0].name},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


table = Table(os.environ["TABLE_NAME"], KEY)


def to_dynamodb(item: Item) -> dict[str, Any]:
    return {name: serialize(value) for name, value in item.items()}


def from_dynamodb(attributes: Mapping[str, Any]) -> Item:
    return {name: deserialize(value) for name, value in attributes.items()}


def start_after(key: Item | None) -> dict[str, Any]:
    return {"ExclusiveStartKey": to_dynamodb(key)} if key else {}


def to_page(result: Mapping[str, Any]) -> Page:
    last_key = result.get("LastEvaluatedKey")
    return Page([from_dynamodb(item) for item in result["Items"]], from_dynamodb(last_key) if last_key else None)


def missing_or_changed(old: Item | None) -> ServiceError:
    """Return the error of a change to an item that does not exist, or is not as expected."""
    return Conflict("The item has changed meanwhile") if old else NotFound(NO_ITEM)


@contextmanager
def service_errors(refuse: Refusal = missing_or_changed) -> Iterator[None]:
    """Raise DynamoDB's errors as the service's own; `refuse` returns the one of a failed condition."""
    try:
        yield
    except exceptions.ClientError as error:
        raise translate(error, refuse) from error
    except UNREACHABLE as error:
        raise Unavailable("The table does not respond") from error


def translate(error: exceptions.ClientError, refuse: Refusal) -> Exception:
    """Return the service's error for one of DynamoDB's, or DynamoDB's own if the service is at fault."""
    response: Mapping[str, Any] = error.response
    code = response["Error"]["Code"]
    message = response["Error"].get("Message", "")
    if code == "ConditionalCheckFailedException":
        return refuse(from_dynamodb(response["Item"]) if "Item" in response else None)
    if code == "ResourceNotFoundException":
        return Unavailable("The table does not exist")
    if code in THROTTLED:
        return Unavailable("The table is throttling requests")
    if response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return Unavailable("The table does not respond")
    if code == "ValidationException":
        # The item passed the checks in `items`: it is too large, or has a wrong type for an index's key.
        return TooLarge("The item is larger than 400 KB") if "Item size" in message else InvalidRequest(message)
    return error
