"""The examples in a rendered service's README, and the template's example for many users, run against the API."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from renders import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks import Stack

SERVICES = {
    "default": {},
    "a type for some attributes, indexes on others": {
        "attributes": "email, state:new|paid, tags:list?, ...",
        "indexes": "total:N, state/created_at:N, email/total",
    },
    "tokens": {"api_type": "http", "auth": "jwt", "indexes": "email"},
    "owners": {
        "partition_key": "user_id:owner",
        "sort_key": "line",
        "api_type": "http",
        "auth": "jwt",
        "indexes": "email, visits:N",
    },
    "indexes on the sort key and on attributes of the examples": {
        "sort_key": "line:N",
        "indexes": "line/name, visits:N, name/visits",
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("answers", SERVICES.values(), ids=SERVICES)
def test_each_call_succeeds(make_stack: Callable[..., Stack], answers: dict[str, str]) -> None:
    stack = make_stack(**answers)
    (block,) = re.findall(r"## Routes\n\n```sh\n(.*?)\n```", stack.service.read("README.md"), re.DOTALL)
    calls = re.findall(r"^# ([A-Z]+) (\S+):.*\n((?:[^#].*\n?)+)", block, re.MULTILINE)

    with stack.running("dev", "DOCKER=no"):
        token = stack.service.make("--silent", "token").strip() if "auth" in answers else ""
        responses = {
            f"{method} {path}": stack.service.run(
                "bash", "-c", call.replace("http://127.0.0.1:3000", stack.url), TOKEN=token
            ).stdout
            for method, path, call in sorted(calls, key=lambda call: call[0] == "DELETE")
        }

    assert len(responses) == block.count("curl ")
    assert [
        response for response in responses.values() if not re.search(r"^HTTP/1\.1 20[014] ", response, re.MULTILINE)
    ] == []
    lists = [json.loads(response.splitlines()[-1]) for route, response in responses.items() if "-by-" in route]
    assert len(lists) == len(re.findall(r"[^,]+", answers.get("indexes", "")))
    assert all(page["items"] for page in lists), "the examples of items have the keys of the indexes"


@pytest.mark.slow
def test_the_example_for_many_users_shows_bob_nothing_of_alice(make_stack: Callable[..., Stack]) -> None:
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    _, section = readme.split("## An API for many users")
    render, calls = re.findall(r"^```sh\n(.*?)\n```$", section, re.DOTALL | re.MULTILINE)[:2]
    words = shlex.split(render.partition("\ncd ")[0])
    stack = make_stack(**dict(word.split("=", 1) for word in words if "=" in word))

    with stack.running("dev", "DOCKER=no"):
        result = stack.service.run("bash", "-c", calls.replace("http://127.0.0.1:3000", stack.url))

    created, listed = re.findall(r"\{.*\}", result.stdout)
    assert (json.loads(created)["user_id"], json.loads(created)["text"]) == ("alice", "Buy milk")
    assert json.loads(listed) == {"items": [], "next_cursor": None}
