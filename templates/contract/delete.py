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


# Another program may have stored text, which does not expire.
@pytest.mark.parametrize(("expiry", "status"), [(1, 404), ("1", 204)], ids=repr)
def test_does_not_find_an_expired_item(
    api: Api, table: Table, item: Item, path: str, expiry: int | str, status: int
) -> None:
    table.put_item(Item={**item, "{{ attributes.expiry }}": expiry})

    assert api.delete(path, item).status == status
{%- endif -%}
