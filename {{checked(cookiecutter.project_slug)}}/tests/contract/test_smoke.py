{% set typed = service.attributes.listed -%}
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
{%- set is_long = path | length > 40 %}
{%- set definition = "\n" ~ ("path" | assign(path, "    ")) if is_long else "" %}
{%- set at = "path" if is_long else path | quoted %}
{%- set method = route.method | lower %}
{%- set methods = service.methods_of(route) %}


{% if route.operation == "list" -%}
def test_{{ route.name }}(api: Api) -> None:
{{- definition }}
    assert api.{{ method }}({{ at }}).status == 200
{%- elif method == "head" and route.operation != "stub" -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- definition }}
    assert api.head({{ at }}, item).status == 200
{%- elif route.index -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- definition }}
    assert api.get({{ at }}, item).status == 200
{%- elif route.operation == "query" -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- definition }}
    response = api.get({{ at }}, item)

    assert (response.status, response.json) == (200, {"items": [item], "next_cursor": None})
{%- elif route.operation == "create" -%}
def test_{{ route.name }}(api: Api, key: Item) -> None:
{{- definition }}
    response = api.post({{ at }}{{ ", key" if route.parameters }}, body={{ "{**key, **ATTRIBUTES}" if typed else "key" }})

    assert (response.status, response.json) == (201, {{ "{**key, **ATTRIBUTES}" if typed else "key" }})
{%- elif route.operation == "read" -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- definition }}
    response = api.get({{ at }}, item)

    assert (response.status, response.json) == (200, item)
{%- elif route.operation == "replace" -%}
def test_{{ route.name }}(api: Api, key: Item) -> None:
{{- definition }}
{%- if typed %}
    response = api.put({{ at }}, key, body=ATTRIBUTES)

    assert (response.status, response.json) == (201, {**key, **ATTRIBUTES})
{%- else %}
    response = api.put({{ at }}, key, body={"full-name": "new"})

    assert (response.status, response.json) == (201, {**key, "full-name": "new"})
{%- endif %}
{%- elif route.operation == "update" -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- definition }}
{%- if typed %}
    response = api.patch({{ at }}, item, body=ATTRIBUTES)

    assert (response.status, response.json) == (200, item)
{%- else %}
    response = api.patch({{ at }}, item, body={"visit-count": 4})

    assert (response.status, response.json) == (200, {**item, "visit-count": 4})
{%- endif %}
{%- elif route.operation == "delete" -%}
def test_{{ route.name }}(api: Api, item: Item) -> None:
{{- definition }}
    assert api.delete({{ at }}, item).status == 204
{%- elif method == "head" or not methods -%}
def test_{{ route.name }}(api: Api) -> None:
{{- definition }}
    assert api.head({{ at }}).status == 501
{%- elif method == "options" and service.cors_origin -%}
def test_{{ route.name }}(api: Api) -> None:
{{- definition }}
    # `sam local` answers every OPTIONS request as a preflight.
    assert api.request("OPTIONS", {{ at }}).status in (200, 204, 501)
{%- else -%}
{% if methods | length > 1 -%}
@pytest.mark.parametrize("method", [{% for each in methods %}"{{ each }}"{{ ", " if not loop.last }}{% endfor %}])
def test_{{ route.name }}(api: Api, method: str) -> None:
{{- definition }}
    response = api.request(method, {{ at }})
{%- else -%}
def test_{{ route.name }}(api: Api) -> None:
{{- definition }}
    response = api.request("{{ methods[0] }}", {{ at }})
{%- endif %}

    assert response.status == 501
    assert response.json["message"].endswith(" is not implemented; edit {{ service.routes_file }}")
{%- endif %}
{%- endfor %}
