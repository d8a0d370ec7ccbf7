"""A plugin for a rendered service's pytest that runs its contract tests against MiniStack.

Names under localhost mean this machine (RFC 6761, section 6.3), but not
every resolver knows that. Tests are left out where MiniStack differs from AWS: it decodes path parameters, so keys with
a `%` cannot be read; it loses the configuration of preflights; and it returns numbers with more digits than DynamoDB's
client accepts.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

LEFT_OUT = ("%", "test_a_page_may_call_the_route", "test_keeps_every_digit_of_a_number")

getaddrinfo = socket.getaddrinfo


def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
    is_local = isinstance(host, str) and host.endswith(".localhost")
    return getaddrinfo("127.0.0.1" if is_local else host, *arguments, **options)


socket.getaddrinfo = resolve


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if not any(part in item.name for part in LEFT_OUT)]
