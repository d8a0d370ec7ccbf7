{% set creates = contract.list_routes(service, "create") -%}
{% set changes = contract.list_item_routes(service) -%}
{% set indexes = contract.list_index_routes(service) -%}
{% set lists = contract.list_routes(service, "query") or indexes -%}
"""Each user has their own items: for anybody else, they do not exist."""

{% if lists -%}
import time

{% endif -%}
import pytest
{{ source.import_from("api", "OPERATIONS", "OWNER", "Api", "Item", ATTRIBUTES=creates, KEY=creates, OTHER_VALUES=changes, REQUIRED=changes, NewItem=creates or changes or lists, Table=changes or lists, list_paths=creates or lists) }}
from tokens import make_token

{% if indexes -%}
INDEX_PATHS = [
{%- for route in indexes %}
    {{ route.path | quoted }},
{%- endfor %}
]
ROUTES = [*OPERATIONS, *(f"GET {path}" for path in INDEX_PATHS)]
{%- else -%}
ROUTES = list(OPERATIONS)
{%- endif %}
{%- if changes %}
ITEM_ROUTES = [route for route, operation in OPERATIONS.items() if operation not in ("query", "create")]
BODIES = {"PUT": REQUIRED, "PATCH": OTHER_VALUES}
{%- endif %}


{% if changes or lists -%}
@pytest.fixture
def others(new_item: NewItem, key: Item) -> Item:
    """An item of another user, whose key differs in its owner only."""
    return new_item(**{name: value for name, value in key.items() if name != OWNER})


{% endif -%}
{% if changes -%}
@pytest.mark.parametrize("route", ITEM_ROUTES)
def test_does_not_find_the_item_of_another_user(
    api: Api, table: Table, item: Item, key: Item, others: Item, route: str
) -> None:
    method, path = route.split()

    response = api.request(method, path, others, query={OWNER: key[OWNER]}, body=BODIES.get(method))

    assert response.status == {{ "404" if service.id_key else '(201 if method == "PUT" else 404)' }}
    assert table.get_item(Key=key)["Item"] == item


{% endif -%}
{% if lists -%}
@pytest.mark.parametrize("path", {{ "[*list_paths(\"query\"), *INDEX_PATHS]" if indexes else 'list_paths("query")' }})
def test_lists_only_the_callers_own_items(api: Api, table: Table, item: Item, others: Item, path: str) -> None:
    table.put_item(Item=others)

    for own in (others, item):
        assert wait_for_items(api, path, own) == [own]


def wait_for_items(api: Api, path: str, item: Item) -> list[Item]:
    """Return what a list has as soon as it has anything: reads of an index are eventually consistent."""
    deadline = time.monotonic() + 10
    while True:
        items: list[Item] = api.get(path, item).json["items"]
        if items or time.monotonic() > deadline:
            return items
        time.sleep(0.2)


{% endif -%}
{% if creates -%}
@pytest.mark.parametrize("path", list_paths("create"))
def test_makes_the_caller_the_owner_of_a_new_item(api: Api, new_item: NewItem, key: Item, path: str) -> None:
    body = {**ATTRIBUTES, **{name: key[name] for name in KEY if name {{ "not in (OWNER, \"" ~ service.id_key.name ~ "\")" if service.id_key else "!= OWNER" }}}}

    response = api.post(path, key, body=body)

    new_item(**response.json)  # which is deleted after the test
    assert (response.status, response.json[OWNER]) == (201, key[OWNER])


@pytest.mark.parametrize("owner", ["other", 7, None], ids=repr)
@pytest.mark.parametrize("path", list_paths("create"))
def test_creates_nothing_for_another_user(api: Api, key: Item, path: str, owner: object) -> None:
    response = api.post(path, key, body={**ATTRIBUTES, OWNER: owner})

    assert (response.status, response.json) == (400, {"message": f"{OWNER} in the body differs from the token's"})


{% endif -%}
@pytest.mark.parametrize("sub", ["", None], ids=repr)
@pytest.mark.parametrize("route", ROUTES)
def test_refuses_a_token_that_names_no_user(api: Api, item: Item, route: str, sub: str | None) -> None:
    method, path = route.split()
    token = make_token("", sub=sub)

    response = api.request(method, path, item, headers={"Authorization": f"Bearer {token}"}, body={})

    assert response.status == 403
    assert method == "HEAD" or response.json == {"message": "The token has no claim sub"}
