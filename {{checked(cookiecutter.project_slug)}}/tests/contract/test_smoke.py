{% set typed = service.attributes.listed -%}
{% macro define(path) -%}
{% if path | length > 40 %}
{{ "path" | assign(path, "    ") }}
{%- endif %}
{%- endmacro -%}
{% macro at(path) -%}
{{ path | quoted if path | length <= 40 else "path" }}
{%- endmacro -%}
"""Calls each route once. Only items of these tests change."""

import pytest
{%- if service.routes | rejectattr("operation", "in", ("list", "stub")) | list %}
from api import {{ "ATTRIBUTES, " if typed and service.tested("create", "replace", "update").routes }}Api, Item
{%- else %}
from api import Api
{%- endif %}

pytestmark = pytest.mark.smoke
{%- for route in service.routes %}
{%- set path = service.fill(route, "any") if route.operation == "stub" else route.path %}
{%- set method = route.method | lower %}
{%- set methods = service.methods_of(route) %}


{% if route.operation == "list" -%}
def test_{{ route.name }}(api: Api) -> None:
{{- define(path) }}
    assert api.{{ method }}({{ at(path) }}).status == 200
{%- elif method == "head" and route.operation != "stub" -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- define(path) }}
    assert api.head({{ at(path) }}, item).status == 200
{%- elif route.index -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- define(path) }}
    assert api.get({{ at(path) }}, item).status == 200
{%- elif route.operation == "query" -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- define(path) }}
    response = api.get({{ at(path) }}, item)

    assert (response.status, response.json) == (200, {"items": [item], "next_cursor": None})
{%- elif route.operation == "create" -%}
def test_{{ route.name }}(api: Api, key: Item) -> None:
{{- define(path) }}
    response = api.post({{ at(path) }}{{ ", key" if route.parameters }}, body={{ "{**key, **ATTRIBUTES}" if typed else "key" }})

    assert (response.status, response.json) == (201, {{ "{**key, **ATTRIBUTES}" if typed else "key" }})
{%- elif route.operation == "read" -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- define(path) }}
    response = api.get({{ at(path) }}, item)

    assert (response.status, response.json) == (200, item)
{%- elif route.operation == "replace" -%}
def test_{{ route.name }}(api: Api, key: Item) -> None:
{{- define(path) }}
{%- if typed %}
    response = api.put({{ at(path) }}, key, body=ATTRIBUTES)

    assert (response.status, response.json) == (201, {**key, **ATTRIBUTES})
{%- else %}
    response = api.put({{ at(path) }}, key, body={"full-name": "new"})

    assert (response.status, response.json) == (201, {**key, "full-name": "new"})
{%- endif %}
{%- elif route.operation == "update" -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- define(path) }}
{%- if typed %}
    response = api.patch({{ at(path) }}, item, body=ATTRIBUTES)

    assert (response.status, response.json) == (200, item)
{%- else %}
    response = api.patch({{ at(path) }}, item, body={"visit-count": 4})

    assert (response.status, response.json) == (200, {**item, "visit-count": 4})
{%- endif %}
{%- elif route.operation == "delete" -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- define(path) }}
    assert api.delete({{ at(path) }}, item).status == 204
{%- elif method == "head" or not methods -%}
def test_{{ route.name }}(api: Api) -> None:
{{- define(path) }}
    assert api.head({{ at(path) }}).status == 501
{%- elif method == "options" and service.cors_origin -%}
def test_{{ route.name }}(api: Api) -> None:
{{- define(path) }}
    # `sam local` answers every OPTIONS request as a preflight.
    assert api.request("OPTIONS", {{ at(path) }}).status in (200, 204, 501)
{%- else -%}
{% if methods | length > 1 -%}
@pytest.mark.parametrize("method", [{% for each in methods %}"{{ each }}"{{ ", " if not loop.last }}{% endfor %}])
def test_{{ route.name }}(api: Api, method: str) -> None:
{{- define(path) }}
    response = api.request(method, {{ at(path) }})
{%- else -%}
def test_{{ route.name }}(api: Api) -> None:
{{- define(path) }}
    response = api.request("{{ methods[0] }}", {{ at(path) }})
{%- endif %}

    assert response.status == 501
    assert response.json["message"].endswith(" is not implemented; edit {{ service.routes_file }}")
{%- endif %}
{%- endfor %}
