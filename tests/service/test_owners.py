"""Items with owners: two users of one service, and that a test fails for each place in the source without the owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
import requests

from mutations import add_mutants, add_switches, fails, list_mutants

if TYPE_CHECKING:
    from collections.abc import Callable

    from renders import Bake
    from stacks import Stack

pytestmark = pytest.mark.slow

TODOS = {
    "table_name": "todos",
    "partition_key": "user_id:owner",
    "sort_key": "todo_id",
    "attributes": "text, status:open|done?, created_at:created, revision:revision",
    "indexes": "status, created_at",
    "auth": "jwt",
    "api_type": "http",
}


class Mutation(NamedTuple):
    """A part of the source, and others in its place, which are tried wherever the part is."""

    file: str
    """Below `src/`."""

    right: str
    wrong: str
    tests: tuple[str, ...]
    """Names of contract tests, without `test_`."""


EVERY = ("owners", "create", "read", "replace", "update", "delete", "query", "index")
SOMEBODY = '(request._replace(claims={"sub": "somebody"})'
SOMEBODY_IN_RUST = "(&crate::mutants::of_somebody(@, request)"
IS_ON = "crate::mutants::is_on(@)"
SKIPPED = "crate::mutants::skipped(@)"
INSERTS_OWNER = "texts.insert(OWNER.into(), read_owner(request)?);"
TAKES_OTHERS = "texts.extend(request.parameters.clone().into_iter().chain(request.query.clone()))"
MUTATIONS = {
    "python": [
        *(
            Mutation("service/routes.py", f"{function}(request", f"{function}{SOMEBODY}", EVERY)
            for function in ("items.read_key", "items.read_item", "items.read_changes", "pages.read_cursor")
        ),
        Mutation("service/items.py", ", OWNER: read_owner(request)", "", EVERY),
        Mutation(
            "service/items.py",
            "{**request.parameters, OWNER: read_owner(request)}",
            "{OWNER: read_owner(request), **request.parameters, **request.query}",
            EVERY,
        ),
        Mutation("service/items.py", "read_owner(request)}", '"somebody"}', EVERY),
        Mutation("service/items.py", 'if not request.claims.get("sub"):', 'if "sub" not in request.claims:', EVERY),
        Mutation("service/items.py", 'if not request.claims.get("sub"):', "if False:", EVERY),
        Mutation("service/items.py", "    refuse_other_key(", "    str(", EVERY),
        Mutation("service/items.py", "    item.update(path_key)\n", "", EVERY),
        Mutation("service/items.py", " if name not in path_key}", "}", EVERY),
        Mutation("service/pages.py", " or not items.read_key(request, key).items() <= start.items()", "", ("query",)),
        Mutation("service/pages.py", " or not items.read_key(request, key).items() <= start.items()", "", ("index",)),
        Mutation("service/table.py", '    KeyAttribute("user_id", "S", max_bytes=2048),\n', "", EVERY),
        Mutation("service/table.py", "range(len(partition))", "range(1, len(partition))", EVERY),
    ],
    "rust": [
        *(
            Mutation("routes.rs", f"{function}(request", f"{function}{SOMEBODY_IN_RUST}", EVERY)
            for function in ("items::read_key", "items::read_item", "items::read_changes", "pages::read_cursor")
        ),
        Mutation("routes.rs", "index.cursor_key();", f"index.cursor_key().split_off({SKIPPED});", ("pages", "index")),
        Mutation("items.rs", INSERTS_OWNER, f"if !{IS_ON} {{ {INSERTS_OWNER} }}", EVERY),
        Mutation(
            "items.rs",
            "read_owner(request)?);",
            f'if {IS_ON} {{ "somebody".into() }} else {{ read_owner(request)? }});',
            EVERY,
        ),
        Mutation("items.rs", "    let named", f"    if {IS_ON} {{ {TAKES_OTHERS}; }}\n    let named", EVERY),
        Mutation("items.rs", "!owner.is_empty()", f"{IS_ON} || !owner.is_empty()", EVERY),
        Mutation("items.rs", "owner.cloned()", f"owner.cloned().or({IS_ON}.then(String::new))", EVERY),
        Mutation("items.rs", "&path_key)?;", f"&path_key.clone().into_iter().filter(|_| !{IS_ON}).collect())?;", EVERY),
        Mutation("items.rs", "item.extend(path_key)", f"item.extend(path_key.into_iter().filter(|_| !{IS_ON}))", EVERY),
        Mutation("items.rs", "!path_key.contains_key(name)", f"({IS_ON} || !path_key.contains_key(name))", EVERY),
        Mutation("pages.rs", " && is_in_path", f" && (is_in_path || {IS_ON})", ("query",)),
        Mutation("pages.rs", " && (is_in_path", f" && (is_in_path || {IS_ON}", ("index",)),
        Mutation("table.rs", "(0..partition.len())", f"({SKIPPED}..partition.len())", EVERY),
    ],
}


def list_tests(mutation: Mutation) -> list[str]:
    """Return pytest's arguments. The tests of many requests at once take longest, and are not needed here."""
    files = [f"tests/contract/test_{name}.py" for name in mutation.tests]
    return [*files, "-k", "not sixteen and not at_once and not of_16"]


@pytest.mark.first
def test_a_place_without_the_owner_fails_a_contract_test(bake_with_tools: Bake) -> None:
    service = bake_with_tools(**TODOS)
    survived = []

    for mutation in MUTATIONS["python"]:
        path = service.path / "src" / mutation.file
        mutants = list_mutants(path.read_text(encoding="utf-8"), mutation.right, mutation.wrong)
        assert mutants, mutation
        survived += [
            (mutation, number)
            for number, mutant in enumerate(mutants)
            if not fails(service, path, mutant, *list_tests(mutation))
        ]

    assert survived == []


@pytest.mark.first
def test_a_place_without_the_owner_fails_a_contract_test_in_rust(bake_rust: Bake) -> None:
    service = bake_rust(**TODOS)
    switch = add_switches(service)
    mutants: list[Mutation] = []
    for mutation in MUTATIONS["rust"]:
        number = add_mutants(service, f"src/{mutation.file}", mutation.right, mutation.wrong, first=len(mutants) + 1)
        assert number, mutation
        mutants += [mutation] * number

    survived = [
        (number, mutation)
        for number, mutation in enumerate(mutants, start=1)
        if not fails(service, switch, str(number), *list_tests(mutation))
    ]

    assert survived == []
    assert not fails(service, switch, "0", *list_tests(mutants[0]))


def test_two_users_have_items_of_their_own(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(**TODOS)

    with stack.running("dev", "DOCKER=no"):
        seeded = stack.make("seed", "SUB=alice")
        alice, bob = (
            {"Authorization": f"Bearer {stack.service.make('--silent', 'token', f'SUB={name}').strip()}"}
            for name in ("alice", "bob")
        )
        lists = {
            path: [requests.get(stack.url + path, headers=user, timeout=60).json()["items"] for user in (alice, bob)]
            for path in ("/todos", "/todos-by-status/open", "/todos-by-created_at?order=desc")
        }
        (first, *_), _ = lists["/todos"]
        path = f"{stack.url}/todos/{first['todo_id']}"
        of_bob = [requests.request(method, path, headers=bob, timeout=60).status_code for method in ("GET", "DELETE")]
        of_alice = requests.get(path, headers=alice, timeout=60).json()

    assert seeded == "Put 3 items into todos\n"
    assert {path: [len(items) for items in each] for path, each in lists.items()} == {path: [3, 0] for path in lists}
    assert of_bob == [404, 404]
    assert of_alice == first
    assert first["user_id"] == "alice"
