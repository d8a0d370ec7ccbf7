"""Bodies of many small values: the function's responses, and the memory that they take, in Lambda's image."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

import quick_table
from loaded_stack import LIST, run_function_of
from renders import TEMPLATE
from stacks import PYTHON_IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loaded_stack import Function, LoadedStack

pytestmark = [pytest.mark.docker, pytest.mark.slow]

MAX_ITEM = 400 * 1024
MAX_SEPARATORS = MAX_ITEM + 1
MAX_EVENT = 5_800_000  # Lambda's limit is 6 MB
MAX_MEGABYTES = 450
KEY = '{"device": "🦀", "order": 1, '
TOO_LARGE = {"message": "The item is larger than 400 KB"}


def nest(opening: str, closing: str, levels: int = 29) -> str:
    """Return a value as deep as DynamoDB stores in an item's list."""
    return opening * levels + "7" + closing * levels


LIST_OF, OBJECT_OF, TEXT_OF = ('"a": [', "]"), ('"a": {', "}"), ('"a": "', '"')
# Parts of an attribute's value, those that take the most memory among them.
PARTS = {
    "numbers": ("-1.5", LIST_OF),
    "texts": ('"ab"', LIST_OF),
    "arrays in arrays": (nest("[", "]"), LIST_OF),
    "objects with one member": ('{"k":7}', LIST_OF),
    "objects with all types": ('{"k":7,"l":null,"m":"","n":{},"o":[],"p":true}', LIST_OF),
    "objects in objects": (nest('{"k":', "}"), LIST_OF),
    "arrays and objects": ('[{"k":[7,{}]}]', LIST_OF),
    "members": ('"INDEX":7', OBJECT_OF),
    "the same member": ('"k":{"l":[]}', OBJECT_OF),
    "a text": ("{[", TEXT_OF),
}


@pytest.fixture
def container(loaded_stack: LoadedStack) -> str:
    """The name of the function's container."""
    return f"{loaded_stack.slug}-large"


@pytest.fixture
def table(loaded_stack: LoadedStack) -> Iterator[str]:
    """The endpoint of a table that accepts every item at once."""
    name = f"{loaded_stack.slug}-table"
    options = ["--detach", "--name", name, "--network", loaded_stack.slug, "--entrypoint=python3"]
    program = ["--volume", f"{quick_table.__file__}:/table.py:ro", PYTHON_IMAGE, "/table.py"]
    docker("run", *options, *program)
    yield f"http://{name}:8000"
    docker("rm", "--force", name)


@pytest.fixture
def function(loaded_stack: LoadedStack, container: str, table: str) -> Iterator[Function]:
    """The function, with the memory that Lambda gives it."""
    options = ["--memory=512m", "--memory-swap=512m", "--name", container]
    with run_function_of(loaded_stack, loaded_stack.artifact, 1, table, *options) as function:
        yield function


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout


def read_peak(container: str) -> int:
    """Return the most memory in MB that the function's process has taken. The first process is Lambda's emulator."""
    statuses = docker("exec", container, "bash", "-c", "cat /proc/[0-9]*/status")
    peaks = re.findall(r"^Pid:\t(\d+)$.*?^VmHWM:\s+(\d+) kB$", statuses, re.MULTILINE | re.DOTALL)
    return max(int(kilobytes) for process, kilobytes in peaks if process != "1") // 1000


def count(text: str) -> int:
    return sum(map(text.count, ",[{"))


def repeat(part: str, attribute: tuple[str, str], number: int) -> str:
    """Return an item with an attribute that consists of parts. A further attribute can be added."""
    opening, closing = attribute
    return KEY + opening + ",".join(part.replace("INDEX", f"{index:05x}") for index in range(number)) + closing


def format_body(part: str, attribute: tuple[str, str], separators: int) -> str:
    """Return an item with this many of the characters that are counted."""
    number = (separators - count(KEY) - 2) // (count(part) + 1)
    body = repeat(part, attribute, number) + ', "rest": "'
    return body + "," * (separators - count(body)) + '"}'


def test_takes_less_memory_than_the_function_has(function: Function, container: str) -> None:
    peaks = {}

    for name, (part, attribute) in PARTS.items():
        body = format_body(part, attribute, MAX_SEPARATORS)
        response = function.request("POST", LIST, body=body)
        peaks[name] = read_peak(container)
        assert response.status in {201, 413}, name

    assert {name: peak for name, peak in peaks.items() if peak >= MAX_MEGABYTES} == {}, peaks


@pytest.mark.parametrize("is_base64", [False, True], ids=["text", "base64"])
def test_refuses_a_body_of_megabytes_before_it_is_parsed(function: Function, container: str, is_base64: bool) -> None:
    for name, (part, attribute) in PARTS.items():
        # In an event, a quotation mark takes two bytes, and three bytes take four in base64.
        size = (len(part) + 1) * 4 / 3 if is_base64 else len(json.dumps(part)) - 1
        body = repeat(part, attribute, int(MAX_EVENT / size))  # not closed: invalid JSON
        sent = base64.b64encode(body.encode()).decode() if is_base64 else body

        response = function.request("POST", LIST, body=sent, is_base64=is_base64)

        assert (response.status, response.json) == (413, TOO_LARGE), name
        assert read_peak(container) < MAX_MEGABYTES, name


def test_counts_exactly(function: Function) -> None:
    part, attribute = PARTS["the same member"]

    responses = [function.request("POST", LIST, body=format_body(part, attribute, MAX_SEPARATORS + n)) for n in (0, 1)]

    assert [response.status for response in responses] == [201, 413]
    assert responses[1].json == TOO_LARGE
    assert f"more than {MAX_SEPARATORS:,} of" in (TEMPLATE / "docs" / "http.md").read_text(encoding="utf-8")
