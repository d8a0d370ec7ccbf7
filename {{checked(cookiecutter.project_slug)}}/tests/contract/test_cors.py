{% set preflights = contract.list_preflights(service) -%}
{% set own_preflights = preflights | length < service.routes | length -%}
{% set created = contract.list_routes(service, "create") -%}
{% set page = "https://page.example" if service.cors_origin == "*" else service.cors_origin -%}
"""Web pages of another origin can call the API."""

import pytest
{% if created -%}
from api import ATTRIBUTES, {{ "KEY, " if service.id_key }}Api, Item, {{ "NewItem, " if service.id_key }}Response, list_paths
{%- else -%}
from api import Api{{ ", Response" if preflights }}
{%- endif %}

# A request to each route, by its method.
REQUESTS = [
{%- for request in contract.list_requests(service, service.routes) %}
    {{ request | quoted }},
{%- endfor %}
]
{%- if own_preflights and preflights %}
# Routes for OPTIONS respond to the preflights of their paths, as you implement them.
PREFLIGHTS = [
{%- for request in contract.list_requests(service, preflights) %}
    {{ request | quoted }},
{%- endfor %}
]
{%- endif %}
ORIGIN = {{ service.cors_origin | quoted }}
PAGE = {"Origin": {{ page | quoted }}}


{% if preflights -%}
@pytest.mark.parametrize("route", {{ "PREFLIGHTS" if own_preflights else "REQUESTS" }})
def test_a_page_may_call_the_route(api: Api, route: str) -> None:
    method, path = route.split()
{%- if service.attributes.revision %}
    names = "authorization,content-type,if-match,if-none-match"
    headers = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": names}
{%- else %}
    headers = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}
{%- endif %}

    response = api.request("OPTIONS", path, headers={**PAGE, **headers})

    assert response.status in (200, 204)
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert {"*", method} & read_list(response, "Access-Control-Allow-Methods")
{%- if service.attributes.revision %}
    assert set(names.upper().split(",")) <= read_list(response, "Access-Control-Allow-Headers")
{%- else %}
    assert {"AUTHORIZATION", "CONTENT-TYPE"} <= read_list(response, "Access-Control-Allow-Headers")
{%- endif %}


{% endif -%}
@pytest.mark.parametrize("route", REQUESTS)
def test_a_page_may_read_errors(api: Api, route: str) -> None:
    method, path = route.split()
    response = api.request(method, path, query={"limit": "0"}, headers=PAGE)

    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
{%- if created %}


{% if service.id_key -%}
def test_a_page_may_read_what_it_created(api: Api, new_item: NewItem, key: Item) -> None:
    path, *_ = list_paths("create")
    chosen = {name: key[name] for name in list(KEY)[:-1]}
    response = api.request("POST", path, key, body={**chosen, **ATTRIBUTES}, headers=PAGE)
    new_item(**response.json)  # which is deleted after the test
{%- else -%}
def test_a_page_may_read_what_it_created(api: Api, key: Item) -> None:
    path, *_ = list_paths("create")
    response = api.request("POST", path, key, body={**key, **ATTRIBUTES}, headers=PAGE)
{%- endif %}

    assert response.status == 201
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
{%- if service.is_rest %}
    assert { {{- '"ETAG", ' if service.attributes.revision }}"LOCATION", "RETRY-AFTER"} <= read_list(response, "Access-Control-Expose-Headers")
{%- endif %}
{%- endif %}
{%- if preflights or created %}


def read_list(response: Response, header: str) -> set[str]:
    """Return what a header lists, in upper case."""
    return {part.strip().upper() for part in response.headers[header].split(",")}
{%- endif %}
