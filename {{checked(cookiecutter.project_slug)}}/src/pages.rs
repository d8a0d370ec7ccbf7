//! Pages of items: the limit and the cursor that a client sends, and the page that it gets.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;

use crate::errors::Error;
use crate::http::{Request, Response};
use crate::items;
use crate::json_values::{Item, JsonItem, are_equal, dump};
use crate::table::{KeyAttribute, Page};

const DEFAULT_LIMIT: i32 = 25;
const MAX_LIMIT: i32 = 100;

/// Where a cursor may be used: the route's path, and the values of its parameters.
type Scope = (String, BTreeMap<String, String>);

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

/// Return the key after which the page starts, or None for the first page.
///
/// # Errors
///
/// The cursor did not come from this path.
pub fn read_cursor(request: &Request, key: &[KeyAttribute]) -> Result<Option<Item>, Error> {
    let Some(cursor) = request.query.get("cursor") else {
        return Ok(None);
    };
    let refusal = || Error::InvalidRequest("cursor must be the next_cursor of a page from this path".into());
    let (scope, start) = decode_cursor(key, cursor).ok_or_else(refusal)?;
    let path_key = items::read_key(request, key)?;
    let is_in_path = path_key.iter().all(|(name, value)| start.get(name).is_some_and(|own| are_equal(own, value)));
    if scope == scope_of(request) && is_in_path { Ok(Some(start)) } else { Err(refusal()) }
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
pub fn make_page(request: &Request, page: &Page, key: &[KeyAttribute]) -> Result<Response, Error> {
    let body = Body {
        items: page.items.iter().map(JsonItem).collect(),
        next_cursor: page.last_key.as_ref().map(|last_key| encode_cursor(key, scope_of(request), last_key)),
    };
    Ok(Response::new(200, dump(&body)?))
}

fn scope_of(request: &Request) -> Scope {
    (request.resource.clone(), request.parameters.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::KEY;

    #[test]
    fn accepts_a_cursor_only_from_its_own_path() {
        let mut request = Request::default();
        let key: Item = KEY.iter().map(|key| (key.name.into(), items::parse_key_text(key, "1").unwrap())).collect();
        request.query.insert("cursor".into(), encode_cursor(&KEY, scope_of(&request), &key));

        assert_eq!(read_cursor(&request, &KEY).unwrap(), Some(key));
        request.resource = "/elsewhere".into();
        assert!(read_cursor(&request, &KEY).is_err());
    }
}
