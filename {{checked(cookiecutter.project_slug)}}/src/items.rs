//! Reads and validates the key, the item or the changes in a request.

{% if service.attributes.listed -%}
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
{% endif -%}
use aws_sdk_dynamodb::types::{AttributeValue, ScalarAttributeType};
{%- if service.id_key %}
use uuid::Uuid;
{%- endif %}

use crate::errors::Error;
use crate::http::Request;
use crate::json_values::{self, Item};
use crate::table::{ {{- "INDEXES, " if service.indexes }}KEY, KeyAttribute};
{%- if service.attributes.written %}
use crate::written::{{ "{self, UPDATED, WRITTEN}" if service.attributes.updated else "{self, WRITTEN}" }};
{%- endif %}

// What fits into an update expression: Amazon DynamoDB Developer Guide, "Quotas", expression parameters.
{%- if service.max_changes < 300 %}
// That is 300 operators and functions, of which the service uses {{ 300 - service.max_changes }} itself.
{%- endif %}
const MAX_CHANGES: usize = {{ service.max_changes }};
{%- if service.id_key %}

const ID: &str = "{{ service.id_key.name }}";
{%- endif %}
{%- if service.owner %}

const OWNER: &str = "{{ service.owner.name }}";
{%- endif %}

{% if service.attributes.listed -%}
{% include "attributes.rs" %}
{% endif -%}
{% if service.owner -%}
/// Return the user who sent a request.
///
/// # Errors
///
/// The token names no user.
pub fn read_owner(request: &Request) -> Result<String, Error> {
    let owner = request.claims.get("sub").filter(|owner| !owner.is_empty());
    owner.cloned().ok_or_else(|| Error::Forbidden("The token has no claim sub".into()))
}

