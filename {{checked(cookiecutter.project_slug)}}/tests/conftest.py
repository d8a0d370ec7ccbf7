"""The API and the table under test.

With API_URL in the environment, the API there and the table behind AWS_ENDPOINT_URL; else scripts/local_api.py
{%- if service.is_python %}
with the function in a thread of this process, where a debugger reaches it.
{%- else %}
with the function that `cargo build` makes.
{%- endif %}
"""

import os
import random
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import local_api
import pytest
{{ source.import_from("api", "ATTRIBUTES", "KEY", "Api", "Item", "NewItem", "Table", OWNER=service.owner, WRITTEN=service.attributes.written) }}
{%- if service.is_jwt %}
from tokens import make_token{{ ", read_claims" if service.owner }}
{%- endif %}

API_URL = os.environ.get("API_URL")
{%- if service.is_jwt %}
TOKEN = os.environ.get("TOKEN") or make_token(f"test-{uuid.uuid4()}")
{%- endif %}
DEFAULT_TABLE = "{{ service.table_name }}"
TABLE_NAME = os.environ.setdefault("TABLE_NAME", DEFAULT_TABLE)


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """The endpoint of DynamoDB, set for boto3 and for the service."""
    if API_URL:
        yield os.environ.get("AWS_ENDPOINT_URL", "")
        return
    os.environ.pop("AWS_PROFILE", None)
    with local_api.run_table() as endpoint:
        os.environ.update(
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_DEFAULT_REGION="{{ service.region }}",
            AWS_ENDPOINT_URL_DYNAMODB=endpoint,
{%- if service.is_python and service.sends_cors_headers %}
            CORS_ORIGIN="{{ service.cors_origin }}",
{%- endif %}
        )
        yield endpoint


@pytest.fixture(scope="session")
def api(endpoint: str) -> Iterator[Api]:
    if API_URL:
        yield Api(API_URL{{ ", TOKEN" if service.is_jwt }})
        return
    with local_api.run_api(endpoint{{ ", in_thread=True" if service.is_python }}) as url:
        yield Api(url{{ ", TOKEN" if service.is_jwt }})
{%- if service.is_python and contract.sends_at_once(service) %}


@pytest.fixture(scope="session")
def parallel_api(api: Api, endpoint: str) -> Iterator[Api]:
    """The API with a process for each of up to eight requests at once; `api` has a thread for all."""
    if API_URL:
        yield api
        return
    with local_api.run_api(endpoint) as url:
        yield Api(url{{ ", TOKEN" if service.is_jwt }})
{%- endif %}


@pytest.fixture(scope="session")
def table(api: Api) -> Table:
    """The table itself, to prepare what a test needs and to check what a request changed."""
    return boto3.resource("dynamodb").Table(TABLE_NAME)


@pytest.fixture
def new_item(table: Table) -> Iterator[NewItem]:
    """Makes items that the table does not have. Those that a test puts there are deleted after it."""
    items: list[Item] = []

    def make(**attributes: Any) -> Item:
        key = {
            name: random.randrange(10**9, 10**12) if kind is int else f"test-{uuid.uuid4()}"
            for name, kind in KEY.items()
        }
{%- if service.owner %}
        if os.environ.get("TOKEN"):  # of a deployed API, which takes no token of another user
            key[OWNER] = read_claims(TOKEN)["sub"]
{%- endif %}
        items.append({**key, **ATTRIBUTES, {{ "**WRITTEN, " if service.attributes.written }}**attributes})
        return items[-1]

    yield make
    for item in items:
        table.delete_item(Key={name: item[name] for name in KEY})


@pytest.fixture
def key(new_item: NewItem) -> Item:
    """A key that no item has."""
    item = new_item()
    return {name: item[name] for name in KEY}


@pytest.fixture
def item(key: Item, table: Table) -> Item:
    """An item in the table."""
    item = {**key, **ATTRIBUTES{{ ", **WRITTEN" if service.attributes.written }}}
    table.put_item(Item=item)
    return item
{%- if contract.list_routes(service, "list", "query") %}


@pytest.fixture
{%- if service.sort_key %}
def items(new_item: NewItem, table: Table) -> list[Item]:
    """Five items of a partition, in the order of the sort key."""
    partition_key, sort_key = KEY
    items = [new_item() for _ in range(5)]
    for item in items:
        item[partition_key] = items[0][partition_key]
        table.put_item(Item=item)
    return sorted(items, key=lambda item: item[sort_key])
{%- else %}
def items(new_item: NewItem, table: Table) -> list[Item]:
    """Five items."""
    items = [new_item() for _ in range(5)]
    for item in items:
        table.put_item(Item=item)
    return items
{%- endif %}
{%- endif %}
