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
{%- set at = path | quoted_or("path") %}
{%- set definition = "\n" ~ ("path" | assign(path, "    ")) if at == "path" else "" %}
{%- set methods = service.methods_of(route) %}
{%- set method = route.method | lower if methods else "head" %}
{%- set call = contract.plan_call(service, route) %}


{% if methods | length > 1 -%}
@pytest.mark.parametrize("method", {{ methods | tojson }})
{% endif -%}
def test_{{ route.name }}(api: Api{{ call.fixture and ", " ~ call.fixture ~ ": Item" }}{{ ", method: str" if methods | length > 1 }}) -> None:
{{- definition }}
{%- if call.body %}
    response = api.{{ method }}({{ at }}{{ call.arguments }})

    assert (response.status, response.json) == ({{ call.status }}, {{ call.body }})
{%- elif route.operation != "stub" or method == "head" %}
    assert api.{{ method }}({{ at }}{{ call.arguments }}).status == {{ call.status }}
{%- elif method == "options" and service.cors_origin %}
    # `sam local` answers every OPTIONS request as a preflight.
    assert api.request("OPTIONS", {{ at }}).status in (200, 204, 501)
{%- else %}
    response = api.request({{ methods[0] | quoted if methods | length == 1 else "method" }}, {{ at }})

    assert response.status == 501
    assert response.json["message"].endswith(" is not implemented; edit {{ service.routes_file }}")
{%- endif %}
{%- endfor %}
