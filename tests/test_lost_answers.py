"""What the API answers where DynamoDB did what was asked, and its answer was lost on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from loaded_stack import ITEM, LIST, Function, run_function_of, run_losing_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loaded_stack import LoadedStack

pytestmark = [pytest.mark.docker, pytest.mark.slow]

OF_OTHERS = '{"device": "lost", "order": 1, "by": ["others", 1]}'
OWN = '{"device": "lost", "order": 2, "by": {"own": 1.50}}'


@pytest.fixture(scope="module")
def function(loaded_stack: LoadedStack) -> Iterator[Function]:
    """The function, whose first attempt at each write is done without an answer."""
    with (
        run_losing_proxy(loaded_stack) as endpoint,
        run_function_of(loaded_stack, loaded_stack.artifact, 1, endpoint) as function,
    ):
        yield function


def test_does_not_tell_a_client_that_its_own_new_item_was_there(function: Function) -> None:
    created = function.request("POST", LIST, body=OWN)
    again = function.request("POST", LIST, body=OWN.replace("1.50", "2"))

    assert (created.status, created.json) == (201, json.loads(OWN))
    assert again.status == 409
    assert function.request("GET", ITEM, "lost", "2").json == json.loads(OWN)


def test_does_not_tell_a_client_that_the_item_it_deleted_was_not_there(function: Function) -> None:
    function.request("PUT", ITEM, "lost", "1", body=OF_OTHERS)

    deleted = function.request("DELETE", ITEM, "lost", "1")

    assert deleted.status == 204
    assert function.request("GET", ITEM, "lost", "1").status == 404
