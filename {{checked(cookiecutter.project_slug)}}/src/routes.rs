{% macro created(route) -%}
{% if route.location -%}
Ok(responses::created(request, &item, Some("{{ route.location }}")))
{%- else -%}
Ok(responses::created(request, &item, None))
{%- endif %}
{%- endmacro -%}
//! The routes: a handler for each, and the table in which API Gateway's route keys are looked up.

use crate::http::{% raw %}{{% endraw %}{{ service.rust_messages | join(", ") }}};
{%- if service.rust_modules == "table" %}
use crate::table;
{%- endif %}
use crate::table::Table;
{%- if service.rust_modules not in ("", "table") %}
use crate::{{ service.rust_modules }};
{%- endif %}
{% for route in service.routes %}
/// `{{ route.key }}`: {{ route.summary }}.
{%- if route.breaks_line_of_rust %}
#[rustfmt::skip] // a path is not broken
{%- endif %}
async fn {{ route.name }}({{ "table" if route.actions else "_" }}: &Table, request: &Request) -> Answer {
{%- if route.operation == "list" %}
    let page = table.scan(pages::read_limit(request)?, pages::read_cursor(request)?).await?;
    Ok(pages::make_page(request, &page))
{%- elif route.operation == "query" %}
    let partition = table::read_path_key(request)?;
    let page = table.query(partition, pages::read_limit(request)?, pages::read_cursor(request)?).await?;
    Ok(pages::make_page(request, &page))
{%- elif route.operation == "create" %}
    let item = table::read_item(request)?;
    table.create(&item).await?;
    {{ created(route) }}
{%- elif route.operation == "read" %}
    let item = table.read(table::read_path_key(request)?).await?;
    Ok(responses::ok(&item))
{%- elif route.operation == "replace" %}
    let item = table::read_item(request)?;
    if table.replace(&item).await? {
        return Ok(responses::ok(&item));
    }
    {{ created(route) }}
{%- elif route.operation == "update" %}
    let item = table.update(table::read_path_key(request)?, table::read_changes(request)?).await?;
    Ok(responses::ok(&item))
{%- elif route.operation == "delete" %}
    table.delete(table::read_path_key(request)?).await?;
    Ok(Response::new(204, ""))
{%- else %}
    let Request { method, resource, .. } = request;
    Err(HttpError::NotImplemented(format!("{method} {resource} is not implemented: edit it in src/routes.rs")))
{%- endif %}
}
{% endfor %}
/// Answer by the handler of a route; None where there is no such route.
#[rustfmt::skip] // a line a route, whatever its length
#[allow(clippy::too_many_lines)] // and however many there are
pub async fn answer(key: &str, table: &Table, request: &Request) -> Option<Answer> {
    Some(match key {
{%- for route in service.routes %}
        "{{ route.key }}" => {{ route.name }}(table, request).await,
{%- endfor %}
        _ => return None,
    })
}
