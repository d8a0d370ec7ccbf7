"""The contract tests of a rendered service: where they run, and that they fail for what they promise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from renders import Bake
    from stacks import Stack

pytestmark = pytest.mark.slow

TYPED = {
    "sort_key": "at:N",
    "attributes": "email, size:number?, state:new|paid?, ...",
    "indexes": "state/size, email/state, total:N",
}
# A file, a part of it, another one in its place, and tests that fail.
MUTATIONS = {
    "an index in reverse": (
        "src/service/table.py",
        "not bounds.is_descending",
        "bool(index) == bounds.is_descending",
        "test_index.py::test_lists_the_items_in_order",
    ),
    "a partition in reverse": (
        "src/service/table.py",
        "not bounds.is_descending",
        "bool(index) != bounds.is_descending",
        "test_query.py::test_lists_only_the_partition_in_order",
    ),
    "values are not set": (
        "src/service/items.py",
        "    return changes\n",
        "    return {name: value for name, value in changes.items() if value is None}\n",
        "test_update.py::test_sets_and_removes_attributes",
    ),
    "the largest limit is refused": (
        "src/service/pages.py",
        "int(text) > MAX_LIMIT",
        "int(text) >= MAX_LIMIT",
        "test_pages.py::test_lists_each_item_on_one_page",
    ),
    "a repeated key counts": (
        "src/service/items.py",
        "if len(changes) > MAX_CHANGES:",
        "if len(changes) + len(path_key) > MAX_CHANGES:",
        "test_update.py::test_does_not_count_a_repeated_key_as_a_change",
    ),
    "a constant without its place": (
        "src/service/json_values.py",
        "next(constants).start(1)",
        "0",
        "test_create.py::test_names_the_line_of_a_json_error",
    ),
}


def test_runs_without_docker_where_the_api_does(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()

    with stack.running("dev", "DOCKER=no"):
        output = stack.make("contract")

    assert re.search(r"\d{2,} passed, [1-9] deselected", output)


def test_fails_for_each_mutation(bake_with_tools: Bake) -> None:
    service = bake_with_tools(**TYPED)
    survived = []

    for name, (file, right, wrong, test) in MUTATIONS.items():
        text = service.read(file)
        assert right in text
        (service.path / file).write_text(text.replace(right, wrong), encoding="utf-8")
        result = service.run(".venv/bin/python", "-m", "pytest", "--quiet", f"tests/contract/{test}")
        (service.path / file).write_text(text, encoding="utf-8")
        if not re.search(r"\d failed", result.stdout):
            survived.append(name)

    assert survived == []
    service.check("sh", "-c", "cd / && $OLDPWD/.venv/bin/python -m pytest $OLDPWD/tests")  # whatever the directory is
