"""Routes that replace an item, or create it."""

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
def test_creates_an_item_and_says_where_it_is(api: Api, table: Table, key: Key, replace_route: Route) -> None:
    answer = api.request("PUT", fill(replace_route.path, key), body={"the-name": "new"})

    assert (answer.status, answer.json) == (201, {**key, "the-name": "new"})
    assert answer.headers["location"].startswith(f"{api.stage}/")
    assert table.get_item(Key=key)["Item"] == {**key, "the-name": "new"}


@pytest.mark.smoke
def test_replaces_an_item_as_a_whole(
    api: Api, table: Table, item: dict[str, Any], key: Key, replace_route: Route
) -> None:
    answer = api.request("PUT", fill(replace_route.path, item), body={"the-other": 1})

    assert (answer.status, answer.json) == (200, {**key, "the-other": 1})
    assert table.get_item(Key=key)["Item"] == {**key, "the-other": 1}


def test_takes_a_key_in_the_body_that_is_the_path_s(api: Api, key: Key, replace_route: Route) -> None:
    answer = api.request("PUT", fill(replace_route.path, key), body=key)

    assert (answer.status, answer.json) == (201, key)


def test_compares_numbers_in_keys_as_numbers(api: Api, key: Key, replace_route: Route) -> None:
    written = {attribute.name: float(key[attribute.name]) for attribute in project.KEY if attribute.type == "N"}

    answer = api.request("PUT", fill(replace_route.path, key), body={**key, **written})

    assert (answer.status, answer.json) == (201, key)


@pytest.mark.parametrize("value", ["other", 7, None, True], ids=repr)
@pytest.mark.parametrize("attribute", project.KEY, ids=lambda attribute: attribute.name)
def test_refuses_a_key_other_than_the_path_s(
    api: Api, table: Table, key: Key, replace_route: Route, attribute: project.KeyAttribute, value: Any
) -> None:
    answer = api.request("PUT", fill(replace_route.path, key), body={attribute.name: value})

    assert answer.status == 400
    assert attribute.name in answer.json["message"]
    assert "Item" not in table.get_item(Key=key)


def test_refuses_what_is_no_item(api: Api, key: Key, replace_route: Route) -> None:
    url = fill(replace_route.path, key)

    answers = [api.request("PUT", url, body=body) for body in ("", "[]", '{"the-a": NaN}')]

    assert [answer.status for answer in answers] == [400, 400, 400]


def test_refuses_an_item_over_400_kilobytes(api: Api, key: Key, replace_route: Route) -> None:
    answer = api.request("PUT", fill(replace_route.path, key), body={"the-text": "x" * 410_000})

    assert answer.status == 413
