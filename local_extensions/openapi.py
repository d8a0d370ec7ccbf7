"""openapi.yaml, as data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local_extensions.examples import format_body
from local_extensions.openapi_parts import (
    CONDITIONAL_OPERATIONS,
    ERROR,
    HEADERS,
    ITEM_DESCRIPTIONS,
    OPERATION_RESPONSES,
    PAGE,
    PARAMETERS,
    RESPONSES,
    SECURITY_SCHEMES,
    TYPE_SCHEMAS,
    TYPED_ITEM_DESCRIPTIONS,
    Response,
)
from local_extensions.operations import ITEM_OPERATIONS
from local_extensions.routes import Route, is_parameter
from local_extensions.yaml_style import Line, format_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_extensions.attributes import Attribute
    from local_extensions.keys import Key
    from local_extensions.service import Service


def format_sections(service: Service) -> str:
    """Return what follows the head of openapi.yaml."""
    sections = [
        f"{format_yaml(describe_access(service))}\n  # Your own tags:",
        f"{format_yaml({'paths': describe_paths(service)})}\n  # Your own paths:",
        format_yaml({"components": describe_components(service)}),
    ]
    return "\n\n".join(sections)


def describe_access(service: Service) -> dict[str, Any]:
    """Return who may call the API, and the tags of its operations."""
    tags = dict.fromkeys(name_tag(route, service) for route in service.routes)
    security: list[dict[str, list[str]]] = [{scheme: []} for scheme in SECURITY_SCHEMES[service.auth]]
    return {"security": security, "tags": [{"name": tag} for tag in tags]}


def describe_paths(service: Service) -> dict[str, Any]:
    return {
        # OpenAPI has no parameter for the rest of a path.
        path.replace("+}", "}"): drop_empty(
            {
                "parameters": [describe_path_parameter(name, routes, service) for name in routes[0].parameters],
                **{name_method(route): describe_operation(route, service) for route in routes},
            }
        )
        for path, routes in service.routes_by_path.items()
    }


def describe_components(service: Service) -> dict[str, Any]:
    """Return what operations refer to."""
    responses = list_responses(service)
    schemas = {name: describe_key_schema(key) for name, key in list_key_schemas(service).items() if service.uses_table}
    schemas |= describe_items(service, responses)
    if any(response.schema == "Page" for response in responses):
        schemas["Page"] = PAGE
    schemas["Error"] = ERROR
    parameters = {name for route in service.routes for name in list_parameters(route, service)}
    return drop_empty(
        {
            "securitySchemes": SECURITY_SCHEMES[service.auth],
            "parameters": {name: described for name, described in PARAMETERS.items() if name in parameters},
            "schemas": schemas,
            "responses": {
                response.name: describe_response(response, service)
                for response in responses
                if response.name != "Page"  # each operation has its own, with a link to the next page
            },
        }
    )


def list_responses(service: Service) -> list[Response]:
    """Return the responses of all routes; those of HEAD have no body, so each route describes its own."""
    names = {name for route in service.routes if route.method != "HEAD" for name in list_response_names(route, service)}
    return [describe_conflict(response, service) for response in RESPONSES if response.name in names]


def describe_conflict(response: Response, service: Service) -> Response:
    """Return a response; that of a conflict says what else may cause one."""
    if response.name != "Conflict" or not service.keeps_on_replace:
        return response
    others = "Other requests are changing the item"
    if service.id_key:  # the service makes the key, so no other item has it
        return response._replace(description=others)
    return response._replace(description=f"{response.description}, or {others.lower()}")


def list_response_names(route: Route, service: Service) -> set[str]:
    """Return the names of a route's RESPONSES."""
    names = set(OPERATION_RESPONSES[route.operation])
    if service.id_key and route.operation == "create":  # the service makes the key
        names.remove("Conflict")
    if service.id_key and route.operation == "replace":
        names = names - {"Created"} | {"NotFound"}
    if route.reads_first:
        names.add("Conflict")
    if service.is_jwt:
        names.add("Unauthorized")
    if service.owner and route.operation != "stub":
        names.add("Forbidden")
    if service.attributes.revision and route.operation in CONDITIONAL_OPERATIONS:
        names.add("PreconditionFailed")
    return names


