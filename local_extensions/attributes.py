"""The attributes of items: their grammar, and their types."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from local_extensions.answer_text import AnswerError, check_attribute_name, split_list
from local_extensions.limits import ATTRIBUTES, ENUM_VALUE_LENGTH
from local_extensions.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Type(NamedTuple):
    """A type of attributes."""

    must_be: str
    """What a value must be, as messages say it."""

    key_type: str
    """DynamoDB's type of it in a key, S or N; empty if it cannot be in one."""

    sample: object


TYPES = {
    "string": Type("a string", "S", "text"),
    "number": Type("a number", "N", 10),
    "integer": Type("a whole number", "N", 1),
    "boolean": Type("true or false", "", sample=True),
    "datetime": Type("a date and time such as 2026-01-31T12:00:00Z", "S", "2026-01-31T12:00:00Z"),
    "list": Type("an array", "", ["a"]),
    "map": Type("an object", "", {"a": 1}),
    "created": Type("a time such as 2026-01-31T12:00:00.000Z", "S", "2026-01-31T12:00:00.000Z"),
    "updated": Type("a time such as 2026-01-31T12:00:00.000Z", "S", "2026-01-31T12:00:00.000Z"),
    "revision": Type("a whole number", "N", 1),
    "expiry": Type("a whole number of seconds since 1970: seconds, not milliseconds", "", 4102444800),
}
MAX_SECONDS = 253402300799  # the end of the year 9999; milliseconds are more
# What the service sets itself, whatever a body says.
WRITTEN_TYPES = ("created", "updated", "revision")
# The types that an item has at most one attribute of.
UNIQUE_TYPES = (*WRITTEN_TYPES, "expiry")


@dataclass(frozen=True)
class Attribute:
    """An attribute of an item, other than its key."""

    name: str
    type: str
    """One of TYPES, or enum."""

    is_required: bool
    values: tuple[str, ...] = ()
    """The values of an enum."""

    @property
    def is_written(self) -> bool:
        """Whether the service sets it, and clients do not."""
        return self.type in WRITTEN_TYPES

    @property
    def must_be(self) -> str:
        """What the value must be, as messages say it."""
        return f"one of {', '.join(self.values)}" if self.values else TYPES[self.type].must_be

    @property
    def key_type(self) -> str:
        """DynamoDB's type of the attribute in a key, S or N; empty if it cannot be in one."""
        return "S" if self.values else TYPES[self.type].key_type

    @property
    def sample(self) -> object:
        return self.values[0] if self.values else TYPES[self.type].sample


@dataclass(frozen=True)
class Attributes:
    """The attributes of items, other than their key."""

    listed: tuple[Attribute, ...] = ()
    allows_others: bool = True
    max_seconds = MAX_SECONDS

    @property
    def types(self) -> dict[str, Type]:
        """The types that the service checks: all but those of what it writes and does not have."""
        used = {attribute.type for attribute in self.listed}
        return {name: type_ for name, type_ in TYPES.items() if name not in UNIQUE_TYPES or name in used}

    @property
    def sent(self) -> list[Attribute]:
        """The attributes that clients set."""
        return [attribute for attribute in self.listed if not attribute.is_written]

    @property
    def written(self) -> list[Attribute]:
        """The attributes that the service sets."""
        return [attribute for attribute in self.listed if attribute.is_written]

    @property
    def created(self) -> str:
        """The name of the attribute with the time of creation, or nothing; the same below."""
        return self.find_name("created")

    @property
    def updated(self) -> str:
        return self.find_name("updated")

    @property
    def revision(self) -> str:
        return self.find_name("revision")

    @property
    def expiry(self) -> str:
        return self.find_name("expiry")

    def find_name(self, type_name: str) -> str:
        return next((attribute.name for attribute in self.listed if attribute.type == type_name), "")

    def find(self, name: str) -> Attribute | None:
        return next((attribute for attribute in self.listed if attribute.name == name), None)

    def sample_key(self, name: str) -> str:
        """Return a sample of an attribute as the text that a path has, or nothing if it is not listed."""
        attribute = self.find(name)
        return str(attribute.sample) if attribute else ""

    @property
    def required(self) -> list[Attribute]:
        return [attribute for attribute in self.listed if attribute.is_required]

    @property
    def samples(self) -> dict[str, object]:
        return {attribute.name: attribute.sample for attribute in self.sent}


