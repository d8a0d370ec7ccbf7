"""The API and the table under test.

With API_URL in the environment, the API there and the table behind AWS_ENDPOINT_URL; else scripts/local_api.py
{%- if service.is_python %}
with the function in a thread of this process, where a debugger reaches it.
{%- else %}
with the function that `cargo build` makes.
{%- endif %}
"""

import os
{%- if service.number_keys %}
import random
{%- endif %}
{%- if service.text_keys %}
import uuid
{%- endif %}
from collections.abc import Callable, Iterator

import boto3
import local_api
import pytest
{{ source.import_from("api", "Api", "Item", "Table", ATTRIBUTES=service.attributes.listed or service.indexes) }}

API_URL = os.environ.get("API_URL")
{{ service.key_definitions -}}
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
        yield Api(API_URL)
        return
    with local_api.run_api(endpoint{{ ", in_thread=True" if service.is_python }}) as url:
        yield Api(url)
{%- if service.is_python and contract.list_routes(service, "create", "update") %}


@pytest.fixture(scope="session")
def parallel_api(api: Api, endpoint: str) -> Iterator[Api]:
    """The API with a process for each of up to eight requests at once; `api` has a thread for all."""
    if API_URL:
        yield api
        return
    with local_api.run_api(endpoint) as url:
        yield Api(url)
{%- endif %}


@pytest.fixture(scope="session")
def table(api: Api) -> Table:
    """The table itself, to prepare what a test needs and to check what a request changed."""
    return boto3.resource("dynamodb").Table(TABLE_NAME)


@pytest.fixture
def new_key(table: Table) -> Iterator[Callable[[], Item]]:
    """Makes keys that no item has; items that get them are deleted after the test."""
    keys: list[Item] = []

    def make() -> Item:
{%- if service.number_keys %}
        number = random.randrange(10**9, 10**12)
{%- endif %}
{%- if service.text_keys %}
        text = f"test-{uuid.uuid4()}"
{%- endif %}
        keys.append({{ contract.write_new_key(service) }})
        return keys[-1]

    yield make
    for key in keys:
        table.delete_item(Key=key)


@pytest.fixture
def key(new_key: Callable[[], Item]) -> Item:
    return new_key()


@pytest.fixture
def item(key: Item, table: Table) -> Item:
{%- if service.attributes.listed %}
    """An item in the table."""
    item = {**key, **ATTRIBUTES}
{%- else %}
    """An item in the table. No key's name contains a hyphen, so its other attributes' names do."""
    item = {**key, "full-name": "田中太郎", "visit-count": 3{{ ", **ATTRIBUTES" if service.indexes }}}
{%- endif %}
    table.put_item(Item=item)
    return item
{%- if contract.list_routes(service, "list", "query") %}


@pytest.fixture
def items(new_key: Callable[[], Item], table: Table) -> list[Item]:
{%- if service.sort_key %}
    """Five items of a partition, in the order of the sort key."""
    keys = [new_key() for _ in range(5)]
    for key in keys:
        key[{{ service.partition_key.literal }}] = keys[0][{{ service.partition_key.literal }}]
    keys.sort(key=lambda key: key[{{ service.sort_key.literal }}])
{%- else %}
    """Five items."""
    keys = [new_key() for _ in range(5)]
{%- endif %}
    items = [{**key, {{ "**ATTRIBUTES, " if service.attributes.listed or service.indexes }}"some-number": number} for number, key in enumerate(keys)]
    for item in items:
        table.put_item(Item=item)
    return items
{%- endif %}