def name_tag(route: Route, service: Service) -> str:
    """Return what clients and the page group a route by: its path's first fixed segment, or the table."""
    return next((segment for segment in route.segments if not is_parameter(segment)), service.table_name)


def name_method(route: Route) -> str:
    """Return OpenAPI's name of the route's method; for ANY, which it lacks, API Gateway's own."""
    return "x-amazon-apigateway-any-method" if route.method == "ANY" else route.method.lower()


def describe_path_parameter(name: str, routes: list[Route], service: Service) -> dict[str, Any]:
    """Return a path's parameter. Its schema is a key's if a route at the path uses it."""
    key_schemas = {key.name: schema for schema, key in list_key_schemas(service).items()}
    index = next((route.index for route in routes if route.index), None)
    schema = Line(type="string")
    if index and index.path_key:
        schema = Line(describe_key(index.path_key))
    elif name in key_schemas and any(route.operation != "stub" for route in routes):
        schema = refer("schemas", key_schemas[name])
    return {"name": name, "in": "path", "required": True, "schema": schema}


def describe_operation(route: Route, service: Service) -> dict[str, Any]:
    body = Line(json.loads(format_body(service, route))) if route.body_schema else {}
    content = {"application/json": {"schema": refer("schemas", route.body_schema), "example": body}}
    return drop_empty(
        {
            "operationId": route.name,
            "summary": route.summary[0].upper() + route.summary[1:],
            "tags": [name_tag(route, service)],
            "parameters": [
                *(refer("parameters", name) for name in list_parameters(route, service)),
                *list_bounds(route, service),
            ],
            "requestBody": {"required": True, "content": content} if route.body_schema else {},
            "responses": {
                str(response.status): describe_route_response(route, response, service)
                for response in RESPONSES
                if response.name in list_response_names(route, service)
            },
        }
    )


def list_parameters(route: Route, service: Service) -> list[str]:
    """Return the names of the PARAMETERS that a route has."""
    if route.is_page:
        return ["Limit", "Cursor", *(["Order"] if route.sort_key else [])]
    if service.attributes.revision and route.operation in CONDITIONAL_OPERATIONS:
        return ["IfMatch", *(["IfNoneMatch"] if route.operation == "replace" else [])]
    return []


def list_bounds(route: Route, service: Service) -> list[dict[str, Any]]:
    """Return the parameters that bound a list by its sort key."""
    if not route.sort_key:
        return []
    attribute = service.attributes.find(route.sort_key.name)
    schema = Line(
        describe_attribute(attribute, describe_key(route.sort_key)) if attribute else describe_key(route.sort_key)
    )
    schema.pop("readOnly", None)
    bounds = {"from": "lowest", "to": "highest"}
    return [
        {"name": name, "in": "query", "description": f"The {limit} {route.sort_key.name}", "schema": schema}
        for name, limit in bounds.items()
    ]


def describe_route_response(route: Route, response: Response, service: Service) -> dict[str, Any]:
    if route.method == "HEAD":
        brief = response.description.partition(";")[0]
        return describe_response(response._replace(description=brief, schema=""), service)
    if response.name != "Page":
        return refer("responses", response.name)
    parameters = {f"path.{name}": f"$request.path.{name}" for name in route.parameters}
    parameters["query.cursor"] = "$response.body#/next_cursor"
    link = {"operationId": route.name, "parameters": parameters}
    return {**describe_response(response, service), "links": {"next": link}}


def describe_response(response: Response, service: Service) -> dict[str, Any]:
    sent = {"ETag": bool(service.attributes.revision), "Location": gives_location(service)}
    headers = {name: HEADERS[name] for name in response.headers if sent.get(name, True)}
    content = Line({"application/json": {"schema": refer("schemas", response.schema)}}) if response.schema else {}
    links = describe_links(service) if response.name == "Created" and service.id_key else {}
    return drop_empty({"description": response.description, "headers": headers, "content": content, "links": links})


