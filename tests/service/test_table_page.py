"""The steps of docs/table.md work."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from renders import TEMPLATE
from steps import follow, read_table_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from renders import Bake
    from stacks import Stack

pytestmark = pytest.mark.slow

STREAM = "A function that reads the changes"


@pytest.mark.parametrize("language", ["python", "rust"])
def test_a_service_with_a_stream_passes_its_checks_and_tests(make_stack: Callable[..., Stack], language: str) -> None:
    service = make_stack(language=language).service

    follow(read_table_page(STREAM, language), service.path)

    service.make("lint")
    service.make("test")


def test_works_with_an_http_api(bake_with_tools: Bake) -> None:
    service = bake_with_tools(api_type="http")

    follow(read_table_page(STREAM), service.path)

    service.check(".venv/bin/python", "-m", "pytest", "tests/unit", "tests/contract/test_read.py")
    service.check(".venv/bin/cfn-lint", "template.yaml")


def test_the_function_that_reads_the_stream_reports_the_first_change_that_fails(
    bake_with_tools: Bake,
) -> None:
    service = bake_with_tools()
    follow(read_table_page(STREAM), service.path)
    changes: list[dict[str, object]] = [
        {"SequenceNumber": "1", "Keys": {}},
        {"SequenceNumber": "2"},
        {"SequenceNumber": "3", "Keys": {}},
    ]
    records = [{"eventName": "INSERT", "dynamodb": change} for change in changes]
    program = "import json, sys; from service import changes; print(changes.handler(json.loads(sys.argv[1]), None))"

    results = [
        service.run(".venv/bin/python", "-c", program, json.dumps({"Records": some}), PYTHONPATH="src").stdout
        for some in (records, records[:1])
    ]

    assert results[0].endswith("{'batchItemFailures': [{'itemIdentifier': '2'}]}\n")
    assert results[1].endswith("{'batchItemFailures': []}\n")


def test_every_section_of_the_page_is_tested() -> None:
    page = (TEMPLATE / "docs" / "table.md").read_text(encoding="utf-8")

    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == [STREAM]
