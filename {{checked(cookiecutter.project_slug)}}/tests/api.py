"""A client of the API under test."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

{% if service.is_signed -%}
import boto3
import openapi
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
{%- else -%}
import openapi
import requests
{%- endif %}
{%- if service.owner %}
from tokens import make_token, read_claims
{%- endif %}

if TYPE_CHECKING:  # the types are installed with the tools of `make lint` only
    from mypy_boto3_dynamodb import service_resource

type Headers = Mapping[str, str] | None
type Item = dict[str, Any]
type NewItem = Callable[..., Item]
type Table = service_resource.Table

# What the routes to the table do. Those to an index are in test_index.py, those to implement in test_stubs.py.
OPERATIONS: dict[str, str] = {{ contract.format_operations(service) }}

# The attributes in an item's key, and their types.
KEY: dict[str, type] = {{ contract.format_key(service) }}
{%- if service.owner %}
# The user to whom an item belongs.
OWNER = "{{ service.owner.name }}"
{%- endif %}
# What else an item has: the required attributes, one of each, and another value of each.
REQUIRED: Item = {{ contract.format_required(service) }}
ATTRIBUTES: Item = {{ contract.format_attributes(service) }}
OTHER_VALUES: Item = {{ contract.format_other_values(service) }}
{%- for type in ("created", "updated", "revision", "expiry") if service.attributes[type] %}
{{ type | upper }} = "{{ service.attributes[type] }}"
{%- endfor %}
{%- if service.attributes.written %}
# What the service sets, in the items that tests put into the table.
WRITTEN: Item = {{ contract.format_written(service) }}
{%- endif %}
{%- if contract.format_large(service) %}
# An attribute that makes an item larger than 400 KB.
LARGE: Item = {
    {{ contract.format_large(service) }},
}
{%- endif %}
{%- if contract.list_refusals(service) %}

# Values that an attribute cannot have, each with the message of the response. One line each.
REFUSED: list[tuple[str, Any, str]] = [
{%- for refusal in contract.list_refusals(service) %}
    ({{ refusal.name }}, {{ refusal.value }}, {{ refusal.message }}),
{%- endfor %}
]  # fmt: skip
{%- endif %}


class Response(NamedTuple):
    """A response of the API."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body; its numbers are Decimal and int."""
        return json.loads(self.text, parse_float=Decimal)


class Api:
    """The API behind a URL. Each method takes a route's path, and an item with the values of the path's parameters{{ " and the caller" if service.owner }}."""

    def __init__(self, url: str{{ ", token: str" if service.is_jwt }}) -> None:
        self.url = url.rstrip("/")
{%- if service.is_jwt %}
        self.token = token
{%- endif %}
{%- if service.is_signed %}
        self.credentials = boto3.Session().get_credentials() if ".execute-api." in url else None
{%- endif %}

    def get(self, path: str, item: Item | None = None, *, headers: Headers = None, **query: str) -> Response:
        return self.request("GET", path, item, headers=headers, query=query)

    def post(self, path: str, item: Item | None = None, *, headers: Headers = None, body: Any) -> Response:
        return self.request("POST", path, item, headers=headers, body=body)

    def put(self, path: str, item: Item | None = None, *, headers: Headers = None, body: Any) -> Response:
        return self.request("PUT", path, item, headers=headers, body=body)

    def patch(self, path: str, item: Item | None = None, *, headers: Headers = None, body: Any) -> Response:
        return self.request("PATCH", path, item, headers=headers, body=body)

    def delete(self, path: str, item: Item | None = None, *, headers: Headers = None) -> Response:
        return self.request("DELETE", path, item, headers=headers)

    def request(
        self,
        method: str,
        path: str,
        item: Item | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Headers = None,
        body: Any = None,
    ) -> Response:
        """Send a request; its body is JSON text, or a value to send as JSON. The response must match openapi.yaml."""
        text = body if body is None or isinstance(body, str) else json.dumps(body)
{%- if service.owner %}
        token = self.find_token((item or {}).get(OWNER))
{%- endif %}
        response = requests.request(
            method,
            self.url + fill(path, item or {}),
            params=query,
{%- if service.is_jwt %}
            headers={"Authorization": f"Bearer {{ "{token}" if service.owner else "{self.token}" }}", "Content-Type": "application/json", **(headers or {})},
{%- else %}
            headers={"Content-Type": "application/json", **(headers or {})},
{%- endif %}
            data=text.encode() if text else None,
{%- if service.is_signed %}
            auth=self.sign,
{%- endif %}
            timeout=(10, None),  # to connect; the API ends a request that takes too long, except in a debugger
        )
        result = Response(response.status_code, response.headers, response.content.decode())
        problems = list(openapi.find_problems(method, path, result))
        assert not problems, f"{method} {path}, {result.status}: {'; '.join(problems)}"
        return result

{%- if service.is_signed %}

    def sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request to the deployed API with the user's credentials, as it requires."""
        if self.credentials:
            signed = AWSRequest(request.method, request.url, data=request.body)
            SigV4Auth(self.credentials, "execute-api", "{{ service.region }}").add_auth(signed)
            request.headers.update(dict(signed.headers))
        return request
{%- endif %}
{%- if service.owner %}

    def find_token(self, owner: str | None) -> str:
        """Return the token of an item's owner: the API's own, or one of another user that only this machine takes."""
        return self.token if owner in (None, read_claims(self.token)["sub"]) else make_token(owner)
{%- endif %}

    def location(self, path: str, item: Item) -> str:
        """Return an item's path as a Location header has it: after the stage, if the URL ends with one."""
        return urlsplit(self.url).path + fill(path, item)


def list_paths(*operations: str) -> list[str]:
    """Return the paths of the routes that do one of the operations, but for HEAD."""
    routes = [route.split() for route, operation in OPERATIONS.items() if operation in operations]
    return [path for method, path in routes if method != "HEAD"]


{% if service.attributes.written -%}
def sent(item: Item) -> Item:
    """Return an item without what the service sets."""
    return {name: value for name, value in item.items() if name not in WRITTEN}


{% endif -%}
def fill(path: str, item: Item) -> str:
    """Return a route's path with an item's values for its parameters, percent-encoded."""
    return path.format_map({name: quote(str(value), safe="") for name, value in item.items()})
