"""DELETE deletes an item."""

import pytest
from api import {{ "EXPIRY, " if service.attributes.expiry }}Api, Item, Table, list_paths

pytestmark = pytest.mark.parametrize("path", list_paths("delete"))


@pytest.mark.smoke
def test_deletes_an_item(api: Api, table: Table, item: Item, key: Item, path: str) -> None:
    response = api.delete(path, item)

    assert (response.status, response.text) == (204, "")
    assert "Item" not in table.get_item(Key=key)


def test_responds_with_404_if_no_item_has_the_key(api: Api, key: Item, path: str) -> None:
    response = api.delete(path, key)

    assert (response.status, response.json) == (404, {"message": "No item has this key"})
{%- if service.keeps_on_replace or service.decides_by_item or service.attributes.updated %}
{%- include "contract/delete.py" %}
{%- endif %}
