"""AGENTS.md: its commands run, and it names what exists."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import requests

from renders import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from renders import Bake
    from stacks import Stack

PAGE = "AGENTS.md"
# The commands that other tests run: each with that test.
RUN_ELSEWHERE = {
    "make lint": "test_passes_its_own_checks_and_tests",
    "make test": "test_passes_its_own_checks_and_tests",
    "make fuzz": "test_finds_nothing_in_a_new_service",
    "make test-integration": "test_passes_its_contract_on_the_emulator",
}


@pytest.mark.slow
def test_its_commands_run(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(sort_key="at:N", attributes="email, visits:integer?", indexes="email/at")
    commands = re.findall(r"^(make .*?) +#", stack.service.read(PAGE), re.MULTILINE)
    seeds = json.loads(stack.service.read("seed.json"))

    with stack.running("dev", "DOCKER=no"):
        seed = stack.make("seed")
        items = requests.get(f"{stack.url}/users", timeout=60).json()["items"]
        smoke = stack.make("smoke")
    stack.make("format")
    without_table = stack.service.run("make", "seed", *stack.settings)

    assert commands == ["make dev DOCKER=no", "make seed", "make smoke", "make format", *RUN_ELSEWHERE]
    assert seed == "Put 3 items into users\n"
    assert items == seeds
    assert " passed" in smoke
    assert without_table.returncode != 0
    assert "Traceback" not in without_table.stdout
    assert "The table does not respond; `make dev` or `make up` starts it" in without_table.stdout


def test_other_tests_run_the_rest() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in (TEMPLATE / "tests").rglob("test_*.py"))

    assert [name for name in RUN_ELSEWHERE.values() if f"def {name}(" not in sources] == []


@pytest.mark.parametrize("language", ["python", "rust"])
def test_is_short_and_names_files_and_targets_that_exist(bake: Bake, language: str) -> None:
    service = bake(language=language)
    page = service.read(PAGE)

    named = re.findall(r"`([\w./-]+\.(?:\w+)|[\w-]+/[\w/-]*)`", page)
    targets = [word for command in re.findall(r"`make ([a-z -]+)", page) for word in command.split()]

    assert len(page.splitlines()) <= 50
    assert [name for name in named if not (service.path / name).exists()] == []
    assert [target for target in targets if not re.search(rf"^{target}:", service.read("Makefile"), re.MULTILINE)] == []
