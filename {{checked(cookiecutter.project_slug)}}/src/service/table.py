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

{{ source.import_from("service.errors", "Conflict", "InvalidRequest", "NotFound", "ServiceError", "TooLarge", "Unavailable", PreconditionFailed=service.attributes.revision) }}
from service.json_values import NUMBERS
{%- if source.list_written_names(service) %}
{{ source.import_from("service.written", *source.list_written_names(service)) }}
{%- endif %}

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

{% if service.attributes.expiry -%}
# Written this way, an item whose attribute is missing, or is not a number, does not expire.
NOT_EXPIRED = "NOT (#expiry <= :now)"
{% endif -%}
NO_ITEM = "No item has this key"
{%- if service.attributes.revision %}
NOT_AS_REQUIRED = "The item is not as If-Match or If-None-Match requires"
{%- endif %}

types.DYNAMODB_CONTEXT = NUMBERS  # boto3's own refuses 1E-130, and 1E+125 if it is written out
serialize = types.TypeSerializer().serialize
deserialize = types.TypeDeserializer().deserialize


class Page(NamedTuple):
    """Items that follow one another."""

    items: list[Item]
    last_key: Item | None
    """The key to continue from, or None on the last page."""


{% if service.lists_in_order -%}
class Bounds(NamedTuple):
    """The part of a partition that a list shows, and its order."""

    sort_key: str
    first: Any
    """The lowest value of the sort key, or None for any."""

    last: Any
    """The highest value, or None for any."""

    is_descending: bool

    @property
    def condition(self) -> str:
        """The condition on the sort key, of which DynamoDB takes one; empty without bounds."""
        match (self.first, self.last):
            case (None, None):
                return ""
            case (_, None):
                return " AND #sort >= :first"
            case (None, _):
                return " AND #sort <= :last"
        return " AND #sort BETWEEN :first AND :last"


{% endif -%}
{% if service.attributes.revision -%}
class Precondition(NamedTuple):
    """What a client requires of the item that it changes."""

    must_exist: bool = False
    must_be_missing: bool = False
    revisions: Sequence[Any] | None = None
    """The revisions of which the item must have one, or None for any."""

    def check(self, old: Item | None) -> None:
        """Raise PreconditionFailed unless the item, or its absence, meets the requirements."""
        if old is None:
            is_met = not self.must_exist
        else:
            is_met = not self.must_be_missing and (self.revisions is None or old.get(REVISION, 0) in self.revisions)
        if not is_met:
            raise PreconditionFailed(NOT_AS_REQUIRED)


