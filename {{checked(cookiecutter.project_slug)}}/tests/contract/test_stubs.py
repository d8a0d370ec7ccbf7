"""Routes that are not implemented yet respond with 501. Remove a route here when you implement it."""

import pytest
from api import Api

STUBS = [
{%- for request in contract.list_stubs(service) %}
    {{ request | quoted }},
{%- endfor %}
]


@pytest.mark.smoke
@pytest.mark.parametrize("route", STUBS)
def test_is_not_implemented(api: Api, route: str) -> None:
    method, path = route.split()

    response = api.request(method, path)

    assert response.status == 501
    assert method == "HEAD" or response.json["message"].endswith(" is not implemented; edit {{ service.module("routes") }}")
