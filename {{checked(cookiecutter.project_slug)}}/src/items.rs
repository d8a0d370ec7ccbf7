//! Reads and validates the key, the item or the changes in a request.

use aws_sdk_dynamodb::types::{AttributeValue, ScalarAttributeType};

use crate::errors::Error;
use crate::http::Request;
use crate::json_values::{self, Item};
use crate::table::{KEY, KeyAttribute};

// What fits into an update expression: Amazon DynamoDB Developer Guide, "Quotas", expression parameters.
const MAX_CHANGES: usize = 300;

/// Return the key attributes in a request's path. Error: a value that cannot be in a key.
pub fn read_key(request: &Request) -> Result<Item, Error> {
    let named = KEY.iter().filter_map(|key| Some((key, request.parameters.get(key.name)?)));
    named.map(|(key, text)| Ok((key.name.into(), parse_key_text(key, text)?))).collect()
}

/// Return the item in a request's body, with the key attributes of the path.
///
/// Errors: the body is not an item, or a key is missing, invalid, or not the path's.
pub fn read_item(request: &Request) -> Result<Item, Error> {
    let path_key = read_key(request)?;
    let mut item = json_values::parse_object(&request.body)?;
    refuse_other_key(&item, &path_key)?;
    item.extend(path_key);
    for key in &KEY {
        let value = item.get(key.name).ok_or_else(|| Error::InvalidRequest(format!("{} is missing", key.name)))?;
        check_key_value(key, value)?;
    }
    Ok(item)
}

/// Return the attributes in a request's body that change; those to remove are null.
///
/// Errors: the body is not an object, a key is not the path's, or the changes are too many.
pub fn read_changes(request: &Request) -> Result<Item, Error> {
    let path_key = read_key(request)?;
    let mut changes = json_values::parse_object(&request.body)?;
    refuse_other_key(&changes, &path_key)?;
    if changes.len() > MAX_CHANGES {
        return Err(Error::InvalidRequest(format!("At most {MAX_CHANGES} attributes can change at once")));
    }
    changes.retain(|name, _| !path_key.contains_key(name));
    Ok(changes)
}

fn refuse_other_key(item: &Item, path_key: &Item) -> Result<(), Error> {
    for (name, value) in path_key {
        if item.get(name).is_some_and(|given| !json_values::are_equal(given, value)) {
            return Err(Error::InvalidRequest(format!("{name} in the body differs from the path's")));
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

/// Return the value of a key attribute that is written as text, in a path or a cursor. Error: it cannot be in a key.
pub fn parse_key_text(key: &KeyAttribute, text: &str) -> Result<AttributeValue, Error> {
    let value = if key.kind == ScalarAttributeType::N && json_values::is_number(text) {
        AttributeValue::N(json_values::parse_number(text)?)
    } else {
        AttributeValue::S(text.into())
    };
    check_key_value(key, &value)?;
    Ok(value)
}

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
