"""A function that answers and does nothing: what `sam local` itself costs."""

from __future__ import annotations


def handler(_event: object, _context: object) -> dict[str, object]:
    return {"statusCode": 200, "body": "{}"}
