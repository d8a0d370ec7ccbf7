"""Routes that delete an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from api import Api, fill

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from project import Route

    Key = dict[str, Any]


@pytest.mark.smoke
def test_deletes_an_item(api: Api, table: Table, item: dict[str, Any], key: Key, delete_route: Route) -> None:
    answer = api.request("DELETE", fill(delete_route.path, item))

    assert (answer.status, answer.text) == (204, "")
    assert "Item" not in table.get_item(Key=key)


def test_answers_404_where_no_item_has_the_key(api: Api, key: Key, delete_route: Route) -> None:
    answer = api.request("DELETE", fill(delete_route.path, key))

    assert (answer.status, answer.json.keys()) == (404, {"message"})
