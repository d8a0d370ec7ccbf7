"""The keys of the table and of its indexes: their grammar and their rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_extensions.answer_text import AnswerError, check_attribute_name, expect_string, split_list
from local_extensions.limits import (
    INDEX_NAME_LENGTH,
    INDEXES_PER_TABLE,
    MAX_PARTITION_KEY_BYTES,
    MAX_SORT_KEY_BYTES,
)
from local_extensions.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_extensions.attributes import Attributes


PARTITION_KEY_TYPES = ("S", "N", "uuid", "owner")
SORT_KEY_TYPES = ("S", "N", "uuid")
INDEX_KEY_TYPES = ("S", "N")
UUID_SAMPLE = "019b76da-a800-7000-8000-000000000001"


@dataclass(frozen=True)
class Key:
    """A key attribute of the table or of an index."""

    name: str
    type: str
    """S (string) or N (number)."""

    max_bytes: int
    """DynamoDB's limit for a value of a string key."""

    sample: str
    """A value for examples."""

    is_uuid: bool = False
    """Whether the service makes the values: UUIDs, as strings."""

    is_owner: bool = False
    """Whether the value is the caller: the claim `sub` of the token."""

    @property
    def is_number(self) -> bool:
        return self.type == "N"

    @property
    def json_sample(self) -> object:
        return int(self.sample) if self.is_number else self.sample


@dataclass(frozen=True)
class Index:
    """A global secondary index of the table."""

    partition_key: Key
    sort_key: Key | None
    is_lookup: bool = False
    """Whether requests give the sort key, too. Only an index of items with owners can be one."""

    @property
    def keys(self) -> list[Key]:
        return [key for key in (self.partition_key, self.sort_key) if key]

    @property
    def own_keys(self) -> list[Key]:
        """The keys that the answer names: all but the owner."""
        return [key for key in self.keys if not key.is_owner]

    @property
    def path_key(self) -> Key | None:
        """The key that is in the path of a route that queries the index, if one is."""
        if self.is_lookup:
            return self.sort_key
        return None if self.partition_key.is_owner else self.partition_key

    @property
    def order_key(self) -> Key | None:
        """The key in whose order a list of the index is, if it has one."""
        return None if self.is_lookup else self.sort_key

    @property
    def name(self) -> str:
        return "by-" + "-and-".join(key.name for key in self.own_keys)

    @property
    def constant(self) -> str:
        """The name as Python and Rust write a constant."""
        return self.name.replace("-", "_").upper()

    @property
    def logical_id(self) -> str:
        """The name as CloudFormation takes it: letters and digits."""
        return "".join(word.capitalize() for word in re.split("[-_]", self.name))


def parse_partition_key(answer: object) -> Key:
    """Return the table's partition key. Raises AnswerError."""
    return parse_key(
        expect_string(answer), max_bytes=MAX_PARTITION_KEY_BYTES, string_sample="001", types=PARTITION_KEY_TYPES
    )


def parse_sort_key(answer: object) -> Key | None:
    """Return the table's sort key, or None for an empty answer. Raises AnswerError."""
    text = expect_string(answer)
    if not text.strip():
        return None
    return parse_key(text, max_bytes=MAX_SORT_KEY_BYTES, string_sample="a", types=SORT_KEY_TYPES)


def parse_key(answer: str, *, max_bytes: int, string_sample: str, types: tuple[str, ...]) -> Key:
    """Return the key of `name` or `name:type`. Raises AnswerError.

    >>> parse_key("order:N", max_bytes=2048, string_sample="001", types=INDEX_KEY_TYPES).type
    'N'
    """
    name, colon, key_type = answer.strip().partition(":")
    check_attribute_name(name)
    if colon and key_type not in types:
        which = "only a table's partition key can" if key_type == "owner" else "a key cannot"
        hints = {
            "uuid": f", {name}:uuid for an id that the service makes",
            "owner": f", {name}:owner for the user who signed in",
        }
        hint = "".join(text for type_name, text in hints.items() if type_name in types)
        raise AnswerError(
            f"{quote(answer)} has the type {quote(key_type)}, which {which} have; "
            f"write {name}:S for a string, {name}:N for a number{hint}"
        )
    if key_type == "uuid":
        return Key(name, "S", max_bytes, UUID_SAMPLE, is_uuid=True)
    if key_type == "owner":
        return Key(name, "S", max_bytes, "alice", is_owner=True)
    is_number = key_type == "N"
    return Key(name, key_type or "S", max_bytes, "1" if is_number else string_sample)