def describe_links(service: Service) -> dict[str, Any]:
    """Return the operations on a new item, whose id only the response has: schemathesis follows these links."""
    parameters = Line({key.name: f"$response.body#/{key.name}" for key in service.chosen_keys})
    routes = [route for route in service.routes if route.operation in ITEM_OPERATIONS.values()]
    return {route.name: {"operationId": route.name, "parameters": parameters} for route in routes}


def gives_location(service: Service) -> bool:
    """Return whether a response 201 has a Location."""
    return any(route.location for route in service.routes)


def list_key_schemas(service: Service) -> dict[str, Key]:
    """Return the schemas of the table's key attributes, by name."""
    return dict(zip(("PartitionKey", "SortKey"), service.all_keys[: len(service.keys)], strict=False))


def describe_key_schema(key: Key) -> dict[str, Any]:
    if key.is_owner:
        return {"description": "The user who signed in, the claim sub of the token", **describe_key(key)}
    limit = "Up to 38 significant digits" if key.is_number else f"At most {key.max_bytes} bytes of UTF-8"
    return {"description": limit, **describe_key(key), "examples": [key.json_sample]}


def describe_key(key: Key) -> dict[str, Any]:
    return {"type": "number"} if key.is_number else {"type": "string", "minLength": 1, "maxLength": key.max_bytes}


def describe_items(service: Service, responses: Iterable[Response]) -> dict[str, Any]:
    """Return the schemas of items that bodies have: one for responses, and one for each kind of request."""
    used = {route.body_schema for route in service.routes} | {response.schema for response in responses}
    if "Page" in used:
        used.add("Item")
    descriptions = TYPED_ITEM_DESCRIPTIONS if service.attributes.listed else ITEM_DESCRIPTIONS
    place = "in the path" if not service.owner else "in the path and the token" if service.sort_key else "in the token"
    return {
        name: describe_item(name, text.replace("in the path", place), service)
        for name, text in descriptions.items()
        if name in used
    }


def describe_item(name: str, description: str, service: Service) -> dict[str, Any]:
    """Return a schema of items. That of responses requires only the key, because older items may lack the rest."""
    is_response = name == "Item"
    is_change = name == "ItemChanges"
    keys = {"Item": service.keys, "NewItem": service.chosen_keys, "NewPartitionItem": service.keys[1:]}.get(name, [])
    keys = [key for key in keys if is_response or not key.is_uuid]
    key_schemas = {key.name: schema for schema, key in list_key_schemas(service).items()}
    required = [key.name for key in keys]
    if not is_response and not is_change:
        required += [attribute.name for attribute in service.attributes.required]
    properties: dict[str, Any] = {key.name: refer("schemas", key_schemas[key.name]) for key in keys}
    properties |= describe_properties(service, is_change=is_change)
    return {
        "description": description,
        "type": "object",
        **drop_empty({"required": required, "properties": properties}),
        "additionalProperties": is_response or service.attributes.allows_others,
        **({"maxProperties": service.max_changes} if is_change else {}),
    }


def describe_properties(service: Service, *, is_change: bool) -> dict[str, Any]:
    """Return the schema of each attribute, and of each index's key; a change may remove those that are not required."""
    index_keys = {key.name: describe_key(key) for key in service.index_keys}
    schemas = {
        attribute.name: describe_attribute(attribute, index_keys.get(attribute.name, {}))
        for attribute in service.attributes.listed
    }
    required = {attribute.name for attribute in service.attributes.required}
    return {
        name: Line(allow_null(schema) if is_change and name not in required else schema)
        for name, schema in {**schemas, **index_keys, **schemas}.items()
    }


def describe_attribute(attribute: Attribute, index_key: dict[str, Any]) -> dict[str, Any]:
    if attribute.type == "string" and index_key:
        return index_key
    values = {"enum": list(attribute.values)} if attribute.values else {}
    return {**TYPE_SCHEMAS[attribute.type], **values}


def allow_null(schema: dict[str, Any]) -> dict[str, Any]:
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **values}


def refer(kind: str, name: str) -> Line:
    return Line({"$ref": f"#/components/{kind}/{name}"})


def drop_empty(mapping: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if value}
