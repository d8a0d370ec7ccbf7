//! Answers that carry items.

use aws_sdk_dynamodb::types::AttributeValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::{Request, Response};
use crate::json_values::{self, Item};

/// What a segment of a path has percent-encoded: all but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[must_use]
pub fn ok(item: &Item) -> Response {
    Response::new(200, json_values::dump_item(item))
}

/// Answer 201; with the path of the route that reads an item, the answer says where this one is.
#[must_use]
pub fn created(request: &Request, item: &Item, item_route: Option<&str>) -> Response {
    let response = Response::new(201, json_values::dump_item(item));
    match item_route {
        Some(item_route) => response.with_header("Location", locate(request, item, item_route)),
        None => response,
    }
}

/// Return an item's path as the client sees it: behind the stage that the request's path has, percent-encoded.
fn locate(request: &Request, item: &Item, item_route: &str) -> String {
    let stage_length = split_path(&request.path).count().saturating_sub(split_path(&request.resource).count());
    let stage = split_path(&request.path).take(stage_length).map(str::to_owned);
    let segments = split_path(item_route).map(|segment| fill(segment, item));
    format!("/{}", stage.chain(segments).collect::<Vec<_>>().join("/"))
}

fn split_path(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// Return a segment of a route's path, or in the place of a parameter the item's attribute of that name.
fn fill(segment: &str, item: &Item) -> String {
    let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    match parameter.and_then(|name| item.get(name)) {
        Some(AttributeValue::S(value) | AttributeValue::N(value)) => utf8_percent_encode(value, RESERVED).to_string(),
        _ => segment.into(),
    }
}
