{% set service = cookiecutter | service -%}
{% set file = service.routes_file.split("/") | last -%}
"""The routes stand in template.yaml, openapi.yaml and {{ file }}: in each the same ones."""

from __future__ import annotations
{% if service.is_python %}
from typing import TYPE_CHECKING

import project

if TYPE_CHECKING:
    from offline import OfflineApi
{% else %}
import re

import project

MATCH_ARM = re.compile(r'^ +"([A-Z]+ /\S*)" => \{?\s*(\w+)\(', re.MULTILINE)
{% endif %}

def test_template_yaml_has_the_routes_of_openapi_yaml() -> None:
    functions = [r for r in project.read_template()["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    events = {name: event for function in functions for name, event in function["Properties"]["Events"].items()}
    routes = [event["Properties"] for name, event in events.items() if not name.startswith("preflight")]

    assert sorted(f"{route['Method']} {route['Path']}" for route in routes) == sorted(map(str, project.ROUTES))

{% if service.is_python %}
def test_routes_py_has_the_routes_of_openapi_yaml(api: OfflineApi) -> None:  # noqa: ARG001 - makes the client
    from service.routes import ROUTES  # noqa: PLC0415

    assert {key: handler.__name__ for key, handler in ROUTES.items()} == {str(r): r.name for r in project.ROUTES}
{%- else %}
def test_routes_rs_has_the_routes_of_openapi_yaml() -> None:
    routes = (project.ROOT / "src/routes.rs").read_text(encoding="utf-8")

    assert dict(MATCH_ARM.findall(routes)) == {str(route): route.name for route in project.ROUTES}
{%- endif %}
