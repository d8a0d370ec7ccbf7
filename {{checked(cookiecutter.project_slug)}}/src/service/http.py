"""What a handler is given and gives back, whichever API Gateway is in front."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Request(NamedTuple):
    """A request, after API Gateway has matched its route."""

    method: str
    resource: str
    """The path of the route, with its parameters' names: /users/{user_id}."""

    path: str
    """The path as the client sees it, with the stage before it where there is one."""

    parameters: Mapping[str, str]
    """The values of the path's parameters, decoded."""

    query: Mapping[str, str]
    body: str


class Response(NamedTuple):
    """An answer: its status, its body as JSON text, and further headers."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = MappingProxyType({})


class HttpError(Exception):
    """An answer other than success, raised from anywhere below a handler."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
