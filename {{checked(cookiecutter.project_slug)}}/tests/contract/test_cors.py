{% set preflights = "REQUESTS" -%}
{% set create = service.tested("create") -%}
{% set page = "https://page.example" if service.cors_origin == "*" else service.cors_origin -%}
"""Web pages of another origin can call the API."""

import pytest
from api import Api{{ ", Item" if create.routes }}, Response

# A request to each route, by its method.
REQUESTS = [
{%- for route in service.routes %}
    {{ (("DELETE" if route.method == "ANY" else route.method) ~ " " ~ service.fill(route, "nothing")) | quoted }},
{%- endfor %}
]
{%- if service.is_rest and service.routes | selectattr("method", "equalto", "OPTIONS") | list %}
# Routes for OPTIONS answer the preflights of their paths, as you implement them.
PREFLIGHTS = [
{%- for route in service.routes if "OPTIONS" not in service.routes_by_path[route.path] | map(attribute="method") %}
    {{ (("DELETE" if route.method == "ANY" else route.method) ~ " " ~ service.fill(route, "nothing")) | quoted }},
{%- endfor %}
]
{%- set preflights = "PREFLIGHTS" %}
{%- endif %}
ORIGIN = {{ service.cors_origin | quoted }}
PAGE = {"Origin": {{ page | quoted }}}


@pytest.mark.parametrize("route", {{ preflights }})
def test_a_page_may_call_the_route(api: Api, route: str) -> None:
    method, path = route.split()
    headers = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}

    response = api.request("OPTIONS", path, headers={**PAGE, **headers})

    assert response.status in (200, 204)
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert {"*", method} & read_list(response, "Access-Control-Allow-Methods")
    assert {"AUTHORIZATION", "CONTENT-TYPE"} <= read_list(response, "Access-Control-Allow-Headers")


@pytest.mark.parametrize("route", REQUESTS)
def test_a_page_may_read_errors(api: Api, route: str) -> None:
    method, path = route.split()
    response = api.request(method, path, query={"limit": "0"}, headers=PAGE)

    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
{%- if create.routes %}


{% set route = create.routes[0] -%}
def test_a_page_may_read_what_it_created(api: Api, key: Item) -> None:

{{ "path" | assign(route.path, "    ") }}
    response = api.request("POST", path{{ ", key" if route.parameters }}, body=key, headers=PAGE)

    assert response.status == 201
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
{%- if service.is_rest %}
    assert {"LOCATION", "RETRY-AFTER"} <= read_list(response, "Access-Control-Expose-Headers")
{%- endif %}
{%- endif %}


def read_list(response: Response, header: str) -> set[str]:
    """Return what a header lists, in upper case."""
    return {part.strip().upper() for part in response.headers[header].split(",")}
