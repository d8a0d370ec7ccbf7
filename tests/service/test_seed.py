"""`make seed`: the items of seed.json, and one line for what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks import Stack

pytestmark = pytest.mark.slow

ITEM = '{"user_id": "1", "at": 1, "total": 1}'
REFUSED = "An error occurred (ValidationException) when calling the PutItem operation: One or more parameter values were invalid"
# What seed.json contains, and the start of the line.
WRONG = {
    "": "seed.json cannot be read as JSON: Expecting value: line 1 column 1",
    f"[{ITEM},\n]": "seed.json cannot be read as JSON: Illegal trailing comma before end of array: line 1 column 39",
    ITEM: "seed.json is not a list of items; write [ ] around them",
    "[1]": "seed.json, item 1: Parameter validation failed: Invalid type for parameter Item, value: 1",
    f'[{ITEM}, {{"userid": "2", "at": 1}}]': f"seed.json, item 2: {REFUSED}: Missing the key user_id in the item",
    '[{"user_id": 1, "at": 1}]': f"seed.json, item 1: {REFUSED}: Type mismatch for key user_id",
    '[{"user_id": "1", "at": true}]': f"seed.json, item 1: {REFUSED}: Type mismatch for key at",
    '[{"user_id": "1", "at": 1, "total": null}]': f"seed.json, item 1: {REFUSED}: Type mismatch for Index Key total",
    '[{"user_id": "", "at": 1}]': f"seed.json, item 1: {REFUSED}: An AttributeValue may not contain an empty string",
    '[{"user_id": "1", "at": NaN}]': "seed.json, item 1: Infinity and NaN not supported",
    '[{"user_id": "1", "at": 1e400}]': "seed.json, item 1: a number has more than 38 digits, or is out of range",
}


def test_puts_the_items_into_the_table_or_names_what_is_wrong_in_one_line(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(sort_key="at:N", indexes="total:N")
    file = stack.service.path / "seed.json"
    items = file.read_text()

    with stack.running("dev", "DOCKER=no"):
        output = stack.make("seed")
        lines = {}
        for content in WRONG:
            file.write_text(content)
            result = stack.service.run("make", "--no-print-directory", "seed", *stack.settings)
            assert result.returncode != 0, content
            lines[content], *rest = result.stdout.splitlines()
            assert [line for line in rest if not line.startswith("make: ")] == [], result.stdout
        file.unlink()
        missing = stack.service.run("make", "seed", *stack.settings).stdout
        file.write_text(items)
        again = stack.make("seed")

    assert output == again == "Put 3 items into users\n"
    assert {content: line for content, line in lines.items() if not line.startswith(WRONG[content])} == {}
    assert missing.startswith("seed.json cannot be read as JSON: [Errno 2] No such file or directory")
