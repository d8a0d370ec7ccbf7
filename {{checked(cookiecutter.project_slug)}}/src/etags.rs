//! ETags, which are the revisions of items, and what a request requires of them.

use crate::errors::Error;
use crate::http::Request;
use crate::json_values::Item;
use crate::table::Precondition;
use crate::written;

const MAX_TAGS: usize = 20;

/// Return an item's ETag.
pub fn make_etag(item: &Item) -> String {
    format!("\"{}\"", written::revision_of(item))
}

/// Return what If-Match and If-None-Match require.
///
/// # Errors
///
/// A header is not in the RFC's form.
pub fn read_precondition(request: &Request) -> Result<Precondition, Error> {
    let header = |name| request.headers.get(name).map(|value| value.trim());
    let none_match = header("if-none-match").unwrap_or_default();
    if !["", "*"].contains(&none_match) {
        return Err(Error::InvalidRequest("If-None-Match must be *".into()));
    }
    let revisions = match header("if-match") {
        None | Some("*") => None,
        Some(tags) => Some(parse_tags(tags).filter(|revisions| revisions.len() <= MAX_TAGS).ok_or_else(|| {
            let problem = format!(r#"If-Match must be *, or at most {MAX_TAGS} quoted tags such as "1", "2""#);
            Error::InvalidRequest(problem)
        })?),
    };
    Ok(Precondition {
        must_exist: request.headers.contains_key("if-match"),
        must_be_missing: none_match == "*",
        revisions,
    })
}

/// Return the revisions of tags in quotes, each weak (W/) or not: RFC 9110, 8.8.3 and 13.1.1. None for other text.
fn parse_tags(text: &str) -> Option<Vec<i64>> {
    let mut revisions = Vec::new();
    let mut rest = text;
    loop {
        let (tag, after) = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        if tag.contains(|letter: char| !letter.is_ascii_graphic()) {
            return None;
        }
        let revision = tag.parse().ok().filter(|revision: &i64| rest.starts_with('"') && revision.to_string() == tag);
        revisions.push(revision.unwrap_or(-1)); // no item has it: weak tags and other texts never match
        if after.is_empty() {
            return Some(revisions);
        }
        rest = after.trim_start_matches([' ', '\t']).strip_prefix(',')?.trim_start_matches([' ', '\t']);
    }
}
