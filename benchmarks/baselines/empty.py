"""A function that does nothing, to measure `sam local` itself."""

from __future__ import annotations


def handler(_event: object, _context: object) -> dict[str, object]:
    return {"statusCode": 200, "body": "{}"}
