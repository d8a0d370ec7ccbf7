{% macro created(route) -%}
{% if route.breaks_line -%}
return responses.created(
        request,
        item,
        "{{ route.location }}",
    )
{%- elif route.location -%}
return responses.created(request, item, "{{ route.location }}")
{%- else -%}
return responses.created(request, item)
{%- endif %}
{%- endmacro -%}
"""The routes: a handler for each, and the table in which API Gateway's route keys are looked up."""

from __future__ import annotations

from collections.abc import Callable

{% if service.handler_modules -%}
from service import {{ service.handler_modules | join(", ") }}
{% endif -%}
from service.http import {{ service.message_classes | join(", ") }}

Handler = Callable[[Request], Response]
{% for route in service.routes %}

def {{ route.name }}(request: Request) -> Response:
    """{{ route.key }}: {{ route.summary }}."""
{%- if route.operation == "list" %}
    items, last_key = table.scan(pages.read_limit(request), pages.read_cursor(request))
    return pages.make_page(request, items, last_key)
{%- elif route.operation == "query" %}
    partition = table.read_path_key(request)
    items, last_key = table.query(partition, pages.read_limit(request), pages.read_cursor(request))
    return pages.make_page(request, items, last_key)
{%- elif route.operation == "create" %}
    item = table.read_item(request)
    table.create(item)
    {{ created(route) }}
{%- elif route.operation == "read" %}
    return responses.ok(table.read(table.read_path_key(request)))
{%- elif route.operation == "replace" %}
    item = table.read_item(request)
    if table.replace(item):
        return responses.ok(item)
    {{ created(route) }}
{%- elif route.operation == "update" %}
    return responses.ok(table.update(table.read_path_key(request), table.read_changes(request)))
{%- elif route.operation == "delete" %}
    table.delete(table.read_path_key(request))
    return Response(204)
{%- else %}
    raise HttpError(501, f"{request.method} {request.resource} is not implemented: edit it in src/service/routes.py")
{%- endif %}
{% endfor %}

ROUTES: dict[str, Handler] = {
{%- for route in service.routes %}
    "{{ route.key }}": {{ route.name }},
{%- endfor %}
}
