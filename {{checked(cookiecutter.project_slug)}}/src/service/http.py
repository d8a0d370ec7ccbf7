"""What a handler receives and returns, with either API Gateway."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Request(NamedTuple):
    """A request, after API Gateway has matched its route."""

    method: str
    resource: str
    """The path of the route, with its parameters' names: /users/{user_id}."""

    path: str
    """The path as the client sees it, with the stage in front if there is one."""

    parameters: Mapping[str, str]
    """The values of the path's parameters, decoded."""

    query: Mapping[str, str]
    headers: Mapping[str, str]
    """The headers, with names in lower case."""

    body: str
{%- if service.is_jwt %}
    claims: Mapping[str, str]
    """What the token says of the caller: API Gateway has verified it."""
{%- endif %}


class Response(NamedTuple):
    """A response: its status, its body, and headers. A body without a Content-Type is JSON."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
