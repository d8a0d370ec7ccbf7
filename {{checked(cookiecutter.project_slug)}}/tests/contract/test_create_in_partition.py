"""POST creates an item in the partition that the path names."""

import pytest
from api import ATTRIBUTES, KEY, Api, Item, list_paths

pytestmark = pytest.mark.parametrize("path", [path for path in list_paths("create") if "{" in path])

PARTITION_KEY, *_ = KEY


def test_takes_the_partition_key_from_the_path(api: Api, key: Item, path: str) -> None:
    item = {**key, **ATTRIBUTES}

    response = api.post(path, key, body={name: value for name, value in item.items() if name != PARTITION_KEY})

    assert (response.status, response.json) == (201, item)


def test_refuses_a_partition_key_that_differs_from_the_path(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body={**key, **ATTRIBUTES, PARTITION_KEY: "other"})

    message = f"{PARTITION_KEY} in the body differs from the path's"
    assert (response.status, response.json) == (400, {"message": message})
