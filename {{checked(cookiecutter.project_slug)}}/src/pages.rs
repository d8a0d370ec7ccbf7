//! Pages of items: the limit and the cursor that a client sends, and the page that it gets.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::json;

use crate::http::{HttpError, Request, Response};
use crate::json_values::{self, Item};
use crate::table::{self, Page};

const DEFAULT_LIMIT: i32 = 25;
const MAX_LIMIT: i32 = 100;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where a cursor may be used: the route's path, and the values of its parameters.
type Scope = (String, BTreeMap<String, String>);

/// Return how many items a page holds at the most. Error 400: it is anything but 1 to 100.
pub fn read_limit(request: &Request) -> Result<i32, HttpError> {
    let Some(text) = request.query.get("limit") else {
        return Ok(DEFAULT_LIMIT);
    };
    match text.parse() {
        Ok(limit) if (1..=MAX_LIMIT).contains(&limit) && limit.to_string() == *text => Ok(limit),
        _ => Err(HttpError::BadRequest(format!("limit must be a whole number from 1 to {MAX_LIMIT}"))),
    }
}

/// Return the key after which the page starts, or None for the first page.
///
/// Error 400: the cursor did not come from this very path.
pub fn read_cursor(request: &Request) -> Result<Option<Item>, HttpError> {
    let Some(cursor) = request.query.get("cursor") else {
        return Ok(None);
    };
    let refusal = || HttpError::BadRequest("cursor must be the next_cursor of a page from this very path".into());
    let (scope, start) = decode_cursor(cursor).ok_or_else(refusal)?;
    let path_key = table::read_path_key(request)?;
    let is_in_path =
        path_key.iter().all(|(name, value)| start.get(name).is_some_and(|own| table::are_equal(own, value)));
    if scope == scope_of(request) && is_in_path { Ok(Some(start)) } else { Err(refusal()) }
}

/// A cursor's content: where it may be used, and the key's values as text.
type Content = (Scope, [String; table::KEY.len()]);

fn decode_cursor(cursor: &str) -> Option<(Scope, Item)> {
    let (scope, texts): Content = serde_json::from_slice(&BASE64.decode(cursor).ok()?).ok()?;
    let values = table::KEY.iter().zip(&texts);
    let start = values.map(|(key, text)| Some((key.name.into(), table::parse_key_text(key, text).ok()?)));
    Some((scope, start.collect::<Option<_>>()?))
}

fn encode_cursor(scope: Scope, last_key: &Item) -> String {
    let texts = table::KEY.map(|key| match last_key.get(key.name) {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.clone(),
        _ => String::new(),
    });
    let content: Content = (scope, texts);
    BASE64.encode(json!(content).to_string())
}

/// Return the page of these items; the cursor to the next one is null where DynamoDB has no more.
#[must_use]
pub fn make_page(request: &Request, page: &Page) -> Response {
    let items = json_values::dump_items(&page.items);
    let cursor = json!(page.last_key.as_ref().map(|key| encode_cursor(scope_of(request), key))).to_string();
    Response::new(200, [r#"{"items":"#, &items, r#","next_cursor":"#, &cursor, "}"].concat())
}

fn scope_of(request: &Request) -> Scope {
    (request.resource.clone(), request.parameters.clone())
}
