"""The routes stand in template.yaml, openapi.yaml and routes.py: in each the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import project

if TYPE_CHECKING:
    from api import OfflineApi


def test_template_yaml_has_the_routes_of_openapi_yaml() -> None:
    functions = [r for r in project.read_template()["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    events = [event["Properties"] for function in functions for event in function["Properties"]["Events"].values()]

    assert sorted(f"{event['Method']} {event['Path']}" for event in events) == sorted(map(str, project.ROUTES))


def test_routes_py_has_the_routes_of_openapi_yaml(api: OfflineApi) -> None:  # noqa: ARG001 - makes the client
    from service.routes import ROUTES  # noqa: PLC0415

    assert {key: handler.__name__ for key, handler in ROUTES.items()} == {str(r): r.name for r in project.ROUTES}
