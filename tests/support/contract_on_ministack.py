"""A plugin for a rendered service's pytest that runs its contract tests against MiniStack.

It signs requests, as a deployed API requires. Names under localhost mean this machine (RFC 6761, section 6.3), but not
every resolver knows that. Tests are left out where MiniStack differs from AWS: it decodes path parameters, so keys with
a `%` cannot be read; it loses the configuration of preflights; and it returns numbers with more digits than DynamoDB's
client accepts.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    import pytest

LEFT_OUT = ("%", "test_a_page_may_call_the_route", "test_keeps_every_digit_of_a_number")
CREDENTIALS = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])

getaddrinfo = socket.getaddrinfo
prepare_auth = requests.PreparedRequest.prepare_auth


def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
    is_local = isinstance(host, str) and host.endswith(".localhost")
    return getaddrinfo("127.0.0.1" if is_local else host, *arguments, **options)


def sign(request: requests.PreparedRequest, *arguments: Any, **options: Any) -> None:
    prepare_auth(request, *arguments, **options)
    signed = AWSRequest(request.method, request.url, data=request.body)
    SigV4Auth(CREDENTIALS, "execute-api", os.environ["AWS_DEFAULT_REGION"]).add_auth(signed)
    request.headers.update(dict(signed.headers))


socket.getaddrinfo = resolve
requests.PreparedRequest.prepare_auth = sign  # type: ignore[assignment, method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if not any(part in item.name for part in LEFT_OUT)]