/// Return the attributes of a key: the owner is the caller, and the path has the others.
///
/// # Errors
///
/// The token names no user, or a value cannot be in a key.
pub fn read_key(request: &Request, key: &[KeyAttribute]) -> Result<Item, Error> {
    let mut texts = request.parameters.clone();
    texts.insert(OWNER.into(), read_owner(request)?);
    let named = key.iter().filter_map(|attribute| Some((attribute, texts.get(attribute.name)?)));
{%- else -%}
/// Return the attributes of a key in a request's path.
///
/// # Errors
///
/// A value cannot be in a key.
pub fn read_key(request: &Request, key: &[KeyAttribute]) -> Result<Item, Error> {
    let named = key.iter().filter_map(|attribute| Some((attribute, request.parameters.get(attribute.name)?)));
{%- endif %}
    named.map(|(attribute, text)| Ok((attribute.name.into(), parse_key_text(attribute, text)?))).collect()
}

/// Return the item in a request's body, with the key attributes of the path{{ " and the token" if service.owner }}.
///
/// # Errors
///
/// The body is not an item, or a key is missing, invalid, or not the path's.
pub fn read_item(request: &Request) -> Result<Item, Error> {
    let path_key = read_key(request, &KEY)?;
    let mut item = {{ "read_body(request)" if service.attributes.written else "json_values::parse_object(&request.body)" }}?;
    refuse_other_key(&item, &path_key)?;
{%- if service.id_key %}
    if !path_key.contains_key(ID) {
        let id = AttributeValue::S(Uuid::now_v7().to_string());
        if item.insert(ID.into(), id).is_some() {
            return Err(Error::InvalidRequest(format!("{ID} is set by the service")));
        }
    }
{%- endif %}
    item.extend(path_key);
    for key in &KEY {
        let value = item.get(key.name).ok_or_else(|| Error::InvalidRequest(format!("{} is missing", key.name)))?;
        check_key_value(key, value)?;
    }
{%- if service.attributes.listed %}
    if let Some(missing) = ATTRIBUTES.iter().find(|each| each.required && !item.contains_key(each.name)) {
        return Err(Error::InvalidRequest(format!("{} is missing", missing.name)));
    }
    check_attributes(&item)?;
{%- endif %}
{%- if service.indexes %}
    check_index_keys(&item)?;
{%- endif %}
{%- if service.attributes.written %}
    written::complete(&mut item);
{%- endif %}
    Ok(item)
}

/// Return the attributes in a request's body that change; those to remove are null.
///
/// # Errors
///
/// The body is not an object, a key is not the path's, or the changes are too many.
pub fn read_changes(request: &Request) -> Result<Item, Error> {
    let path_key = read_key(request, &KEY)?;
    let mut changes = {{ "read_body(request)" if service.attributes.written else "json_values::parse_object(&request.body)" }}?;
    refuse_other_key(&changes, &path_key)?;
    changes.retain(|name, _| !path_key.contains_key(name));
    if changes.len() > MAX_CHANGES {
        return Err(Error::InvalidRequest(format!("At most {MAX_CHANGES} attributes can change at once")));
    }
{%- if service.attributes.listed %}
    let is_removed = |each: &&Attribute| changes.get(each.name).is_some_and(AttributeValue::is_null);
    if let Some(removed) = ATTRIBUTES.iter().filter(|each| each.required).find(is_removed) {
        return Err(Error::InvalidRequest(format!("{} is required and cannot be removed", removed.name)));
    }
{%- endif %}
{%- if service.attributes.listed or service.indexes %}
    let mut values = changes.clone();
    values.retain(|_, value| !value.is_null());
{%- endif %}
{%- if service.attributes.listed %}
    check_attributes(&values)?;
{%- endif %}
{%- if service.indexes %}
    check_index_keys(&values)?;
{%- endif %}
{%- if service.attributes.updated %}
    if !changes.is_empty() {
        changes.insert(UPDATED.into(), AttributeValue::S(written::format_now()));
    }
{%- endif %}
    Ok(changes)
}
{%- if service.attributes.written %}

/// Return the attributes in a request's body, without those that the service sets.
fn read_body(request: &Request) -> Result<Item, Error> {
    let mut body = json_values::parse_object(&request.body)?;
    body.retain(|name, _| !WRITTEN.contains(&name.as_str()));
    Ok(body)
}
{%- endif %}
{%- if service.attributes.listed %}

/// Check the values of an item. Errors: an attribute cannot have its value, or is unknown.
fn check_attributes(values: &Item) -> Result<(), Error> {
    for Attribute { name, kind, .. } in ATTRIBUTES {
        if values.get(*name).is_some_and(|value| !kind.accepts(value)) {
            return Err(Error::InvalidRequest(format!("{name} must be {}", kind.describe())));
        }
    }
    let known = ATTRIBUTES.iter().map(|each| each.name).chain(KEY.iter().map(|key| key.name));
    let mut others: Vec<_> = values.iter().filter(|(name, _)| !known.clone().any(|each| each == *name)).collect();
    others.sort_by_key(|(name, _)| *name);
    match others.first() {
        Some((name, _)) if !ALLOWS_OTHERS => Err(Error::InvalidRequest(format!("{name} is not one of the attributes"))),
        _ => match others.iter().find(|(_, value)| value.is_null()) {
            Some((name, _)) => Err(Error::InvalidRequest(format!("{name} must not be null"))),
            None => Ok(()),
        },
    }
}
{%- endif %}
{%- if service.indexes %}

/// Check the values that are keys of an index. An item without them is not in the index.
fn check_index_keys(values: &Item) -> Result<(), Error> {
    for key in INDEXES.iter().flat_map(|index| index.key) {
        if let Some(value) = values.get(key.name) {
            check_key_value(key, value)?;
        }
    }
    Ok(())
}
{%- endif %}

fn refuse_other_key(item: &Item, path_key: &Item) -> Result<(), Error> {
    for (name, value) in KEY.iter().filter_map(|key| path_key.get_key_value(key.name)) {
        if item.get(name).is_some_and(|given| !json_values::are_equal(given, value)) {
{%- if service.owner %}
            let place = if name == OWNER { "token" } else { "path" };
            return Err(Error::InvalidRequest(format!("{name} in the body differs from the {place}'s")));
{%- else %}
            return Err(Error::InvalidRequest(format!("{name} in the body differs from the path's")));
{%- endif %}
        }
    }
    Ok(())
}

fn check_key_value(key: &KeyAttribute, value: &AttributeValue) -> Result<(), Error> {
    let KeyAttribute { name, kind, max_bytes } = key;
    let problem = match (kind, value) {
        (ScalarAttributeType::N, AttributeValue::N(_)) => return Ok(()),
        (ScalarAttributeType::N, _) => format!("{name} must be a number"),
        (_, AttributeValue::S(text)) if text.is_empty() => format!("{name} must not be empty"),
        (_, AttributeValue::S(text)) if text.len() > *max_bytes => {
            format!("{name} must be at most {max_bytes} bytes long")
        }
        (_, AttributeValue::S(_)) => return Ok(()),
        _ => format!("{name} must be a string"),
    };
    Err(Error::InvalidRequest(problem))
}

/// Return the value of a key attribute that is written as text, in a path or a cursor.
///
/// # Errors
///
/// The value cannot be in a key.
pub fn parse_key_text(key: &KeyAttribute, text: &str) -> Result<AttributeValue, Error> {
    let value = if key.kind == ScalarAttributeType::N && json_values::is_number(text) {
        AttributeValue::N(json_values::parse_number(text)?)
    } else {
        AttributeValue::S(text.into())
    };
    check_key_value(key, &value)?;
    Ok(value)
}
{%- if service.lists_in_order %}

/// Return a bound of a list, which is written as text, as a value of its sort key.
///
/// # Errors
///
/// The sort key cannot have the value.
pub fn parse_bound(name: &'static str, sort_key: &KeyAttribute, text: &str) -> Result<AttributeValue, Error> {
{%- if service.attributes.listed %}
    let value = parse_key_text(&KeyAttribute { name, ..sort_key.clone() }, text)?;
    match ATTRIBUTES.iter().find(|each| each.name == sort_key.name) {
        Some(Attribute { kind, .. }) if !kind.accepts(&value) => {
            Err(Error::InvalidRequest(format!("{name} must be {}", kind.describe())))
        }
        _ => Ok(value),
    }
{%- else %}
    parse_key_text(&KeyAttribute { name, ..sort_key.clone() }, text)
{%- endif %}
}
{%- endif %}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_from_text() {
        let kind = ScalarAttributeType::N;
        let key = KeyAttribute { name: "at", kind, max_bytes: 8 };
        let read = |text| parse_key_text(&key, text).map_err(|error| error.to_string());

        assert_eq!(read("-1.50e2"), Ok(AttributeValue::N("-1.50e2".into())));
        assert_eq!(read("1e126"), Err("The number 1e126 is out of range".into()));
        for text in ["", " 1", "01", "+1", "1_0", "NaN", "true"] {
            assert_eq!(read(text), Err("at must be a number".into()), "{text}");
        }
    }
}
