{% set etag = '.with_header("ETag", etags::make_etag(item))' if service.attributes.revision -%}
//! Responses with an item.

use aws_sdk_dynamodb::types::AttributeValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::errors::Error;
{%- if service.attributes.revision %}
use crate::etags;
{%- endif %}
use crate::http::{Request, Response};
use crate::json_values::{Item, JsonItem, dump};

/// What is percent-encoded in a path's segment: all but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub fn ok(item: &Item) -> Result<Response, Error> {
    Ok(Response::new(200, dump(&JsonItem(item))?){{ etag }})
}

/// Return 201; with the path of the route that reads an item, the response has the item's Location.
pub fn created(request: &Request, item: &Item, item_route: Option<&str>) -> Result<Response, Error> {
    let response = Response::new(201, dump(&JsonItem(item))?){{ etag }};
    Ok(match item_route {
        Some(item_route) => response.with_header("Location", locate(request, item, item_route)),
        None => response,
    })
}

/// Return an item's path as the client sees it: after the stage that the request's path has, percent-encoded.
fn locate(request: &Request, item: &Item, item_route: &str) -> String {
    let stage_length = split_path(&request.path).count().saturating_sub(split_path(&request.resource).count());
    let stage = split_path(&request.path).take(stage_length).map(str::to_owned);
    let segments = stage.chain(split_path(item_route).map(|segment| fill(segment, item)));
    segments.map(|segment| format!("/{segment}")).collect()
}

fn split_path(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// Return a segment of a route's path, with the item's value in place of a parameter.
fn fill(segment: &str, item: &Item) -> String {
    let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    match parameter.and_then(|name| item.get(name)) {
        Some(AttributeValue::S(value) | AttributeValue::N(value)) => utf8_percent_encode(value, RESERVED).to_string(),
        _ => segment.into(),
    }
}
