"""Examples of requests and of items, for README.md, openapi.yaml and seed.json."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from local_extensions.routes import Route, is_parameter, parameter_name

if TYPE_CHECKING:
    from local_extensions.service import Service


def format_call(service: Service, route: Route) -> str:
    """Return a call of a route that can be pasted into a shell."""
    methods = {"ANY": "", "GET": "", "HEAD": "--head "}
    token = '--header "Authorization: Bearer $TOKEN" ' if service.is_jwt else ""
    call = f"curl --include {methods.get(route.method, f'--request {route.method} ')}{token}http://127.0.0.1:3000"
    call = f"{call}{format_path(service, route)}".replace("--include --head ", "--head ")
    return f"{call} \\\n  --data '{format_body(service, route)}'" if route.body_schema else call


def format_path(service: Service, route: Route) -> str:
    """Return a route's path with values for its parameters."""
    samples = {key.name: key.sample for key in service.all_keys}
    segments = [
        samples.get(parameter_name(segment), "any") if is_parameter(segment) else segment for segment in route.segments
    ]
    return "/" + "/".join(segments)


def format_body(service: Service, route: Route) -> str:
    """Return a body that a route takes, as JSON."""
    attributes = service.attributes
    body = {
        key.name: key.json_sample for key in service.chosen_keys if key.name not in route.parameters and not key.is_uuid
    }
    if attributes.sent and route.operation == "update":
        body.update({last.name: None for last in attributes.sent[-1:] if not last.is_required})
        body.update({first.name: first.sample for first in attributes.sent[:1]})
    elif attributes.sent or not attributes.allows_others:
        body.update(attributes.samples)
    else:
        keys = {key.name for key in service.all_keys}
        free = {"name": None, "visits": 2} if route.operation == "update" else {"name": "田中太郎", "visits": 1}
        body.update({name: value for name, value in free.items() if name not in keys})
    written = [attribute.name for attribute in attributes.written]
    of_indexes = {key.name: key.json_sample for key in service.index_keys if key.name not in [*body, *written]}
    if route.operation != "update":
        body.update(of_indexes)
    elif not body and attributes.allows_others:
        body = dict(list(of_indexes.items())[:1]) or {"note": "text"}
    return json.dumps(body, ensure_ascii=False)


def list_seeds(service: Service) -> list[str]:
    """Return items as JSON: an example of each attribute, then the key, which differs in its last character.

    A new attribute comes in the middle, where it does not meet an owner's change of the first or last line.
    """
    item = json.loads(format_body(service, Route("POST", "/", "seed", "create")))
    written = {attribute.name: attribute.sample for attribute in service.attributes.written}
    keys = {key.name: item.pop(key.name, "") for key in service.chosen_keys}
    if not keys:  # each caller has one item
        return [format_seed({**item, **written})]
    key = service.keys[-1]
    values = [f"{key.sample[:-1]}{chr(ord(key.sample[-1]) + number)}" for number in range(3)]
    seeds = [{**item, **written, **keys, key.name: int(value) if key.is_number else value} for value in values]
    return [format_seed(seed) for seed in seeds]


def format_seed(seed: dict[str, object]) -> str:
    return textwrap.indent(json.dumps(seed, ensure_ascii=False, indent=2), "  ")
