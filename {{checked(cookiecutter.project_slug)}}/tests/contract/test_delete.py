{% set delete = service.tested("delete") -%}
"""DELETE deletes an item."""

{% if delete.argument -%}
import pytest
{% endif -%}
from api import Api, Item, Table
{% if delete.definitions %}
{{ delete.definitions }}
{%- endif %}

def test_deletes_an_item(api: Api, table: Table, item: Item, key: Item{{ delete.argument }}) -> None:
    response = api.delete({{ delete.call("item") }})

    assert (response.status, response.text) == (204, "")
    assert "Item" not in table.get_item(Key=key)


def test_responds_with_404_if_no_item_has_the_key(api: Api, key: Item{{ delete.argument }}) -> None:
    response = api.delete({{ delete.call("key") }})

    assert (response.status, response.json) == (404, {"message": "No item has this key"})
