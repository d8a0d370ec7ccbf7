{%- set attributes = service.attributes %}
{%- if attributes.revision %}


@pytest.mark.parametrize(("match", "status"), [('"1"', 204), ("*", 204), ('"2"', 412), ('W/"1"', 412), ("1", 400)])
def test_deletes_the_revision_that_if_match_names(
    api: Api, table: Table, item: Item, key: Item, path: str, match: str, status: int
) -> None:
    response = api.delete(path, item, headers={"If-Match": match})

    assert response.status == status
    assert ("Item" in table.get_item(Key=key)) == (status != 204)


def test_responds_with_404_whatever_if_match_says(api: Api, key: Item, path: str) -> None:
    assert api.delete(path, key, headers={"If-Match": '"1"'}).status == 404
{%- endif %}
{%- if attributes.expiry %}


def test_does_not_find_an_expired_item(api: Api, table: Table, item: Item, path: str) -> None:
    table.put_item(Item={**item, EXPIRY: 1})

    assert api.delete(path, item).status == 404


@pytest.mark.emulator(reason="moto cannot compare text with a number")
def test_text_in_the_expiry_does_not_expire(api: Api, table: Table, item: Item, path: str) -> None:
    table.put_item(Item={**item, EXPIRY: "1"})  # as another program may write it

    assert api.delete(path, item).status == 204
{%- endif -%}
