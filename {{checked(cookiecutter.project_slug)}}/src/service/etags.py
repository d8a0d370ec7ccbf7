"""ETags, which are the revisions of items, and what a request requires of them."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from service.errors import InvalidRequest
from service.http import Request
from service.table import Precondition
from service.written import REVISION

MAX_TAGS = 20
# RFC 9110, 8.8.3 and 13.1.1: a list of tags in quotes, each weak (W/) or not.
TAG = re.compile(r'(?:W/)?"[!#-~]*"')
TAGS = re.compile(rf"{TAG.pattern}(?:[ \t]*,[ \t]*{TAG.pattern})*")
STRONG_TAG = re.compile(r'"(0|[1-9][0-9]{0,37})"')


def make_etag(item: Mapping[str, Any]) -> str:
    """Return an item's ETag. An item from before revisions existed has the revision 0."""
    return f'"{item.get(REVISION, 0)}"'


def read_precondition(request: Request) -> Precondition:
    """Return what If-Match and If-None-Match require. Raises InvalidRequest for what is not in the RFC's form."""
    none_match = request.headers.get("if-none-match", "").strip()
    if none_match not in ("", "*"):
        raise InvalidRequest("If-None-Match must be *")
    match = request.headers.get("if-match", "*").strip()
    tags = TAG.findall(match) if TAGS.fullmatch(match) else []
    if match != "*" and not 1 <= len(tags) <= MAX_TAGS:
        raise InvalidRequest(f'If-Match must be *, or at most {MAX_TAGS} quoted tags such as "1", "2"')
    return Precondition(
        must_exist="if-match" in request.headers,
        must_be_missing=none_match == "*",
        revisions=None if match == "*" else [parse_tag(tag) for tag in tags],
    )


def parse_tag(tag: str) -> Decimal | str:
    """Return the revision of a tag. For a tag that no item can have, such as a weak one, return its text."""
    revision = STRONG_TAG.fullmatch(tag)
    return Decimal(revision[1]) if revision else tag
