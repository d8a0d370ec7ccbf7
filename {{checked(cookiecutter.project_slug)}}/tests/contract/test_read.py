"""GET reads an item."""

import pytest
{{ source.import_from("api", "KEY", "Api", "Item", "Table", "list_paths", EXPIRY=service.attributes.expiry, REVISION=service.attributes.revision) }}

pytestmark = pytest.mark.parametrize("path", list_paths("read"))


@pytest.mark.smoke
def test_reads_an_item(api: Api, item: Item, path: str) -> None:
    response = api.get(path, item)

    assert (response.status, response.json) == (200, item)
    assert response.headers["Content-Type"] == "application/json"


def test_responds_with_404_if_no_item_has_the_key(api: Api, key: Item, path: str) -> None:
    response = api.get(path, key)

    assert (response.status, response.json) == (404, {"message": "No item has this key"})
{%- if service.text_keys %}


# Characters that a URL, a gateway or a decoder could misread. (Every gateway splits a path at %2F.)
@pytest.mark.parametrize(
    "text",
    ["a b", "é", "日本", "🦀", "100%", "%41", "a+b", "a?b", "a#b", '"', "\\", "{}", "a&b=c", "a;b", "a:b", "~"],
)
def test_reads_an_item_with_any_text_as_its_key(api: Api, table: Table, key: Item, path: str, text: str) -> None:
    key.update({name: text for name, kind in KEY.items() if kind is str})
    table.put_item(Item=key)

    response = api.get(path, key)

    assert (response.status, response.json) == (200, key)


def test_refuses_a_key_that_is_too_long(api: Api, key: Item, path: str) -> None:
    key.update({name: "x" * {{ service.text_keys[0].max_bytes + 1 }} for name, kind in KEY.items() if kind is str})

    assert api.get(path, key).status == 400
{%- endif %}
{%- if service.number_keys %}


def test_finds_a_number_in_any_notation(api: Api, item: Item, key: Item, path: str) -> None:
    written = {name: f"{value}.0" for name, value in key.items() if isinstance(value, int)}

    response = api.get(path, {**item, **written})

    assert (response.status, response.json) == (200, item)


@pytest.mark.parametrize("text", ["one", "1_000", "0x10", "NaN", "１", "1e400", "1" * 39])
@pytest.mark.parametrize("name", [name for name, kind in KEY.items() if kind is int])
def test_refuses_an_invalid_number_in_the_path(api: Api, key: Item, path: str, name: str, text: str) -> None:
    response = api.get(path, {**key, name: text})

    assert (response.status, response.json.keys()) == (400, {"message"})
{%- endif %}


def test_shows_binary_values_and_sets(api: Api, table: Table, key: Item, path: str) -> None:
    table.put_item(Item={**key, "a-blob": b"\x00\xff", "a-set": {"a"}, "number-set": {1}, "blob-set": {b"\x01"}})

    response = api.get(path, key)

    assert response.json == {**key, "a-blob": "AP8=", "a-set": ["a"], "number-set": [1], "blob-set": ["AQ=="]}
{%- if service.keeps_on_replace or service.decides_by_item or service.attributes.updated %}
{%- include "contract/read.py" %}
{%- endif %}
