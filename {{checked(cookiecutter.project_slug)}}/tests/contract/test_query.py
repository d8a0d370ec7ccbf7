{% set query = service.tested("query") -%}
{% set argument = query.argument -%}
{% set call = query.call("items[0]") -%}
{% set lists = service.tested("list").routes -%}
{% set list_path = lists and lists[0].path | quoted_or("LIST_PATH") -%}
"""GET lists the items of a partition, one page at a time."""

{% if query.argument -%}
import pytest
{% endif -%}
from api import Api, Item
{%- set definitions = query.definitions %}
{%- if list_path == "LIST_PATH" %}
{%- set definitions = definitions ~ ("LIST_PATH" | assign(lists[0].path)) ~ "\n" %}
{%- endif %}
{% if definitions %}
{{ definitions }}
{%- endif %}

def test_lists_only_the_partition_in_order(api: Api, items: list[Item], item: Item{{ argument }}) -> None:
    first = api.get({{ call }}, limit="3").json
    second = api.get({{ call }}, cursor=first["next_cursor"]).json

    assert first["items"] + second["items"] == items
    assert second["next_cursor"] is None
    assert item not in items


def test_lists_nothing_for_an_empty_partition(api: Api, key: Item{{ argument }}) -> None:
    response = api.get({{ query.call("key") }})

    assert (response.status, response.json) == (200, {"items": [], "next_cursor": None})


def test_refuses_a_cursor_of_another_partition(api: Api, items: list[Item], key: Item{{ argument }}) -> None:
    cursor = api.get({{ call }}, limit="1").json["next_cursor"]

    assert api.get({{ query.call("key") }}, cursor=cursor).status == 400
{%- if lists %}


def test_refuses_a_cursor_of_another_route(api: Api, items: list[Item]{{ argument }}) -> None:
    cursor = api.get({{ list_path }}, limit="1").json["next_cursor"]

    assert api.get({{ call }}, cursor=cursor).status == 400
{%- endif %}
