"""Routes that set and remove attributes of an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import project
import pytest
from api import Api, fill

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from project import Route

    Key = dict[str, Any]


@pytest.mark.smoke
def test_sets_what_is_given_and_removes_what_is_null(api: Api, item: dict[str, Any], update_route: Route) -> None:
    # Some names are reserved words of DynamoDB, or have a meaning in its expressions.
    telling = {"size": [1], "status": {"a": None}, "a.b": "dot", "#x": "hash"}
    changes = {"the-visits": 4, **{name: value for name, value in telling.items() if name not in project.KEY_NAMES}}

    answer = api.request("PATCH", fill(update_route.path, item), body={**changes, "the-name": None})

    expected = {name: value for name, value in {**item, **changes}.items() if name != "the-name"}
    assert (answer.status, answer.json) == (200, expected)


@pytest.mark.over_http  # the offline table fails at an UpdateItem that has only a condition
def test_leaves_an_item_as_it_is_where_nothing_is_given(api: Api, item: dict[str, Any], update_route: Route) -> None:
    answer = api.request("PATCH", fill(update_route.path, item), body={})

    assert (answer.status, answer.json) == (200, item)


def test_refuses_more_changes_than_dynamodb_takes_at_once(api: Api, item: dict[str, Any], update_route: Route) -> None:
    changes = {f"the-{position}": position for position in range(301)}

    answer = api.request("PATCH", fill(update_route.path, item), body=changes)

    assert answer.status == 400
    assert "At most 300 attributes" in answer.json["message"]


@pytest.mark.over_http  # the offline table fails at an expression of some hundred parts
def test_makes_as_many_changes_as_dynamodb_takes(api: Api, item: dict[str, Any], update_route: Route) -> None:
    changes = {f"the-{position}": position for position in range(300)}

    answer = api.request("PATCH", fill(update_route.path, item), body=changes)

    assert (answer.status, answer.json) == (200, {**item, **changes})


def test_does_not_create_an_item(api: Api, table: Table, key: Key, update_route: Route) -> None:
    answers = [
        api.request("PATCH", fill(update_route.path, key), body=body) for body in ({"the-a": 1}, {"the-a": None})
    ]

    assert [answer.status for answer in answers] == [404, 404]
    assert "Item" not in table.get_item(Key=key)


def test_takes_a_key_in_the_body_that_is_the_path_s(
    api: Api, item: dict[str, Any], key: Key, update_route: Route
) -> None:
    answer = api.request("PATCH", fill(update_route.path, item), body={**key, "the-visits": 4})

    assert (answer.status, answer.json) == (200, {**item, "the-visits": 4})


@pytest.mark.parametrize("value", ["other", 7, None], ids=repr)
@pytest.mark.parametrize("attribute", project.KEY, ids=lambda attribute: attribute.name)
def test_refuses_to_change_a_key(
    api: Api, item: dict[str, Any], update_route: Route, attribute: project.KeyAttribute, value: Any
) -> None:
    answer = api.request("PATCH", fill(update_route.path, item), body={attribute.name: value})

    assert answer.status == 400
    assert attribute.name in answer.json["message"]


def test_refuses_what_makes_an_item_too_large(api: Api, item: dict[str, Any], update_route: Route) -> None:
    answer = api.request("PATCH", fill(update_route.path, item), body={"the-text": "x" * 410_000})

    assert answer.status == 413
