"""JSON text to DynamoDB's attribute values, and back, without losing a digit."""

from __future__ import annotations

import base64
import json
import re
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NoReturn

from service.http import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]

# Amazon DynamoDB Developer Guide, "Naming rules and data types": numbers, and nesting of documents.
MAX_DIGITS = 38
MAX_EXPONENT = 125
MIN_EXPONENT = -130
MAX_DEPTH = 32
MAX_ITEM_BYTES = 400 * 1024

JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def parse_object(text: str) -> Item:
    """Return the attribute values of a JSON object.

    Raises HttpError 400 where the text is not JSON, not an object, or holds what DynamoDB cannot, and 413 where
    it holds too much: sending that on would take longer than the function has.
    """
    if text.count(",") > MAX_ITEM_BYTES:  # whatever a comma stands for is a byte or more
        raise too_large()
    try:
        document = DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise HttpError(400, "The body must be a JSON object") from error
    if not isinstance(document, dict):
        raise HttpError(400, "The body must be a JSON object")
    item = to_attribute_values(document, depth=1)
    if len(text) > MAX_ITEM_BYTES // 4 and sum(map(least_bytes, item.values())) > MAX_ITEM_BYTES:
        raise too_large()
    return item


def parse_number(text: str) -> Decimal:
    """Return a number of JSON, exactly. Raises HttpError 400 for one that DynamoDB cannot keep."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        if not re.search("[1-9]", text.lower().partition("e")[0]):  # zero, whatever its exponent
            return Decimal(0)
        raise HttpError(400, f"The number {shorten(text)} is out of range") from error
    digits = number.as_tuple().digits
    if len(digits) > MAX_DIGITS and len("".join(map(str, digits)).rstrip("0")) > MAX_DIGITS:
        raise HttpError(400, f"The number {shorten(text)} has more than {MAX_DIGITS} significant digits")
    if number and not MIN_EXPONENT <= number.adjusted() <= MAX_EXPONENT:
        raise HttpError(400, f"The number {shorten(text)} is out of range")
    return number or Decimal(0)


def refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


DECODER = json.JSONDecoder(parse_int=parse_number, parse_float=parse_number, parse_constant=refuse_constant)


def shorten(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:47]}..."  # noqa: PLR2004


def to_attribute_value(value: Any, depth: int) -> AttributeValueTypeDef:
    if depth > MAX_DEPTH:
        raise HttpError(400, f"The body is nested deeper than {MAX_DEPTH} levels")
    match value:
        case str():
            return {"S": check_unicode(value)}
        case bool():
            return {"BOOL": value}
        case Decimal():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case list():
            return {"L": [to_attribute_value(element, depth + 1) for element in value]}
        case _:
            return {"M": to_attribute_values(value, depth + 1)}


def to_attribute_values(document: dict[str, Any], depth: int) -> Item:
    if "" in document:
        raise HttpError(400, "An attribute's name must not be empty")
    return {check_unicode(name): to_attribute_value(value, depth) for name, value in document.items()}


def check_unicode(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise HttpError(400, "The body holds half of a surrogate pair, which is not a character") from error
    return text


def least_bytes(value: AttributeValueTypeDef) -> int:
    """Return how many bytes a value takes in DynamoDB, or fewer.

    Source: Amazon DynamoDB Developer Guide, "Item sizes and formats".
    """
    if "S" in value:
        return len(value["S"].encode())
    if "L" in value:
        return 3 + sum(1 + least_bytes(element) for element in value["L"])
    if "M" in value:
        return 3 + sum(1 + len(name) + least_bytes(element) for name, element in value["M"].items())
    return 1


def too_large() -> HttpError:
    return HttpError(413, "The item is larger than 400 KB")


def dump_item(item: Item) -> str:
    """Return an item as a JSON object."""
    # A value is a dictionary of one: its type and its content.
    members = [
        f"{encode_basestring(name)}:{DUMPERS[kind](content)}"
        for name, value in item.items()
        for kind, content in value.items()
    ]
    return "{" + ",".join(members) + "}"


def dump_list(values: list[AttributeValueTypeDef]) -> str:
    return dump_array([DUMPERS[kind](content) for value in values for kind, content in value.items()])


def dump_array(elements: Iterable[str]) -> str:
    return "[" + ",".join(elements) + "]"


def dump_boolean(value: bool) -> str:
    return "true" if value else "false"


def dump_bytes(value: bytes) -> str:
    return f'"{base64.b64encode(value).decode()}"'


# By DynamoDB's type; binary values and sets come from other writers, for JSON has neither.
DUMPERS: dict[str, Callable[[Any], str]] = {
    "S": encode_basestring,
    "N": str,
    "BOOL": dump_boolean,
    "NULL": lambda _: "null",
    "M": dump_item,
    "L": dump_list,
    "B": dump_bytes,
    "SS": lambda elements: dump_array(map(encode_basestring, elements)),
    "NS": dump_array,
    "BS": lambda elements: dump_array(map(dump_bytes, elements)),
}
