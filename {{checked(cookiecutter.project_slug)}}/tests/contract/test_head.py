"""HEAD responds as GET does, without a body."""

import pytest
from api import Api, Item, NewItem

# The status if no item has the key.
STATUSES = {
{%- for route in contract.list_heads(service) %}
    {{ route.path | quoted }}: {{ 404 if route.operation == "read" else 200 }},
{%- endfor %}
}


@pytest.mark.parametrize("path", STATUSES)
@pytest.mark.smoke
def test_responds_without_a_body(api: Api, item: Item, path: str) -> None:
    response = api.request("HEAD", path, item)

    assert (response.status, response.text) == (200, "")


@pytest.mark.parametrize(("path", "status"), STATUSES.items())
def test_responds_without_a_body_if_no_item_has_the_key(api: Api, new_item: NewItem, path: str, status: int) -> None:
    response = api.request("HEAD", path, new_item())

    assert (response.status, response.text) == (status, "")
