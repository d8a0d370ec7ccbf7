"""Requests without a valid token are refused before they reach a handler."""

import pytest
from api import Api
from tokens import make_token

# A request to each route, by its method.
REQUESTS = [
{%- for request in contract.list_requests(service, service.routes) %}
    {{ request | quoted }},
{%- endfor %}
]


@pytest.mark.smoke
@pytest.mark.parametrize("authorization", ["", "Bearer nonsense", f"Bearer {make_token('alice', exp=1)}"])
@pytest.mark.parametrize("route", REQUESTS)
def test_refuses_requests_without_a_valid_token(api: Api, route: str, authorization: str) -> None:
    method, path = route.split()

    response = api.request(method, path, headers={"Authorization": authorization})

    assert response.status == 401
{%- if "HEAD" in service.routes | map(attribute="method") %}
    assert method == "HEAD" or response.json == {"message": "Unauthorized"}
{%- else %}
    assert response.json == {"message": "Unauthorized"}
{%- endif %}
