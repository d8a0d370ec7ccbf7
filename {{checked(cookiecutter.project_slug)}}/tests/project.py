"""What the tests need to know of the project, read from its own files."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"


@dataclass(frozen=True)
class Route:
    """A route of openapi.yaml."""

    method: str
    path: str
    name: str
    operation: str | None
    """What the route does to the table; None where the project has its own idea."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class KeyAttribute:
    """An attribute of the table's key, with the longest value that it can have."""

    name: str
    type: str
    max_bytes: int


def read_routes() -> list[Route]:
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    return [
        Route(
            "ANY" if method == "x-amazon-apigateway-any-method" else method.upper(),
            path,
            operation["operationId"],
            operation.get("x-operation"),
        )
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


def load_create_table() -> ModuleType:
    """Return the module that LocalStack runs: the tests make their table with it, too."""
    spec = importlib.util.spec_from_file_location("create_table", ROOT / "localstack/ready.d/create_table.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("localstack/ready.d/create_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CREATE_TABLE = load_create_table()


def read_key() -> list[KeyAttribute]:
    """Return the attributes of the table's key: the partition key, and the sort key where there is one."""
    table = CREATE_TABLE.read_tables(TEMPLATE)[0]
    types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in table["AttributeDefinitions"]}
    limits = {"HASH": 2048, "RANGE": 1024}
    return [
        KeyAttribute(element["AttributeName"], types[element["AttributeName"]], limits[element["KeyType"]])
        for element in table["KeySchema"]
    ]


def has_rest_api(template: Mapping[str, Any]) -> bool:
    return any(resource["Type"] == "AWS::Serverless::Api" for resource in template["Resources"].values())


def read_template() -> dict[str, Any]:
    template: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), CREATE_TABLE.TemplateLoader)  # noqa: S506
    return template


ROUTES = read_routes()
KEY = read_key()
KEY_NAMES = {attribute.name for attribute in KEY}
TABLE_NAME: str = os.environ.get("TABLE_NAME") or CREATE_TABLE.read_tables(TEMPLATE)[0]["TableName"]
HAS_REST_API = has_rest_api(read_template())
{%- if service.cors_origin %}
CORS_ORIGIN: str = read_template()["Parameters"]["CorsOrigin"]["Default"]
{%- endif %}
