{%- set attributes = service.attributes %}
{%- if attributes.written %}


def test_keeps_and_counts_what_the_service_sets(api: Api, item: Item, path: str) -> None:
    response = api.put(path, item, body={**REQUIRED, **dict.fromkeys(WRITTEN)})

    assert response.status == 200
{%- if attributes.created %}
    assert response.json[CREATED] == item[CREATED]
{%- endif %}
{%- if attributes.updated %}
    assert response.json[UPDATED] > item[UPDATED]
{%- endif %}
{%- if attributes.revision %}
    assert (response.json[REVISION], response.headers["ETag"]) == (2, '"2"')
{%- endif %}
{%- endif %}
{%- if attributes.created or attributes.revision %}


def test_invents_nothing_for_an_item_from_before(api: Api, table: Table, item: Item, path: str) -> None:
    table.put_item(Item=sent(item))

    response = api.put(path, item, body=REQUIRED)

    assert response.status == 200
{%- if attributes.created %}
    assert CREATED not in response.json
{%- endif %}
{%- if attributes.revision %}
    assert response.json[REVISION] == 1
{%- endif %}


def test_keeps_what_the_service_sets_in_sixteen_puts_at_once(
    {{ parallel_api }}: Api, table: Table, new_item: NewItem, path: str
) -> None:
    for _ in range(3):
        item = new_item()
        table.put_item(Item=item)
        with ThreadPoolExecutor(16) as clients:
            responses = [clients.submit({{ parallel_api }}.put, path, item, body=REQUIRED) for _ in range(16)]
            statuses = [response.result().status for response in responses]

        stored = table.get_item(Key={name: item[name] for name in KEY})["Item"]
        assert set(statuses) <= {200, 409}
{%- if attributes.created %}
        assert stored[CREATED] == item[CREATED]
{%- endif %}
{%- if attributes.revision %}
        assert stored[REVISION] == 1 + statuses.count(200)
{%- endif %}
{%- endif %}
{%- if attributes.revision %}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        *[({"If-Match": match}, 200) for match in ('"1"', "*", '"2", "1"')],
        *[({"If-Match": match}, 412) for match in ('"2"', 'W/"1"', '"one"')],
        ({"If-Match": "1"}, 400),
        ({"If-None-Match": "*"}, 412),
        ({"If-None-Match": '"1"'}, 400),
        ({"If-Match": '"1"', "If-None-Match": "*"}, 412),
    ],
    ids=str,
)
def test_replaces_the_item_that_the_headers_name(
    api: Api, table: Table, item: Item, key: Item, path: str, headers: dict[str, str], status: int
) -> None:
    response = api.put(path, item, headers=headers, body=REQUIRED)

    assert response.status == status
    assert (table.get_item(Key=key)["Item"] == item) == (status != 200)


@pytest.mark.parametrize(
    ("headers", "status"),
{%- if service.id_key %}
    [({"If-Match": '"1"'}, 404), ({"If-Match": "*"}, 404), ({"If-None-Match": "*"}, 404)],
{%- else %}
    [({"If-Match": '"1"'}, 412), ({"If-Match": "*"}, 412), ({"If-None-Match": "*"}, 201)],
{%- endif %}
    ids=str,
)
def test_decides_by_the_headers_whether_an_item_may_be_missing(
    api: Api, table: Table, key: Item, path: str, headers: dict[str, str], status: int
) -> None:
    response = api.put(path, key, headers=headers, body=REQUIRED)

    assert response.status == status
    assert ("Item" in table.get_item(Key=key)) == (status == 201)
{%- endif %}
{%- if attributes.expiry %}


def test_takes_an_expired_item_for_missing(api: Api, table: Table, item: Item, path: str) -> None:
    table.put_item(Item={**item, EXPIRY: 1})

    response = api.put(path, item, body=REQUIRED)

    assert response.status == {{ 404 if service.id_key else 201 }}
{%- if attributes.created and not service.id_key %}
    assert response.json[CREATED] != item[CREATED]
{%- endif %}
{%- if attributes.revision and not service.id_key %}
    assert response.json[REVISION] == 1
{%- endif %}
{%- endif -%}
