"""The contract tests of a rendered service: where they run, and that they fail for what they promise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mutations import fails

if TYPE_CHECKING:
    from collections.abc import Callable

    from renders import Bake
    from stacks import Stack

pytestmark = pytest.mark.slow

TYPES = "text, state:new|paid?, made:created, seen:updated, no:revision, until:expiry?"
WITH_ID = {"sort_key": "note_id:uuid", "attributes": TYPES, "indexes": "state/made"}
WITHOUT_ID = {"attributes": TYPES}
# A part of the service's source, another one in its place, and the contract's tests that then fail.
MUTATIONS = {
    "written.py": [
        ("CREATED: time_of_creation,", 'CREATED: "2026",', "test_create.py"),
        ("REVISION: Decimal(1)", "REVISION: Decimal(2)", "test_create.py"),
        ("kept[CREATED] = old[CREATED]", "pass", "test_replace.py"),
        ("kept[REVISION] = old.get(REVISION, 0) + 1", "kept[REVISION] = Decimal(2)", "test_replace.py"),
        ("expiry <= read_clock()", "False", "test_read.py"),
    ],
    "items.py": [
        ("if name not in WRITTEN", "if name", "test_update.py"),
        ("{**changes, UPDATED: format_now()}", "changes", "test_update.py"),
    ],
    "table.py": [
        ('f" AND {NOT_EXPIRED}"', '""', "test_delete.py"),
        ('options["FilterExpression"] = NOT_EXPIRED', "pass", "test_pages.py"),
        ("#revision=if_not_exists(#revision,:zero)+:one", "#revision=:one", "test_update.py"),
        ("precondition.check(old)", "pass", "test_replace.py"),
        ("**self.only_if_still(old)", "", "test_replace.py::test_keeps_what_the_service_sets_in_sixteen_puts_at_once"),
        ("not bounds.is_descending", "True", "test_query.py"),
        ("condition += bounds.condition", "condition += bounds.condition.replace('>=', '>')", "test_query.py"),
        ("else NotFound(NO_ITEM)", "else PreconditionFailed(NOT_AS_REQUIRED)", "test_update.py"),
    ],
    "etags.py": [
        (
            "return Decimal(revision[1]) if revision else tag",
            'return Decimal(tag.strip("W/\\"") or 0)',
            "test_update.py",
        ),
    ],
    "pages.py": [
        ("int(text) > MAX_LIMIT", "int(text) >= MAX_LIMIT", "test_pages.py"),
        ("return [*path, *limits, bounds.is_descending]", "return [*path, *limits]", "test_query.py"),
        ("first > last", "False", "test_query.py"),
    ],
    "routes.py": [
        (
            "etags.read_precondition(request))\n    return Response(204)",
            "None)\n    return Response(204)",
            "test_delete.py",
        )
    ],
}
MUTATIONS_WITHOUT_ID = {
    "table.py": [
        (
            '" OR #expiry <= :now" if',
            '"" if',
            "test_create.py::test_creates_one_of_sixteen_items_in_place_of_an_expired_one",
        ),
        ("is_met = not self.must_exist", "is_met = True", "test_replace.py"),
    ],
}


def test_runs_without_docker_where_the_api_does(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()

    with stack.running("dev", "DOCKER=no"):
        output = stack.make("contract")

    assert re.search(r"\d{2,} passed, [1-9] deselected", output)


@pytest.mark.parametrize(
    ("answers", "mutations"),
    [(WITH_ID, MUTATIONS), (WITHOUT_ID, MUTATIONS_WITHOUT_ID)],
    ids=["with an id", "without an id"],
)
def test_a_broken_promise_fails_a_contract_test(
    bake_with_tools: Bake, answers: dict[str, str], mutations: dict[str, list[tuple[str, str, str]]]
) -> None:
    service = bake_with_tools(**answers)
    survived = []

    for name, changes in mutations.items():
        path = service.path / "src" / "service" / name
        text = path.read_text(encoding="utf-8")
        for right, wrong, test in changes:
            assert right in text, (name, right)
            # The tests of many requests at once take longest, and are not needed for the others.
            selection = [] if "::" in test else ["-k", "not sixteen and not at_once and not of_16"]
            if not fails(service, path, text.replace(right, wrong), f"tests/contract/{test}", *selection):
                survived.append((name, right, wrong))

    assert survived == []
