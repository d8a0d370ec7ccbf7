{% set typed = service.attributes.listed -%}
{% set key = service.partition_key -%}
"""POST creates an item in the partition that the path names."""

import pytest
{{ source.import_from("api", "Api", "Item", REQUIRED=typed) }}

{{ contract.parametrize(contract.list_routes_in_partition(service)) }}
{{ key.definition }}

def test_takes_the_partition_key_from_the_path(api: Api, key: Item, path: str) -> None:
    body = {name: value for name, value in key.items() if name != {{ key.literal }}}

    response = api.post(path, key, body={{ "{**body, **REQUIRED}" if typed else "body" }})

    assert (response.status, response.json) == (201, {{ "{**key, **REQUIRED}" if typed else "key" }})


def test_refuses_a_partition_key_that_differs_from_the_path(api: Api, key: Item, path: str) -> None:
    body = {**key, {{ key.literal }}: {{ "1" if key.is_number else '"other"' }}}

    response = api.post(path, key, body=body)

    message = {{ key.says("in the body differs from the path's") }}
    assert (response.status, response.json) == (400, {"message": message})
