"""The JWT authorizer of this machine, whose tokens are not signed. As a program, it prints a token of the user SUB.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import base64
import json
import os
import re
import time
from contextlib import suppress
from typing import Any

SECONDS_PER_DAY = 24 * 60 * 60


class TokenError(ValueError):
    """API Gateway does not accept a token. The message says why."""


def make_token(user: str, **claims: Any) -> str:
    """Return an unsigned token of a user, valid for a day."""
    now = int(time.time())
    parts = {"alg": "none", "typ": "JWT"}, {"sub": user, "iat": now, "exp": now + SECONDS_PER_DAY, **claims}
    return "".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") + "." for part in parts)


def read_claims(authorization: str) -> dict[str, Any]:
    """Return the claims of the token in a header. Raises TokenError."""
    match = re.fullmatch(r"(?:Bearer )?([\w-]+)\.([\w-]+)\.[\w-]*", authorization, re.ASCII)
    parts: list[Any] = []
    with suppress(RecursionError, ValueError):
        parts = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in match.groups()] if match else []
    if [type(part) for part in parts] != [dict, dict]:
        raise TokenError("the token is not a JWT")
    return dict(parts[1])


def check_times(claims: dict[str, Any]) -> None:
    """Raise TokenError if a token has expired or is not valid yet."""
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    for name, seconds in times.items():
        if type(seconds) not in (int, float):
            raise TokenError(f"{name} is not a number")
    if not times.get("exp", 0) > time.time():
        raise TokenError("the token has expired")
    if not max(times.get("nbf", 0), times.get("iat", 0)) <= time.time():
        raise TokenError("the token is not valid yet")


def format_claim(claim: Any) -> str:
    """Return a claim as API Gateway hands it on.

    >>> format_claim("a"), format_claim(5), format_claim(True), format_claim(["a", "b"])
    ('a', '5', 'true', '[a b]')
    """
    if isinstance(claim, list):
        return f"[{' '.join(map(format_claim, claim))}]"
    return claim if isinstance(claim, str) else json.dumps(claim, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    print(make_token(os.environ["SUB"]))
