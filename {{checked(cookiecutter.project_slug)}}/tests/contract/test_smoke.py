"""Calls each route once. Only items of these tests change."""

import pytest
{{ source.import_from("api", "Api", **contract.find_smoke_imports(service)) }}

pytestmark = pytest.mark.smoke
{%- for route in service.routes if contract.list_methods(service, route) %}
{%- set call = contract.plan_call(service, route) %}


{% if call.methods | length > 1 -%}
@pytest.mark.parametrize("method", {{ call.methods | tojson }})
{% endif -%}
def test_{{ call.test }} -> None:
{%- if call.path %}
{{ "path" | assign(call.path, "    ") }}
{%- endif %}
{%- if call.is_preflight %}
    # `sam local` answers every OPTIONS request as a preflight.
    assert {{ call.request }}.status in (200, 204, 501)
{%- elif call.body %}
    response = {{ call.request }}

    assert (response.status, response.json) == ({{ call.status }}, {{ call.body }})
{%- elif call.message_end %}
    response = {{ call.request }}

    assert response.status == {{ call.status }}
    assert response.json["message"].endswith({{ call.message_end | quoted }})
{%- else %}
    assert {{ call.request }}.status == {{ call.status }}
{%- endif %}
{%- endfor %}
