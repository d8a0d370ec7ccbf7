{%- set attributes = service.attributes %}
{%- if attributes.written %}


def test_ignores_what_the_service_sets_in_the_body(api: Api, item: Item, path: str) -> None:
    response = api.patch(path, item, body=dict.fromkeys(WRITTEN))

    assert (response.status, response.json) == (200, item)
{%- endif %}
{%- if attributes.created or attributes.updated %}


def test_keeps_or_sets_the_times(api: Api, item: Item, path: str) -> None:
    response = api.patch(path, item, body={**OTHER_VALUES, **dict.fromkeys(WRITTEN, "2000-01-01T00:00:00.000Z")})

{%- if attributes.created %}
    assert response.json[CREATED] == item[CREATED]
{%- endif %}
{%- if attributes.updated %}
    assert response.json[UPDATED] > item[UPDATED]
{%- endif %}
{%- endif %}
{%- if attributes.revision %}


@pytest.mark.parametrize(
    ("match", "status"),
    [
        *[(match, 200) for match in ('"1"', "*", '"2", "1"', '"0","1"', 'W/"1", "1"')],
        *[(match, 412) for match in ('"2"', '"0"', 'W/"1"', '"01"', '"1.0"', '""', '"one"', '"1,0"', f'"{"1" * 40}"')],
        *[(match, 400) for match in ("1", '"1', '"1" "2"', '"1",', "*, *", ", ".join(['"1"'] * 21))],
    ],
)
def test_changes_the_revision_that_if_match_names(
    api: Api, table: Table, item: Item, key: Item, path: str, match: str, status: int
) -> None:
    response = api.patch(path, item, headers={"If-Match": match}, body=OTHER_VALUES)

    assert response.status == status
    if status == 200:
        assert response.headers["ETag"] == f'"{response.json[REVISION]}"' == '"2"'
    else:
        assert table.get_item(Key=key)["Item"] == item


def test_responds_with_404_whatever_if_match_says(api: Api, key: Item, path: str) -> None:
    assert api.patch(path, key, headers={"If-Match": '"1"'}, body=OTHER_VALUES).status == 404


@pytest.mark.parametrize(("match", "status"), [('"0"', 200), ('"1"', 412)])
def test_counts_from_0_for_an_item_from_before(
    api: Api, table: Table, item: Item, path: str, match: str, status: int
) -> None:
    table.put_item(Item={name: value for name, value in item.items() if name != REVISION})

    response = api.patch(path, item, headers={"If-Match": match}, body=OTHER_VALUES)

    assert (response.status, response.headers.get("ETag")) == (status, '"1"' if status == 200 else None)


def test_makes_one_of_16_changes_with_one_etag({{ parallel_api }}: Api, table: Table, new_item: NewItem, path: str) -> None:
    for _ in range(3):
        item = new_item()
        table.put_item(Item=item)
        with ThreadPoolExecutor(16) as clients:
            patch = partial({{ parallel_api }}.patch, path, item, headers={"If-Match": '"1"'}, body=OTHER_VALUES)
            responses = [clients.submit(patch) for _ in range(16)]

        assert sorted(response.result().status for response in responses) == [200, *[412] * 15]
{%- endif %}
{%- if attributes.expiry %}


def test_does_not_find_an_expired_item(api: Api, table: Table, item: Item, key: Item, path: str) -> None:
    expired = {**item, EXPIRY: 1}
    table.put_item(Item=expired)

    assert api.patch(path, item, body=OTHER_VALUES).status == 404
    assert table.get_item(Key=key)["Item"] == expired
{%- endif -%}
