"""The routes stand in template.yaml, openapi.yaml and {{ service.routes_file.split("/") | last }}: in each the same ones."""

from __future__ import annotations

{% if service.is_python -%}
from typing import TYPE_CHECKING

import project
import pytest

if TYPE_CHECKING:
    from offline import OfflineApi
{%- else -%}
import re

import project
import pytest

MATCH_ARM = re.compile(r'^ +"([A-Z]+ /\S*)" => \{?\s*(\w+)\(', re.MULTILINE)
{%- endif %}


@pytest.fixture
{%- if service.is_python %}
def handlers(api: OfflineApi) -> dict[str, str]:  # noqa: ARG001 - makes the client
    """The handler's name for each route of routes.py."""
    from service.routes import ROUTES  # noqa: PLC0415

    return {route: handler.__name__ for route, handler in ROUTES.items()}
{%- else %}
def handlers() -> dict[str, str]:
    """The handler's name for each route of routes.rs."""
    return dict(MATCH_ARM.findall((project.ROOT / "src/routes.rs").read_text(encoding="utf-8")))
{%- endif %}


@pytest.fixture
def events() -> list[str]:
    """The routes of template.yaml."""
    functions = [r for r in project.read_template()["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    events = [item for function in functions for item in function["Properties"].get("Events", {}).items()]
    routes = [
        event["Properties"]
        for name, event in events
        if event["Type"] in ("Api", "HttpApi") and not name.startswith("preflight")
    ]
    return [f"{route['Method']} {route['Path']}" for route in routes]


def test_every_route_stands_in_all_three_files(events: list[str], handlers: dict[str, str]) -> None:
    described = [str(route) for route in project.ROUTES]
    files = {"openapi.yaml": described, "template.yaml": events, "{{ service.routes_file }}": list(handlers)}
    routes = sorted({route for file in files.values() for route in file})

    missing = [f"{route} is not in {file}" for route in routes for file in files if route not in files[file]]

    assert not missing, "\n".join(missing)


def test_no_route_stands_in_template_yaml_twice(events: list[str]) -> None:
    assert sorted(events) == sorted(set(events))


def test_every_handler_is_named_as_openapi_yaml_says(handlers: dict[str, str]) -> None:
    named = {str(route): route.name for route in project.ROUTES}

    assert {route: name for route, name in handlers.items() if named.get(route, name) != name} == {}