{% endif -%}
class Table:
    """A DynamoDB table. Each method is one call of DynamoDB{{ ", except `replace`" if service.keeps_on_replace }}."""

    def __init__(self, name: str, key: Sequence[KeyAttribute]) -> None:
        self.name = name
        self.key = key
{%- if not service.owner %}

    def scan(self, limit: int, start: Item | None) -> Page:
        """Return the table's next items after a key."""
        with service_errors():
            result = CLIENT.scan(TableName=self.name, Limit=limit, **start_after(start){{ ", **omit_expired()" if service.attributes.expiry }})
        return to_page(result)
{%- endif %}
{% if service.sort_key or service.indexes %}
{%- if service.lists_in_order %}
    def query(
        self, partition: Item, limit: int, start: Item | None, bounds: Bounds | None = None, index: str | None = None
    ) -> Page:
{%- if service.looks_up %}
        """Return the next items of a partition after a key, in the order of the sort key of the table or an index.

        A partition with both keys of an index has only the items with this sort key.
        """
{%- else %}
        """Return the next items of a partition after a key, in the order of the sort key of the table or an index."""
{%- endif %}
{%- else %}
    def query(self, partition: Item, limit: int, start: Item | None, index: str | None = None) -> Page:
        """Return the next items of a partition after a key, in the order of the sort key of the table or an index."""
{%- endif %}
{%- if not service.looks_up %}
        ((name, value),) = partition.items()
{%- endif %}
        options = start_after(start)
        if index:
            options["IndexName"] = index
{%- if service.looks_up %}
        condition = " AND ".join(f"#{number} = :{number}" for number in range(len(partition)))
        names = {f"#{number}": name for number, name in enumerate(partition)}
        values: Item = {f":{number}": value for number, value in enumerate(partition.values())}
{%- elif service.lists_in_order or service.attributes.expiry %}
        condition = "#partition = :partition"
        names = {"#partition": name}
        values: Item = {":partition": value}
{%- endif %}
{%- if service.looks_up or service.lists_in_order or service.attributes.expiry %}
{%- if service.lists_in_order %}
        if bounds:
            options["ScanIndexForward"] = not bounds.is_descending
            condition += bounds.condition
            names |= {"#sort": bounds.sort_key} if bounds.condition else {}
            limits = {":first": bounds.first, ":last": bounds.last}
            values |= {name: value for name, value in limits.items() if value is not None}
{%- endif %}
{%- if service.attributes.expiry %}
        options["FilterExpression"] = NOT_EXPIRED
        names["#expiry"] = EXPIRY
        values[":now"] = read_clock()
{%- endif %}
        with service_errors():
            result = CLIENT.query(
                TableName=self.name,
                Limit=limit,
                KeyConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=to_dynamodb(values),
                **options,
            )
{%- else %}
        with service_errors():
            result = CLIENT.query(
                TableName=self.name,
                Limit=limit,
                KeyConditionExpression="#partition = :partition",
                ExpressionAttributeNames={"#partition": name},
                ExpressionAttributeValues={":partition": serialize(value)},
                **options,
            )
{%- endif %}
        return to_page(result)
{% endif %}
    def read(self, key: Item) -> Item:
        """Return the item with a key, as it is now. Raises NotFound."""
{%- if service.keeps_on_replace %}
        item = self.find(key)
        if item is None:
            raise NotFound(NO_ITEM)
        return item

    def find(self, key: Item) -> Item | None:
        """Return the item with a key, as it is now, or None."""
        with service_errors():
            result = CLIENT.get_item(TableName=self.name, Key=to_dynamodb(key), ConsistentRead=True)
        return to_item(result.get("Item"))
{%- elif service.attributes.expiry %}
        with service_errors():
            result = CLIENT.get_item(TableName=self.name, Key=to_dynamodb(key), ConsistentRead=True)
        item = to_item(result.get("Item"))
        if item is None:
            raise NotFound(NO_ITEM)
        return item
{%- else %}
        with service_errors():
            result = CLIENT.get_item(TableName=self.name, Key=to_dynamodb(key), ConsistentRead=True)
        if "Item" not in result:
            raise NotFound(NO_ITEM)
        return from_dynamodb(result["Item"])
{%- endif %}
{% if service.id_key %}
    def create(self, item: Item) -> None:
        """Put a new item, whose key no other has. Without a condition: the SDK may repeat a call that succeeded."""
        with service_errors():
            CLIENT.put_item(TableName=self.name, Item=to_dynamodb(item))
{% else %}
    def create(self, item: Item) -> None:
        """Put a new item. Raises Conflict if its key is taken."""
        with service_errors(lambda _: Conflict("An item with this key already exists")):
            CLIENT.put_item(TableName=self.name, Item=to_dynamodb(item), **self.only_if("attribute_not_exists"))
{% endif %}
{%- if service.keeps_on_replace %}
    def replace(self, item: Item{{ ", precondition: Precondition" if service.attributes.revision }}) -> {{ "Item" if service.id_key else "tuple[Item, bool]" }}:
        """Put an item in place of the one with its key. Return it with what it keeps{{ "" if service.id_key else ", and whether there was one" }}.

        Raises {{ "NotFound, " if service.id_key }}{{ "PreconditionFailed, " if service.attributes.revision }}{{ "or " if service.id_key or service.attributes.revision }}Conflict if other requests change the item at the same time.
        """
        old = self.find({attribute.name: item[attribute.name] for attribute in self.key})
        for _ in range(2):
{%- if service.id_key %}
            if old is None:
                raise NotFound(NO_ITEM)
{%- endif %}
{%- if service.attributes.revision %}
            precondition.check(old)
{%- endif %}
            new = keep(item, old)
            with service_errors():
                try:
                    CLIENT.put_item(TableName=self.name, Item=to_dynamodb(new), **self.only_if_still(old))
                except CLIENT.exceptions.ConditionalCheckFailedException as error:
                    response: Mapping[str, Any] = error.response
                    old = to_item(response.get("Item"))
                else:
                    return {{ "new" if service.id_key else "new, old is not None" }}
        raise Conflict("The item has changed meanwhile")
{% elif service.id_key %}
    def replace(self, item: Item) -> None:
        """Put an item in place of the one with its key. Raises NotFound."""
        with service_errors():
            CLIENT.put_item(TableName=self.name, Item=to_dynamodb(item), **self.only_if("attribute_exists"))
{% else %}
    def replace(self, item: Item) -> bool:
        """Put an item in place of the one with its key, and return whether there was one."""
        with service_errors():
            result = CLIENT.put_item(TableName=self.name, Item=to_dynamodb(item), ReturnValues="ALL_OLD")
        return {{ 'to_item(result.get("Attributes")) is not None' if service.attributes.expiry else '"Attributes" in result' }}
{% endif %}
    def update(self, key: Item, changes: Item{{ ", precondition: Precondition" if service.attributes.revision }}) -> Item:
        """Set attributes of an item, remove those that are None, and return the item. Raises NotFound{{ " or PreconditionFailed" if service.attributes.revision }}."""
        arguments = self.only_if("attribute_exists"{{ ", precondition.revisions" if service.attributes.revision }})
        arguments["ExpressionAttributeNames"] |= {f"#{number}": name for number, name in enumerate(changes)}
        values = {f":{number}": value for number, value in enumerate(changes.values()) if value is not None}
        assignments = [f"#{number}=:{number}" for number, value in enumerate(changes.values()) if value is not None]
        removals = [f"#{number}" for number, value in enumerate(changes.values()) if value is None]
        clauses = [("SET", assignments), ("REMOVE", removals)]
        if changes:
{%- if service.attributes.revision %}
            assignments.append("#revision=if_not_exists(#revision,:zero)+:one")
            arguments["ExpressionAttributeNames"]["#revision"] = REVISION
            values |= {":zero": 0, ":one": 1}
{%- endif %}
            arguments["UpdateExpression"] = " ".join(f"{verb} {','.join(parts)}" for verb, parts in clauses if parts)
        if values:
{%- if service.decides_by_item %}
            arguments.setdefault("ExpressionAttributeValues", {}).update(to_dynamodb(values))
{%- else %}
            arguments["ExpressionAttributeValues"] = to_dynamodb(values)
{%- endif %}
        with service_errors():
            result = CLIENT.update_item(TableName=self.name, Key=to_dynamodb(key), ReturnValues="ALL_NEW", **arguments)
        return from_dynamodb(result["Attributes"])
{% if service.attributes.revision %}
    def delete(self, key: Item, precondition: Precondition) -> None:
        """Delete the item with a key. Raises NotFound or PreconditionFailed."""
        condition = self.only_if("attribute_exists", precondition.revisions)
        with service_errors():
            CLIENT.delete_item(TableName=self.name, Key=to_dynamodb(key), **condition)
{% else %}
    def delete(self, key: Item) -> None:
        """Delete the item with a key. Raises NotFound."""
        with service_errors():
            CLIENT.delete_item(TableName=self.name, Key=to_dynamodb(key), **self.only_if("attribute_exists"))
{% endif %}
{%- if service.decides_by_item %}
    def only_if(self, function: str{{ ", revisions: Sequence[Any] | None = None" if service.attributes.revision }}) -> dict[str, Any]:
        """Return arguments of a write that depends on the item with its key. If it fails, the error has the old item."""
        condition = f"{function}(#partition)"
        names = {"#partition": self.key[0].name}
        values: Item = {}
{%- if service.attributes.expiry %}
        # An item that has expired counts as missing.
        condition += " OR #expiry <= :now" if function == "attribute_not_exists" else f" AND {NOT_EXPIRED}"
        names["#expiry"] = EXPIRY
        values[":now"] = read_clock()
{%- endif %}
{%- if service.attributes.revision %}
        if revisions is not None:
            numbered = {f":revision{number}": revision for number, revision in enumerate(revisions)}
            or_before = " OR attribute_not_exists(#revision)" if 0 in revisions else ""
            condition += f" AND (#revision IN ({','.join(numbered)}){or_before})"
            names["#revision"] = REVISION
            values |= numbered
{%- endif %}
        arguments = {
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return {**arguments, "ExpressionAttributeValues": to_dynamodb(values)} if values else arguments
{% else %}
    def only_if(self, function: str) -> dict[str, Any]:
        """Return arguments of a write that depends on whether its key exists. If not, the error has the old item."""
        return {
            "ConditionExpression": f"{function}(#partition)",
            "ExpressionAttributeNames": {"#partition": self.key[0].name},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
{% endif %}
{%- if service.keeps_on_replace %}
{%- if service.id_key %}
    def only_if_still(self, old: Item) -> dict[str, Any]:
        """Return arguments of a write that depends on whether an item is still as it was read."""
{%- else %}
    def only_if_still(self, old: Item | None) -> dict[str, Any]:
        """Return arguments of a write that depends on whether an item is still as it was read, or missing."""
        if old is None:
            return self.only_if("attribute_not_exists")
{%- endif %}
        arguments = self.only_if("attribute_exists")
        arguments["ExpressionAttributeNames"]["#kept"] = {{ "REVISION" if service.attributes.revision else "CREATED" }}
        if {{ "REVISION" if service.attributes.revision else "CREATED" }} in old:
            arguments["ConditionExpression"] += " AND #kept = :kept"
            kept = {":kept": serialize(old[{{ "REVISION" if service.attributes.revision else "CREATED" }}])}
            arguments.setdefault("ExpressionAttributeValues", {}).update(kept)
        else:
            arguments["ConditionExpression"] += " AND attribute_not_exists(#kept)"
        return arguments
{% endif %}

table = Table(os.environ["TABLE_NAME"], KEY)


def to_dynamodb(item: Item) -> dict[str, Any]:
    return {name: serialize(value) for name, value in item.items()}


def from_dynamodb(attributes: Mapping[str, Any]) -> Item:
    return {name: deserialize(value) for name, value in attributes.items()}


{% if service.attributes.expiry or service.keeps_on_replace -%}
def to_item(attributes: Mapping[str, Any] | None) -> Item | None:
    """Return an item of DynamoDB's{{ ", or None for one that has expired" if service.attributes.expiry }}."""
    item = from_dynamodb(attributes) if attributes else None
{%- if service.attributes.expiry %}
    return None if item and is_expired(item) else item
{%- else %}
    return item
{%- endif %}


{% endif -%}
def start_after(key: Item | None) -> dict[str, Any]:
    return {"ExclusiveStartKey": to_dynamodb(key)} if key else {}


{% if service.attributes.expiry -%}
def omit_expired() -> dict[str, Any]:
    """Return the arguments of a scan that leave out the items that have expired."""
    return {
        "FilterExpression": NOT_EXPIRED,
        "ExpressionAttributeNames": {"#expiry": EXPIRY},
        "ExpressionAttributeValues": to_dynamodb({":now": read_clock()}),
    }


{% endif -%}
def to_page(result: Mapping[str, Any]) -> Page:
    last_key = result.get("LastEvaluatedKey")
    return Page([from_dynamodb(item) for item in result["Items"]], from_dynamodb(last_key) if last_key else None)


def missing_or_changed(old: Item | None) -> ServiceError:
    """Return the error of a change to an item that does not exist, or is not as expected."""
{%- if service.attributes.revision %}
    return PreconditionFailed(NOT_AS_REQUIRED) if old else NotFound(NO_ITEM)
{%- else %}
    return Conflict("The item has changed meanwhile") if old else NotFound(NO_ITEM)
{%- endif %}


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
        return refuse({{ 'to_item(response.get("Item"))' if service.attributes.expiry else 'from_dynamodb(response["Item"]) if "Item" in response else None' }})
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
