"""The steps of docs/table.md work."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from renders import TEMPLATE
from steps import follow, read_table_page

if TYPE_CHECKING:
    from renders import Bake, Service

pytestmark = pytest.mark.slow

EXPIRY = "Items that expire"
STREAM = "A function that reads the changes"
SECTIONS = (EXPIRY, STREAM)


def test_a_service_with_all_sections_passes_its_checks_and_tests(bake_with_tools: Bake) -> None:
    service = bake_with_tools()

    follow_all_sections(service)

    service.make("lint")
    service.make("test")


def test_a_service_with_all_sections_passes_its_checks_and_tests_in_rust(bake_rust: Bake) -> None:
    service = bake_rust()

    follow_all_sections(service, language="rust")

    service.make("lint")
    service.make("test")


def follow_all_sections(service: Service, language: str = "python") -> None:
    for section in SECTIONS:
        follow(read_table_page(section, language), service.path)


def test_each_section_works_without_the_others_and_all_with_an_http_api(bake_with_tools: Bake) -> None:
    services = {section: bake_with_tools(project_slug=f"api-{number}") for number, section in enumerate(SECTIONS)}
    for section, service in services.items():
        follow(read_table_page(section), service.path)
    services["http"] = bake_with_tools(api_type="http")
    follow_all_sections(services["http"])

    # All contract tests run on a service with all sections, above.
    for service in services.values():
        service.check(".venv/bin/python", "-m", "pytest", "tests/unit", "tests/contract/test_read.py")
    for check, file in (("cfn-lint", "template.yaml"), ("openapi-spec-validator", "openapi.yaml")):
        files = [str(service.path / file) for service in services.values()]
        services["http"].check(f".venv/bin/{check}", *files)


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

    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == list(SECTIONS)
