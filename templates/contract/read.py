{%- set attributes = service.attributes %}
{%- if attributes.revision %}


def test_sends_the_revision_as_etag(api: Api, table: Table, item: Item, path: str) -> None:
    etag = api.get(path, item).headers["ETag"]
    table.put_item(Item={name: value for name, value in item.items() if name != REVISION})

    assert (etag, api.get(path, item).headers["ETag"]) == ('"1"', '"0"')
{%- endif %}
{%- if attributes.expiry %}


@pytest.mark.parametrize(("expiry", "status"), [(1, 404), (4102444800, 200)])
def test_does_not_find_an_expired_item(api: Api, table: Table, item: Item, path: str, expiry: int, status: int) -> None:
    table.put_item(Item={**item, EXPIRY: expiry})

    assert api.get(path, item).status == status
{%- endif -%}
