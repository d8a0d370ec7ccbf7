"""POST creates an item in the partition that the path names."""

import pytest
from api import ATTRIBUTES, KEY, Api, Item, {{ "NewItem, " if service.id_key }}list_paths{{ ", sent" if service.attributes.written and not service.id_key }}

pytestmark = pytest.mark.parametrize("path", [path for path in list_paths("create") if "{" in path])

PARTITION_KEY, *_ = KEY

{% if service.id_key %}
def test_takes_the_partition_key_from_the_path(api: Api, new_item: NewItem, key: Item, path: str) -> None:
    response = api.post(path, key, body=ATTRIBUTES)

    item = new_item(**response.json)  # which is deleted after the test
    assert (response.status, item[PARTITION_KEY]) == (201, key[PARTITION_KEY])
{% else %}
def test_takes_the_partition_key_from_the_path(api: Api, key: Item, path: str) -> None:
    item = {**key, **ATTRIBUTES}

    response = api.post(path, key, body={name: value for name, value in item.items() if name != PARTITION_KEY})

    assert (response.status, {{ contract.compare(service, "response.json") }}) == (201, item)
{% endif %}

def test_refuses_a_partition_key_that_differs_from_the_path(api: Api, key: Item, path: str) -> None:
    response = api.post(path, key, body={**key, **ATTRIBUTES, PARTITION_KEY: "other"})

    message = f"{PARTITION_KEY} in the body differs from the path's"
    assert (response.status, response.json) == (400, {"message": message})
