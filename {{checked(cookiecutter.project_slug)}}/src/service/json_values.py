"""JSON text to values and back, without losing a digit: numbers are Decimal."""

import base64
import json
import re
from decimal import Context, Decimal, Inexact, Overflow, Subnormal, Underflow
from json.encoder import encode_basestring
from typing import Any, NoReturn

from boto3.dynamodb.types import Binary

from service.errors import InvalidRequest, TooLarge

# Amazon DynamoDB Developer Guide, "Naming rules and data types": numbers, and nesting of documents.
MAX_DIGITS = 38
NUMBERS = Context(MAX_DIGITS, Emin=-130, Emax=125, traps=[Inexact, Overflow, Subnormal, Underflow])
MAX_DEPTH = 32
MAX_BYTES = 400 * 1024  # of an item: the same, "Item sizes and formats"

# JSON lacks the constants, and Python reads them; in a string they are text.
STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|-?(NaN|Infinity)')


def parse_object(text: str) -> dict[str, Any]:
    """Return the value of a JSON object. Raises InvalidRequest or TooLarge if DynamoDB cannot store what the text says."""
    # In an item, each of these takes a byte or more, except for the first. Parsing many more would exhaust the memory.
    if sum(map(text.count, ",[{")) > MAX_BYTES + 1:
        raise too_large()
    if text.startswith("\ufeff"):
        raise InvalidRequest("The body starts with a byte order mark; send UTF-8 without one")
    try:
        document = json.loads(
            text,
            parse_int=parse_number,
            parse_float=parse_number,
            parse_constant=lambda _: refuse_constant(text),
        )
    except json.JSONDecodeError as error:
        raise InvalidRequest(f"The body is not valid JSON: line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise too_deep() from error
    if not isinstance(document, dict):
        raise InvalidRequest("The body must be a JSON object")
    # An item has no overhead, unlike an object in it.
    if check_value(document, depth=0) > MAX_BYTES + 3 + len(document):
        raise too_large()
    return document


def parse_number(text: str) -> Decimal:
    """Return a number of JSON, exactly. Raises InvalidRequest if DynamoDB cannot store it."""
    try:
        return NUMBERS.create_decimal(text) or Decimal(0)  # not -0, nor 0E+9
    except Inexact as error:
        if isinstance(error, Overflow | Underflow):
            raise InvalidRequest(f"The number {shorten(text)} is out of range") from error
        raise InvalidRequest(f"The number {shorten(text)} has more than {MAX_DIGITS} significant digits") from error
    except Subnormal as error:
        raise InvalidRequest(f"The number {shorten(text)} is out of range") from error


def refuse_constant(text: str) -> NoReturn:
    """Raise the error of JSON text that has a constant."""
    constants = (match for match in STRING_OR_CONSTANT.finditer(text) if match[1])
    raise json.JSONDecodeError("Expecting value", text, next(constants).start(1))


def shorten(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:47]}..."


def check_value(value: Any, depth: int) -> int:
    """Return how many bytes a value takes in an item; for a number, at least.

    Raises InvalidRequest for nesting, names and characters that DynamoDB does not store.
    """
    if depth > MAX_DEPTH:
        raise too_deep()
    match value:
        case str():
            return check_unicode(value)
        case list():
            return 3 + sum(1 + check_value(element, depth + 1) for element in value)
        case dict():
            if "" in value:
                raise InvalidRequest("An attribute's name must not be empty")
            return 3 + sum(1 + check_unicode(name) + check_value(value[name], depth + 1) for name in value)
    return 1


def check_unicode(text: str) -> int:
    """Return how many bytes a text takes in UTF-8. Raises InvalidRequest if it has none."""
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidRequest("The body contains half of a surrogate pair, which is not a character") from error


def too_large() -> TooLarge:
    return TooLarge("The item is larger than 400 KB")


def too_deep() -> InvalidRequest:
    return InvalidRequest(f"The body is nested deeper than {MAX_DEPTH} levels")


def dump(value: Any) -> str:
    """Return a value as JSON. Binary values and sets, which other programs may store, become base64 and arrays."""
    match value:
        case str():
            return encode_basestring(value)
        case bool():
            return "true" if value else "false"
        case Decimal() | int():
            return str(value)
        case dict():
            members = [f"{encode_basestring(name)}:{dump(element)}" for name, element in value.items()]
            return "{" + ",".join(members) + "}"
        case list() | set():
            return "[" + ",".join(map(dump, value)) + "]"
        case Binary():
            return f'"{base64.b64encode(value.value).decode()}"'  # type: ignore[attr-defined]  # boto3-stubs lack it
        case None:
            return "null"
    raise TypeError(f"{type(value).__name__} has no JSON form")
