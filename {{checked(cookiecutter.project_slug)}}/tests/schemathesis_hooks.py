"""What schemathesis takes for a failure, and is none: all else fails `make test-integration`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import project
import schemathesis
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData, UnsupportedMethodResponse

if TYPE_CHECKING:
    from schemathesis import HookContext, Response
    from schemathesis.core.failures import Failure

    Case = schemathesis.Case[Any]


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:  # noqa: ARG001
    """Return whether a failure is one."""
    return not any(is_it(failure, case, response) for is_it in NO_FAILURES)


def is_other_method(failure: Failure, _case: Case, response: Response) -> bool:
    """No gateway answers 405: one without such a route answers 403, and a route for ANY method what it likes."""
    takes_any = any(route.method == "ANY" for route in project.ROUTES)
    return isinstance(failure, UnsupportedMethodResponse) and (takes_any or response.status_code == 403)
{%- if service.cors_origin %}


def is_preflight(_failure: Failure, case: Case, response: Response) -> bool:
    """The gateway takes every OPTIONS for a preflight, and answers it itself."""
    return "OPTIONS" in (case.method, response.request.method)
{%- endif %}


def is_split_path(_failure: Failure, case: Case, response: Response) -> bool:
    """Gateways split a path at %2F: a key with a slash in it has no URL, and 403 is their word for no route."""
    return response.status_code == 403 and any("/" in text for text in path_texts(case).values())


def is_not_utf8(_failure: Failure, _case: Case, response: Response) -> bool:
    """`sam local` answers 502 to a body that is not UTF-8; the service hears nothing of it."""
    try:
        bytes_sent(response).decode()
    except UnicodeDecodeError:
        return response.status_code == 502
    return False


def is_made_up_cursor(failure: Failure, case: Case, response: Response) -> bool:
    """OpenAPI cannot say that a cursor has to be one that the API has handed out: schemathesis makes some up."""
    is_refused = b"cursor must be" in response.content or (case.method == "HEAD" and "cursor" in case.query)
    return isinstance(failure, RejectedPositiveData) and is_refused


def is_long_in_bytes(failure: Failure, case: Case, _response: Response) -> bool:
    """DynamoDB limits the bytes of a key, and OpenAPI can limit characters alone."""
    sent = {**(case.body if isinstance(case.body, dict) else {}), **path_texts(case)}
    lengths = [(len(str(sent[key.name]).encode()), key.max_bytes) for key in project.KEY if key.name in sent]
    return isinstance(failure, RejectedPositiveData) and any(length > limit for length, limit in lengths)


def is_deleted_under_another_spelling(failure: Failure, case: Case, _response: Response) -> bool:
    """1e2, 1E2 and 100 are one key: schemathesis, which compares texts, does not see that it has deleted the item."""
    names = {key.name for key in project.KEY if key.type == "N"}
    numbers = [text for name, text in path_texts(case).items() if name in names]
    return isinstance(failure, EnsureResourceAvailability) and any(text != f"{Decimal(text):f}" for text in numbers)


NO_FAILURES = (
    is_other_method,
{%- if service.cors_origin %}
    is_preflight,
{%- endif %}
    is_split_path,
    is_not_utf8,
    is_made_up_cursor,
    is_long_in_bytes,
    is_deleted_under_another_spelling,
)


def path_texts(case: Case) -> dict[str, str]:
    """Return the values of the path's parameters; schemathesis has those of a Location percent-encoded."""
    return {name: unquote(str(value)) for name, value in case.path_parameters.items()}


def bytes_sent(response: Response) -> bytes:
    body = response.request.body or b""
    return body.encode() if isinstance(body, str) else body
