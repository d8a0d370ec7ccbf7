"""The routes: one handler per route, and the table in which `app` looks up API Gateway's route keys."""

from collections.abc import Callable

{% set modules = source.list_handler_modules(service) -%}
{% if modules -%}
from service import (
{%- for module in modules %}
    {{ module }},
{%- endfor %}
)
{% endif -%}
{% if "stub" in service.operations -%}
from service.errors import NotImplementedYet
{% endif -%}
from service.http import Request, Response
{%- if service.uses_table %}
from service.table import {{ "INDEXES, " if service.queries_index }}table
{%- endif %}

Handler = Callable[[Request], Response]
{% for route in service.routes %}

def {{ route.name }}(request: Request) -> Response:
    """{{ route.key }}: {{ route.summary }}."""
{%- if route.operation == "list" %}
    page = table.scan(pages.read_limit(request), pages.read_cursor(request))
    return pages.make_page(request, page)
{%- elif route.index %}
    index = INDEXES["{{ route.index.name }}"]
    partition = items.read_key(request, index.key)
{%- if route.sort_key %}
    bounds = pages.read_bounds(request, index.key)
    start = pages.read_cursor(request, index.cursor_key, bounds)
    page = table.query(partition, pages.read_limit(request), start, bounds, index.name)
    return pages.make_page(request, page, index.cursor_key, bounds)
{%- else %}
    start = pages.read_cursor(request, index.cursor_key)
    page = table.query(partition, pages.read_limit(request), start, {{ "index=" if service.lists_in_order }}index.name)
    return pages.make_page(request, page, index.cursor_key)
{%- endif %}
{%- elif route.operation == "query" %}
    partition = items.read_key(request)
    bounds = pages.read_bounds(request)
    start = pages.read_cursor(request, bounds=bounds)
    page = table.query(partition, pages.read_limit(request), start, bounds)
    return pages.make_page(request, page, bounds=bounds)
{%- elif route.operation == "create" %}
    item = items.read_item(request)
    table.create(item)
{%- if route.location %}
    return responses.created(
        request,
        item,
        "{{ route.location }}",
    )
{%- else %}
    return responses.created(request, item)
{%- endif %}
{%- elif route.operation == "read" %}
    return responses.ok(table.read(items.read_key(request)))
{%- elif route.operation == "replace" %}
{%- if service.keeps_on_replace %}
{%- if service.id_key %}
    item = table.replace(items.read_item(request){{ ", etags.read_precondition(request)" if service.attributes.revision }})
    return responses.ok(item)
{%- else %}
    item, existed = table.replace(items.read_item(request){{ ", etags.read_precondition(request)" if service.attributes.revision }})
    if existed:
        return responses.ok(item)
    return responses.created(request, item, request.resource)
{%- endif %}
{%- elif service.id_key %}
    item = items.read_item(request)
    table.replace(item)
    return responses.ok(item)
{%- else %}
    item = items.read_item(request)
    if table.replace(item):
        return responses.ok(item)
    return responses.created(request, item, request.resource)
{%- endif %}
{%- elif route.operation == "update" %}
{%- if service.attributes.revision %}
    changes = items.read_changes(request)
    return responses.ok(table.update(items.read_key(request), changes, etags.read_precondition(request)))
{%- else %}
    return responses.ok(table.update(items.read_key(request), items.read_changes(request)))
{%- endif %}
{%- elif route.operation == "delete" %}
    table.delete(items.read_key(request){{ ", etags.read_precondition(request)" if service.attributes.revision }})
    return Response(204)
{%- else %}
    raise NotImplementedYet(f"{request.method} {request.resource} is not implemented; edit src/service/routes.py")
{%- endif %}
{% endfor %}

# Your own handlers:


ROUTES: dict[str, Handler] = {
{%- for route in service.routes %}
    "{{ route.key }}": {{ route.name }},
{%- endfor %}
    # Your own routes:
}