def parse_attributes(answer: object, key_names: Collection[str]) -> tuple[Attributes, list[str]]:
    """Return the attributes of `name[:type][?], ... [, ...]`, and what is wrong with them, a line per problem.

    `key_names` are the attributes of the table's key.

    >>> parse_attributes("age:integer?, status:new|paid", [])[0].listed[1].values
    ('new', 'paid')
    """
    try:
        entries = split_list(answer)
    except AnswerError as error:
        return Attributes(), [str(error)]
    allows_others = not entries or entries[-1] == "..."
    if entries and allows_others:
        entries.pop()
    attributes: list[Attribute] = []
    problems = []
    for entry in entries:
        try:
            attributes.append(parse_attribute(entry))
        except AnswerError as error:
            problems.append(str(error))
    problems += find_repeated(attributes, key_names)
    problems += find_repeated_types(attributes)
    if len(entries) > ATTRIBUTES:
        problems.append(
            f"lists {len(entries)} attributes, and the limit is {ATTRIBUTES}; remove {len(entries) - ATTRIBUTES}, "
            "or keep several in one of the type map"
        )
    return Attributes() if problems else Attributes(tuple(attributes), allows_others), problems


def parse_attribute(entry: str) -> Attribute:
    """Return the attribute of `name[:type][?]`. Raises AnswerError."""
    if entry == "...":
        raise AnswerError("'...' allows other attributes; write it once, at the end")
    text = entry.removesuffix("?")
    name, colon, type_name = text.partition(":")
    try:
        check_attribute_name(name)
    except AnswerError as error:
        raise AnswerError(f"{quote(entry)}: {error}") from None
    is_required = text == entry
    if "|" in type_name:
        return Attribute(name, "enum", is_required, parse_values(entry, type_name))
    if type_name == "uuid":
        raise AnswerError(
            f"{quote(entry)}: a uuid is the last attribute of the table's key; write partition_key={name}:uuid, "
            f"or sort_key={name}:uuid"
        )
    if type_name == "owner":
        raise AnswerError(f"{quote(entry)}: an owner is the table's partition key; write partition_key={name}:owner")
    if type_name in WRITTEN_TYPES:
        if not is_required:
            raise AnswerError(f"{quote(entry)}: every item has what the service writes; write {text}")
        return Attribute(name, type_name, is_required=False)  # clients need not send it
    if colon and type_name not in TYPES:
        near = difflib.get_close_matches(type_name.lower(), TYPES, n=1)
        hint = (
            f"write {name}:{near[0]}"
            if near
            else f"write {', '.join(TYPES)}, or the values of an enum such as new|paid"
        )
        raise AnswerError(f"{quote(entry)}: {quote(type_name)} is not a type; {hint}")
    return Attribute(name, type_name or "string", is_required)


def parse_values(entry: str, text: str) -> tuple[str, ...]:
    """Return the values of an enum, which are separated by `|`. Raises AnswerError."""
    values = text.split("|")
    for value in values:
        if not re.fullmatch(rf"[A-Za-z0-9_.-]{{1,{ENUM_VALUE_LENGTH}}}", value):
            problem = f"the value {quote(value)} is not" if value else "a value is empty; write"
            raise AnswerError(
                f"{quote(entry)}: {problem} 1 to {ENUM_VALUE_LENGTH} of the characters A-Z a-z 0-9 _ . -; for example new|paid"
            )
        if values.count(value) > 1:
            raise AnswerError(f"{quote(entry)}: the value {quote(value)} is listed twice; remove one")
    return tuple(values)


def find_repeated(attributes: list[Attribute], key_names: Collection[str]) -> Iterator[str]:
    """Yield a line for each attribute that is listed twice, or that is in the table's key."""
    names = [attribute.name for attribute in attributes]
    for name in dict.fromkeys(names):
        if name in key_names:
            yield f"{quote(name)} is in the table's key, which every item has; remove it"
        elif names.count(name) > 1:
            yield f"{quote(name)} is listed twice; remove one"


def find_repeated_types(attributes: list[Attribute]) -> Iterator[str]:
    """Yield a line for each type that an item has one attribute of, and that is listed twice."""
    for type_name in UNIQUE_TYPES:
        names = [attribute.name for attribute in attributes if attribute.type == type_name]
        if len(set(names)) > 1:
            yield f"{' and '.join(map(quote, names))} are both of the type {type_name}; remove one"
