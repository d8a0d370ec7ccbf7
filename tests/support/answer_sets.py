"""Answers that several tests render with."""

from __future__ import annotations

# Each operation and type of attribute, HEAD, ANY, indexes, and keys of both types with names that languages reserve.
TYPED = {
    "partition_key": "class",
    "sort_key": "order:N",
    "attributes": "email, size:number, age:integer?, flag:boolean?, state:new|paid, at:datetime?, tags:list?, more:map?, ...",
    "indexes": "email, state/size",
    "routes": (
        "GET /, HEAD /, POST /, GET /{class}, POST /{class}, ANY /x/{proxy+}, HEAD /{class}/{order}, "
        "GET /{class}/{order}, PUT /{class}/{order}, PATCH /{class}/{order}, DELETE /{class}/{order}, "
        "GET /by-email/{email}, HEAD /by-email/{email}, GET /by-state/{state}"
    ),
}