def parse_indexes(answer: object, keys: list[Key], attributes: Attributes) -> tuple[list[Index], list[str]]:
    """Return the indexes of `partition[:type][/sort[:type]], ...`, and what is wrong with them, a line per problem.

    With an owner, an index is `name[:type]`: the owner is its partition key. `keys` are the table's. A key attribute has the type that the table's key or `attributes` gives it.
    """
    try:
        entries = split_list(answer)
    except AnswerError as error:
        return [], [str(error)]
    indexes: list[Index] = []
    problems = []
    types: dict[str, str] = {key.name: key.type for key in keys}
    for entry in entries:
        try:
            index = parse_index(entry, types, keys, attributes)
            check_index(entry, index, indexes, keys)
            indexes.append(index)
        except AnswerError as error:
            problems.append(str(error))
    if len(entries) > INDEXES_PER_TABLE:
        problems.append(
            f"names {len(entries)} indexes, and DynamoDB allows {INDEXES_PER_TABLE}; remove {len(entries) - INDEXES_PER_TABLE}"
        )
    return indexes, problems


def parse_index(entry: str, types: dict[str, str], keys: list[Key], attributes: Attributes) -> Index:
    """Return an index, and add the types of its key attributes to `types`: all indexes must agree on them.

    Raises AnswerError.
    """
    owners = [key for key in keys if key.is_owner]
    texts = entry.split("/")
    if len(texts) + len(owners) > 2:
        hint = f"{owners[0].name} is its partition key, so name one attribute" if owners else "write partition/sort"
        raise AnswerError(f"{quote(entry)}: an index has at most two key attributes; {hint}")
    index_keys = owners.copy()
    limits = (MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES)[len(owners) :]
    for text, max_bytes in zip(texts, limits, strict=False):
        try:
            key = parse_key(text, max_bytes=max_bytes, string_sample="a", types=INDEX_KEY_TYPES)
        except AnswerError as error:
            raise AnswerError(f"{quote(entry)}: {error}") from None
        known = find_key_type(entry, key.name, keys, attributes) or types.get(key.name)
        if known and ":" in text and key.type != known:
            raise AnswerError(
                f"{quote(entry)}: {quote(key.name)} has the type {known} elsewhere; write {key.name}:{known}"
            )
        key_type = types.setdefault(key.name, known or key.type)
        sample = attributes.sample_key(key.name) or ("1" if key_type == "N" else key.sample)
        index_keys.append(Key(key.name, key_type, max_bytes, sample))
    is_lookup = bool(owners) and is_looked_up(index_keys[1], attributes)
    return Index(index_keys[0], index_keys[1] if len(index_keys) > 1 else None, is_lookup)


def is_looked_up(key: Key, attributes: Attributes) -> bool:
    """Return whether clients look for one value of an attribute, and do not sort by it."""
    attribute = attributes.find(key.name)
    return attribute.type in ("string", "enum") if attribute else not key.is_number


def find_key_type(entry: str, name: str, keys: list[Key], attributes: Attributes) -> str | None:
    """Return the type that the table's key or `attributes` gives an attribute, if they do. Raises AnswerError."""
    of_keys: Mapping[str, str] = {key.name: key.type for key in keys}
    if name in of_keys:
        return of_keys[name]
    attribute = attributes.find(name)
    if attribute is None and not attributes.allows_others:
        raise AnswerError(
            f"{quote(entry)}: {quote(name)} is not one of the attributes; add it to them, or end them with ..."
        )
    if attribute and attribute.type == "expiry":
        raise AnswerError(
            f"{quote(entry)}: {quote(name)} is an expiry, and DynamoDB cannot filter by a key; use another attribute"
        )
    if attribute and not attribute.key_type:
        raise AnswerError(
            f"{quote(entry)}: {quote(name)} is {attribute.must_be}, and the key of an index is a string or a number; "
            "use another attribute"
        )
    return attribute.key_type if attribute else None


def check_index(entry: str, index: Index, others: list[Index], keys: list[Key]) -> None:
    """Raise AnswerError for an index that DynamoDB does not take, or whose name is like that of another."""
    names = [key.name for key in index.own_keys]
    if len(set(names)) < len(names):
        raise AnswerError(f"{quote(entry)}: has one attribute for both keys; remove '/{names[1]}'")
    if keys and names[0] == keys[0].name:
        raise AnswerError(
            f"{quote(entry)}: {quote(names[0])} is the table's partition key, which the table itself finds items by; remove it"
        )
    if index.partition_key.is_owner and names[0] == keys[-1].name:
        raise AnswerError(
            f"{quote(entry)}: {quote(names[0])} is the table's sort key, which the table itself finds items by; remove it"
        )
    if len(index.name) > INDEX_NAME_LENGTH:
        raise AnswerError(
            f"{quote(entry)}: the index's name {index.name} has {len(index.name)} characters, and the limit is {INDEX_NAME_LENGTH}; "
            "use shorter attribute names"
        )
    for other in others:
        if other.name == index.name:
            raise AnswerError(f"{quote(entry)}: is listed twice; remove one")
        if other.logical_id.lower() == index.logical_id.lower() or other.constant == index.constant:
            raise AnswerError(
                f"{quote(entry)}: the index's name {index.name} is too similar to {other.name}: they must differ in more than "
                "case, hyphens and underscores; rename an attribute"
            )
