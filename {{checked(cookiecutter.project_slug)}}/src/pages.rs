{% set bounds = ", bounds" if service.lists_in_order -%}
{% set no_bounds = ", None" if service.lists_in_order -%}
//! Pages of items: the limit and the cursor that a client sends, and the page that it gets.

{% if not service.lists_in_order -%}
use std::collections::BTreeMap;

{% endif -%}
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{{ "{Value, json}" if service.lists_in_order else "json" }};

use crate::errors::Error;
use crate::http::{Request, Response};
use crate::items;
{%- if service.lists_in_order %}
use crate::json_values::{Item, JsonItem, are_equal, dump, is_greater};
use crate::table::{Bounds, KeyAttribute, Page};
{%- else %}
use crate::json_values::{Item, JsonItem, are_equal, dump};
use crate::table::{KeyAttribute, Page};
{%- endif %}

const DEFAULT_LIMIT: i32 = 25;
const MAX_LIMIT: i32 = 100;

{%- if service.lists_in_order %}

/// Where a cursor may be used: on one path, with one order and the same bounds.
type Scope = Value;
{%- else %}

/// Where a cursor may be used: the route's path, and the values of its parameters.
type Scope = (String, BTreeMap<String, String>);
{%- endif %}

/// Return how many items a page holds at most.
///
/// # Errors
///
/// The limit is not 1 to 100.
pub fn read_limit(request: &Request) -> Result<i32, Error> {
    let Some(text) = request.query.get("limit") else {
        return Ok(DEFAULT_LIMIT);
    };
    match text.parse() {
        Ok(limit) if (1..=MAX_LIMIT).contains(&limit) && limit.to_string() == *text => Ok(limit),
        _ => Err(Error::InvalidRequest(format!("limit must be a whole number from 1 to {MAX_LIMIT}"))),
    }
}

{% if service.lists_in_order -%}
/// Return which part of a partition a list shows, and in which order.
///
/// # Errors
///
/// The sort key cannot have a bound, no value is within the bounds, or the order is unknown.
pub fn read_bounds(request: &Request, key: &[KeyAttribute]) -> Result<Bounds, Error> {
    let sort_key = &key[1];
    let read = |name| request.query.get(name).map(|text| items::parse_bound(name, sort_key, text)).transpose();
    let (first, last) = (read("from")?, read("to")?);
    if let (Some(first), Some(last)) = (&first, &last)
        && is_greater(first, last)
    {
        return Err(Error::InvalidRequest("from must not be greater than to".into()));
    }
    let is_descending = match request.query.get("order").map(String::as_str) {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(Error::InvalidRequest("order must be asc or desc".into())),
    };
    Ok(Bounds {
        sort_key: sort_key.name,
        first,
        last,
        is_descending,
    })
}

/// Return the key after which the page starts, or None for the first page.
///
/// # Errors
///
/// The cursor did not come from this path, with this order and these bounds.
pub fn read_cursor(request: &Request, key: &[KeyAttribute], bounds: Option<&Bounds>) -> Result<Option<Item>, Error> {
{%- else -%}
/// Return the key after which the page starts, or None for the first page.
///
/// # Errors
///
/// The cursor did not come from this path.
pub fn read_cursor(request: &Request, key: &[KeyAttribute]) -> Result<Option<Item>, Error> {
{%- endif %}
    let Some(cursor) = request.query.get("cursor") else {
        return Ok(None);
    };
    let refusal = || Error::InvalidRequest("cursor must be the next_cursor of a page from this path".into());
    let (scope, start) = decode_cursor(key, cursor).ok_or_else(refusal)?;
    let path_key = items::read_key(request, key)?;
    let is_in_path = path_key.iter().all(|(name, value)| start.get(name).is_some_and(|own| are_equal(own, value)));
    if scope == scope_of(request{{ bounds }}) && is_in_path { Ok(Some(start)) } else { Err(refusal()) }
}

/// A cursor's content: where it may be used, and the key's values as text.
type Content = (Scope, Vec<String>);

fn decode_cursor(key: &[KeyAttribute], cursor: &str) -> Option<(Scope, Item)> {
    let content = BASE64_URL_SAFE_NO_PAD.decode(cursor.trim_end_matches('=')).ok()?;
    let (scope, texts): Content = serde_json::from_slice(&content).ok()?;
    let values = (texts.len() == key.len()).then(|| key.iter().zip(&texts))?;
    let start = values.map(|(key, text)| Some((key.name.into(), items::parse_key_text(key, text).ok()?)));
    Some((scope, start.collect::<Option<_>>()?))
}

fn encode_cursor(key: &[KeyAttribute], scope: Scope, last_key: &Item) -> String {
    let texts = key.iter().map(|key| match last_key.get(key.name) {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.clone(),
        _ => String::new(),
    });
    let content: Content = (scope, texts.collect());
    BASE64_URL_SAFE_NO_PAD.encode(json!(content).to_string())
}

#[derive(Serialize)]
struct Body<'a> {
    items: Vec<JsonItem<'a>>,
    next_cursor: Option<String>,
}

/// Return a page; the cursor to the next one is null if DynamoDB has no more.
{%- if service.lists_in_order %}
pub fn make_page(
    request: &Request,
    page: &Page,
    key: &[KeyAttribute],
    bounds: Option<&Bounds>,
) -> Result<Response, Error> {
{%- else %}
pub fn make_page(request: &Request, page: &Page, key: &[KeyAttribute]) -> Result<Response, Error> {
{%- endif %}
    let body = Body {
        items: page.items.iter().map(JsonItem).collect(),
        next_cursor: page.last_key.as_ref().map(|last_key| encode_cursor(key, scope_of(request{{ bounds }}), last_key)),
    };
    Ok(Response::new(200, dump(&body)?))
}

{% if service.lists_in_order -%}
/// Return what distinguishes this list from all others: its path, and its bounds and order.
fn scope_of(request: &Request, bounds: Option<&Bounds>) -> Scope {
    let Request { resource, parameters, query, .. } = request;
    match bounds {
        None => json!([resource, parameters]),
        Some(Bounds { is_descending, .. }) => {
            json!([resource, parameters, query.get("from"), query.get("to"), is_descending])
        }
    }
}
{%- else -%}
fn scope_of(request: &Request) -> Scope {
    (request.resource.clone(), request.parameters.clone())
}
{%- endif %}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::KEY;

    #[test]
    fn accepts_a_cursor_only_from_its_own_path() {
        let mut request = Request::default();
{%- if service.owner %}
        request.claims.insert("sub".into(), "1".into());
{%- endif %}
        let key: Item = KEY.iter().map(|key| (key.name.into(), items::parse_key_text(key, "1").unwrap())).collect();
        request.query.insert("cursor".into(), encode_cursor(&KEY, scope_of(&request{{ no_bounds }}), &key));

        assert_eq!(read_cursor(&request, &KEY{{ no_bounds }}).unwrap(), Some(key));
        request.resource = "/elsewhere".into();
        assert!(read_cursor(&request, &KEY{{ no_bounds }}).is_err());
    }
}
