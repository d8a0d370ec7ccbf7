"""The API, and what it answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Answer:
    """A response of the API."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""

    text: str

    @property
    def json(self) -> Any:
        """The body, its numbers as Decimal and int."""
        return json.loads(self.text, parse_float=Decimal)


class Api(Protocol):
    """What the contract is tested through."""

    stage: str
    """What stands before a route in the paths that a client sees: empty, or the stage with a slash before it."""

    def request(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        """Send a request to a path, percent-encoded; the body is JSON text, or what becomes JSON."""


class HttpApi:
    """The API behind a URL."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.stage = "/" + self.url.partition("://")[2].partition("/")[2] if "/" in self.url.partition("://")[2] else ""

    def request(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        url = self.url + path + ("?" + urlencode(query) if query else "")
        headers = {"Content-Type": "application/json"}
        response = requests.request(method, url, data=dump_body(body).encode(), headers=headers, timeout=60)
        return Answer(
            response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.content.decode()
        )


def dump_body(body: Any) -> str:
    """Return the JSON text for a body; text is taken for JSON already."""
    if body is None:
        return ""
    return body if isinstance(body, str) else json.dumps(body, default=str)


def split(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def fill(path: str, values: Mapping[str, Any]) -> str:
    """Return a route's path with values for its parameters, percent-encoded; one without becomes what no route has."""
    filled = [
        quote(str(values.get(segment.strip("{+}"), "~any")), safe="") if segment.startswith("{") else segment
        for segment in split(path)
    ]
    return "/" + "/".join(filled)
