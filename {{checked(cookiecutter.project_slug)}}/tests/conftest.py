"""The API and the table under test.

{% if service.is_python -%}
With API_URL in the environment, the API there and the table behind AWS_ENDPOINT_URL_DYNAMODB; else all in this process.
{%- else -%}
The API is at API_URL, and the table behind AWS_ENDPOINT_URL_DYNAMODB: `make contract` and `make smoke` set both.
{%- endif %}
"""

from __future__ import annotations

import os
import random
import uuid
from typing import TYPE_CHECKING, Any

import boto3
{%- if service.is_python %}
import offline
{%- endif %}
import project
import pytest
from api import Api, HttpApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb.service_resource import Table

    Key = dict[str, Any]

API_URL = os.environ.get("API_URL")
{%- if service.is_python %}
if not API_URL:
    offline.prepare_environment()
{%- endif %}

ROUTE_FIXTURES = {
    f"{operation}_route": [route for route in project.ROUTES if route.operation == operation and route.method != "HEAD"]
    for operation in ("list", "query", "create", "read", "replace", "update", "delete", "stub")
}
ROUTE_FIXTURES["head_route"] = [
    route for route in project.ROUTES if route.method == "HEAD" and route.operation != "stub"
]
ROUTE_FIXTURES["partition_create_route"] = [route for route in ROUTE_FIXTURES["create_route"] if "{" in route.path]
{%- if service.cors_origin %}
if API_URL:  # `sam local` takes every OPTIONS for a preflight, and answers it itself
    ROUTE_FIXTURES["stub_route"] = [route for route in ROUTE_FIXTURES["stub_route"] if route.method != "OPTIONS"]
{%- endif %}
ROUTE_FIXTURES["page_route"] = ROUTE_FIXTURES["list_route"] + ROUTE_FIXTURES["query_route"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes a `…_route` for each such route of the project."""
    for fixture in ROUTE_FIXTURES.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(fixture, ROUTE_FIXTURES[fixture], ids=str)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of operations that the project has no route for, and those that need the API over HTTP."""
    left_out = [item for item in items if lacks_route(item) or (item.get_closest_marker("over_http") and not API_URL)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def lacks_route(item: pytest.Item) -> bool:
    reasons = [mark.kwargs.get("reason", "") for mark in item.iter_markers("skip")]
    return any("empty parameter set" in reason for reason in reasons)


@pytest.fixture(scope="session")
def table() -> {{ "Iterator[Table]" if service.is_python else "Table" }}:
    """The table itself, to arrange what a test is given and to look at what a request left."""
{%- if service.is_python %}
    if API_URL:
        yield boto3.resource("dynamodb").Table(project.TABLE_NAME)
        return
    with offline.serve_table() as table:
        yield table
{%- else %}
    return boto3.resource("dynamodb").Table(project.TABLE_NAME)
{%- endif %}


@pytest.fixture(scope="session")
def api({% if service.is_python %}table: Table{% endif %}) -> Api:{% if service.is_python %}  # noqa: ARG001 - the table comes first{% endif %}
{%- if service.is_python %}
    return HttpApi(API_URL) if API_URL else offline.make_api()
{%- else %}
    return HttpApi(API_URL or pytest.fail("API_URL is not set: run `make contract` or `make smoke`"))
{%- endif %}


@pytest.fixture
def new_key(table: Table) -> Iterator[Callable[[], Key]]:
    """Makes keys that no item has yet; the items that come to have them are deleted afterwards."""
    made: list[Key] = []

    def make() -> Key:
        number = random.randrange(10**9, 10**12)  # noqa: S311 - no secret
        text = f"test-{uuid.uuid4()}"
        made.append({attribute.name: number if attribute.type == "N" else text for attribute in project.KEY})
        return made[-1]

    yield make
    for key in made:
        table.delete_item(Key=key)


@pytest.fixture
def key(new_key: Callable[[], Key]) -> Key:
    return new_key()


@pytest.fixture
def item(key: Key, table: Table) -> dict[str, Any]:
    """An item that is in the table. No key's name has a hyphen: here and in the tests, those of other attributes have."""
    item = {**key, "the-name": "田中太郎", "the-visits": 3}
    table.put_item(Item=item)
    return item
