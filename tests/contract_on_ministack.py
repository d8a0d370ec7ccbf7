"""A plugin for a rendered service's pytest, with which its contract tests run against MiniStack.

Requests are signed, as a deployed API wants them. Names under localhost lead to this machine (RFC 6761, section 6.3),
which not every resolver knows. What MiniStack does otherwise than AWS is left out: it hands over path parameters
decoded, so that keys with a `%` cannot be read back; it forgets what preflights are answered; and it gives numbers back
with more digits than DynamoDB's own client takes.
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

LEFT_OUT = ("%", "test_a_page_may_send_what_the_api_takes", "test_keeps_numbers_to_their_last_digit")
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
