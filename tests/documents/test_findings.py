"""The findings of checkov in docs/deployment.md."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse

from renders import TEMPLATE
from repositories import run

if TYPE_CHECKING:
    from pathlib import Path

    from renders import Bake, Service

PAGE = (TEMPLATE / "docs" / "deployment.md").read_text(encoding="utf-8")
ROWS = [
    [column.strip() for column in row.strip("|").split("|")] for row in re.findall(r"^\| CKV_.*$", PAGE, re.MULTILINE)
]
UNSEEN = {"CKV_AWS_76", "CKV_AWS_95"}  # a parameter turns them on
ANSWERS: dict[str, dict[str, str]] = {
    "REST": {},
    "HTTP": {"api_type": "http", "auth": "none"},
    "HTTP with tokens": {"api_type": "http", "auth": "jwt"},
    "per-route": {"functions": "per-route", "sort_key": "at:N", "indexes": "email"},
}


def list_findings(api_type: str) -> set[str]:
    """Return the ids that the page lists for an API type."""
    listed = ", ".join(row[0] for row in ROWS)
    return {name for name, only in re.findall(r"(CKV_AWS_\d+)(?: \((\w+)\))?", listed) if only in ("", api_type)}


def turn_on(service: Service) -> str:
    """Return a service's template with the lines of the page."""
    template: dict[str, Any] = yaml_parse(service.read("template.yaml"))
    for _, _, place, lines in ROWS:
        if place == "`Globals.Function`":
            template["Globals"]["Function"].update(yaml.safe_load(lines.strip("`")))
        elif "samconfig.toml" not in place:
            template["Resources"][place.strip("`")]["Properties"].update(yaml.safe_load(lines.strip("`")))
    return json.dumps(template)


@pytest.mark.slow
def test_checkov_reports_what_the_page_lists_and_nothing_with_its_lines(bake: Bake, tmp_path: Path) -> None:
    files = {}
    for name, answers in ANSWERS.items():
        service = bake(**answers)
        files[f"{name} as rendered.yaml"] = service.read("template.yaml")
        files[f"{name} turned on.json"] = turn_on(service)
    directory = tmp_path / "templates"
    directory.mkdir()
    for file, text in files.items():
        (directory / file).write_text(text, encoding="utf-8")
    (checkov,) = re.findall(r"^uvx (checkov@\S+ --framework \S+) --file", PAGE, re.MULTILINE)
    options = ["--directory", ".", "--skip-download", "--quiet", "--soft-fail", "--output", "json"]

    report = json.loads(run("uvx", "--quiet", *checkov.split(), *options, directory=directory))

    assert report["summary"]["parsing_errors"] == 0
    found: dict[str, set[str]] = {f"/{file}": set() for file in files}
    for finding in report["results"]["failed_checks"]:
        found[finding["file_path"]].add(finding["check_id"])
    for name in ANSWERS:
        listed = list_findings("HTTP" if name.startswith("HTTP") else "REST")
        assert found[f"/{name} as rendered.yaml"] == listed, name
        assert found[f"/{name} turned on.json"] == listed & UNSEEN, name
