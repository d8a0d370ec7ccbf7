{% set precondition = ", &etags::read_precondition(request)?" if service.attributes.revision -%}
//! The routes: one handler per route, and the table in which `app` looks up API Gateway's route keys.

use crate::errors::Error;
{%- for module in (["http::{Request, Response}"] + source.list_handler_modules(service)) | sort %}
use crate::{{ module }};
{%- endfor %}
use crate::table::{{ "{self, Table}" if service.queries_index else "Table" }};

/// What a handler returns.
pub type Outcome = Result<Response, Error>;
{% for route in service.routes %}
/// `{{ route.key }}`: {{ route.summary }}.
async fn {{ route.name }}({{ "table" if route.actions else "_" }}: &Table, request: &Request) -> Outcome {
{%- if route.operation == "list" %}
{%- set no_bounds = ", None" if service.lists_in_order %}
    let page = table.scan(pages::read_limit(request)?, pages::read_cursor(request, table.key{{ no_bounds }})?).await?;
    pages::make_page(request, &page, table.key{{ no_bounds }})
{%- elif route.index %}
    let index = table::{{ route.index.constant }};
    let key = index.cursor_key();
    let partition = items::read_key(request, index.key)?;
{%- if route.sort_key %}
    let bounds = pages::read_bounds(request, index.key)?;
    let start = pages::read_cursor(request, &key, Some(&bounds))?;
    let page = table.query(partition, pages::read_limit(request)?, start, Some(&bounds), Some(index.name)).await?;
    pages::make_page(request, &page, &key, Some(&bounds))
{%- else %}
{%- set no_bounds = ", None" if service.lists_in_order %}
    let start = pages::read_cursor(request, &key{{ no_bounds }})?;
    let page = table.query(partition, pages::read_limit(request)?, start{{ no_bounds }}, Some(index.name)).await?;
    pages::make_page(request, &page, &key{{ no_bounds }})
{%- endif %}
{%- elif route.operation == "query" %}
    let partition = items::read_key(request, table.key)?;
    let bounds = pages::read_bounds(request, table.key)?;
    let start = pages::read_cursor(request, table.key, Some(&bounds))?;
    let page = table.query(partition, pages::read_limit(request)?, start, Some(&bounds), None).await?;
    pages::make_page(request, &page, table.key, Some(&bounds))
{%- elif route.operation == "create" %}
    let item = items::read_item(request)?;
    table.create(&item).await?;
{%- if route.location %}
    #[rustfmt::skip] // a path is not broken
    let item_route = "{{ route.location }}";
    responses::created(request, &item, Some(item_route))
{%- else %}
    responses::created(request, &item, None)
{%- endif %}
{%- elif route.operation == "read" %}
    let item = table.read(items::read_key(request, table.key)?).await?;
    responses::ok(&item)
{%- elif route.operation == "replace" %}
{%- if service.keeps_on_replace and service.id_key %}
    let item = table.replace(&items::read_item(request)?{{ precondition }}).await?;
    responses::ok(&item)
{%- elif service.keeps_on_replace %}
    let (item, existed) = table.replace(&items::read_item(request)?{{ precondition }}).await?;
    if existed {
        return responses::ok(&item);
    }
    responses::created(request, &item, Some(&request.resource))
{%- elif service.id_key %}
    let item = items::read_item(request)?;
    table.replace(&item).await?;
    responses::ok(&item)
{%- else %}
    let item = items::read_item(request)?;
    if table.replace(&item).await? {
        return responses::ok(&item);
    }
    responses::created(request, &item, Some(&request.resource))
{%- endif %}
{%- elif route.operation == "update" %}
{%- if service.attributes.revision %}
    let (key, changes) = (items::read_key(request, table.key)?, items::read_changes(request)?);
    let item = table.update(key, changes{{ precondition }}).await?;
{%- else %}
    let item = table.update(items::read_key(request, table.key)?, items::read_changes(request)?).await?;
{%- endif %}
    responses::ok(&item)
{%- elif route.operation == "delete" %}
    table.delete(items::read_key(request, table.key)?{{ precondition }}).await?;
    Ok(Response::new(204, ""))
{%- else %}
    let Request { method, resource, .. } = request;
    Err(Error::NotImplementedYet(format!("{method} {resource} is not implemented; edit src/routes.rs")))
{%- endif %}
}
{% endfor %}
// Your own handlers:

/// Call the handler of a route; None if there is no such route.
#[rustfmt::skip] // one line per route
pub async fn handle(key: &str, table: &Table, request: &Request) -> Option<Outcome> {
    Some(match key {
{%- for route in service.routes %}
        "{{ route.key }}" => {{ route.name }}(table, request).await,
{%- endfor %}
        // Your own routes:
        _ => return None,
    })
}
