{%- set attributes = service.attributes %}
{%- if attributes.written %}


def test_sets_what_the_service_writes(api: Api, {{ "new_item: NewItem, " if service.id_key }}key: Item, path: str) -> None:
{%- if attributes.created or attributes.updated %}
    now = datetime.now(UTC)
{%- endif %}
    response = api.post(path, key, body={**key, **ATTRIBUTES, **WRITTEN})  # what was read elsewhere does not count

{%- if service.id_key %}
    new_item(**response.json)
{%- endif %}
    assert response.status == 201
{%- if attributes.created or attributes.updated %}
    (time,) = {response.json[name] for name, value in WRITTEN.items() if isinstance(value, str)}
    assert abs((datetime.fromisoformat(time) - now).total_seconds()) < 60
    assert len(time) == len("2026-01-31T12:00:00.000Z")
{%- endif %}
{%- if attributes.revision %}
    assert (response.json[REVISION], response.headers["ETag"]) == (1, '"1"')
{%- endif %}
{%- endif %}
{%- if attributes.expiry and not service.id_key %}


def test_creates_one_of_sixteen_items_in_place_of_an_expired_one(
    {{ parallel_api }}: Api, table: Table, new_item: NewItem, path: str
) -> None:
    for _ in range(3):
        item = new_item()
        table.put_item(Item={**item, EXPIRY: 1, "old-attribute": True})
        with ThreadPoolExecutor(16) as clients:
            responses = [clients.submit({{ parallel_api }}.post, path, item, body=item) for _ in range(16)]

        assert sorted(response.result().status for response in responses) == [201, *[409] * 15]
        assert "old-attribute" not in table.get_item(Key={name: item[name] for name in KEY})["Item"]
{%- endif -%}
