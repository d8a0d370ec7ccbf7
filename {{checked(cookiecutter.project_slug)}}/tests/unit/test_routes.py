"""template.yaml, openapi.yaml and {{ service.module("routes").split("/") | last }} list the same routes."""

{% if not service.is_python -%}
import re
{% endif -%}
from pathlib import Path

import pytest
import yaml
from cloudformation import Template

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def events() -> list[str]:
    """The routes of template.yaml, with {proxy} for {proxy+}, which OpenAPI does not have."""
    template = Template((PROJECT / "template.yaml").read_text(encoding="utf-8"), "{{ service.region }}")
    functions = template.list_resources("AWS::Serverless::Function").values()
    events = [event for function in functions for event in function.get("Events", {}).items()]
    routes = [event["Properties"] for name, event in events if not name.startswith("preflight")]
    return [f"{route['Method']} {route['Path']}".replace("+}", "}") for route in routes if "Method" in route]


@pytest.fixture
def operations() -> dict[str, str]:
    """The operationId of each route of openapi.yaml."""
    paths = yaml.safe_load((PROJECT / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    return {
        f"{'ANY' if method == 'x-amazon-apigateway-any-method' else method.upper()} {path}": operation["operationId"]
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method != "parameters"
    }


@pytest.fixture
{%- if service.is_python %}
def handlers(endpoint: str) -> dict[str, str]:
    """The handler's name for each route of routes.py."""
    from service.routes import ROUTES  # `endpoint` has set the environment that the import reads

    return {route.replace("+}", "}"): handler.__name__ for route, handler in ROUTES.items()}
{%- else %}
def handlers() -> dict[str, str]:
    """The handler's name for each route of routes.rs."""
    text = (PROJECT / "src/routes.rs").read_text(encoding="utf-8")
    routes = re.findall(r'^ +"([A-Z]+ /\S*)" => \{?\s*(\w+)\(', text, re.MULTILINE)
    return {route.replace("+}", "}"): handler for route, handler in routes}
{%- endif %}


def test_every_file_has_every_route(events: list[str], operations: dict[str, str], handlers: dict[str, str]) -> None:
    files = {"openapi.yaml": operations, "template.yaml": events, "{{ service.module("routes") }}": handlers}
    routes = sorted({*operations, *events, *handlers})

    missing = [f"{file} lacks {route}" for route in routes for file in files if route not in files[file]]

    assert not missing, "\n".join(missing)


def test_template_yaml_lists_each_route_once(events: list[str]) -> None:
    assert sorted(events) == sorted(set(events))


def test_operation_ids_are_the_handlers_names(operations: dict[str, str], handlers: dict[str, str]) -> None:
    assert operations == handlers
