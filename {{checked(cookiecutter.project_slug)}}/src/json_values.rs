{% set bounds_are_numbers = service.routes | selectattr("sort_key") | map(attribute="sort_key.is_number") | select | list -%}
//! JSON text to DynamoDB's attribute values and back, without losing a digit.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::errors::Error;

pub type Item = HashMap<String, AttributeValue>;

// Amazon DynamoDB Developer Guide, "Naming rules and data types": numbers, and nesting of documents.
const MAX_DIGITS: usize = 38;
const MIN_EXPONENT: isize = -130;
const MAX_EXPONENT: isize = 125;
const MAX_DEPTH: usize = 32;
const MAX_BYTES: usize = 400 * 1024; // of an item: the same, "Item sizes and formats"

/// Return the attribute values of a JSON object.
///
/// # Errors
///
/// DynamoDB cannot store what the text says.
pub fn parse_object(text: &str) -> Result<Item, Error> {
    // In an item, each of these takes a byte or more, except for the first. Parsing many more would exhaust the memory.
    if text.bytes().filter(|byte| b",[{".contains(byte)).count() > MAX_BYTES + 1 {
        return Err(Error::TooLarge("The item is larger than 400 KB".into()));
    }
    if text.starts_with('\u{feff}') {
        return Err(invalid("The body starts with a byte order mark; send UTF-8 without one"));
    }
    // Checks the syntax of the whole text, without recursion.
    let document: &RawValue = serde_json::from_str(text).map_err(|error| {
        invalid(format!("The body is not valid JSON: line {}, column {}", error.line(), error.column()))
    })?;
    if !document.get().starts_with('{') {
        return Err(invalid("The body must be a JSON object"));
    }
    to_item(document, 1)
}

fn to_item(object: &RawValue, depth: usize) -> Result<Item, Error> {
    let members: HashMap<String, &RawValue> = parse_valid(object)?;
    if members.contains_key("") {
        return Err(invalid("An attribute's name must not be empty"));
    }
    members.into_iter().map(|(name, value)| Ok((name, to_attribute_value(value, depth)?))).collect()
}

fn to_attribute_value(value: &RawValue, depth: usize) -> Result<AttributeValue, Error> {
    if depth > MAX_DEPTH {
        return Err(invalid(format!("The body is nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(match value.get().as_bytes() {
        [b'{', ..] => AttributeValue::M(to_item(value, depth + 1)?),
        [b'[', ..] => {
            let elements: Vec<&RawValue> = parse_valid(value)?;
            let values = elements.into_iter().map(|element| to_attribute_value(element, depth + 1));
            AttributeValue::L(values.collect::<Result<_, _>>()?)
        }
        [b'"', ..] => AttributeValue::S(parse_valid(value)?),
        [b't' | b'f', ..] => AttributeValue::Bool(parse_valid(value)?),
        [b'n', ..] => AttributeValue::Null(true),
        _ => AttributeValue::N(parse_number(value.get())?),
    })
}

/// Parse valid JSON of a known type: only the characters of its strings can be wrong.
fn parse_valid<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Result<T, Error> {
    serde_json::from_str(value.get())
        .map_err(|_| invalid("The body contains half of a surrogate pair, which is not a character"))
}

/// Return whether text is a number as JSON writes one.
pub fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(text).is_ok_and(|value| value.get() == text)
}

/// Return a JSON number as written, except for zeros that would exceed 38 digits.
///
/// # Errors
///
/// DynamoDB cannot store the number.
pub fn parse_number(text: &str) -> Result<String, Error> {
    let normal = normalize(text)?;
    let digits = text.split(['e', 'E']).next().unwrap_or_default().bytes().filter(u8::is_ascii_digit);
    Ok(if normal == "0" || digits.count() > MAX_DIGITS { normal } else { text.into() })
}

/// Return whether two values of a key attribute are equal; numbers may be written in different ways.
pub fn are_equal(one: &AttributeValue, other: &AttributeValue) -> bool {
    match (one, other) {
        (AttributeValue::N(one), AttributeValue::N(other)) => normalize(one).ok() == normalize(other).ok(),
        _ => one == other,
    }
}

{% if service.lists_in_order -%}
/// Return whether a value of a key attribute is greater than another of its type.
pub fn is_greater(one: &AttributeValue, other: &AttributeValue) -> bool {
    match (one, other) {
{%- if bounds_are_numbers %}
        (AttributeValue::N(one), AttributeValue::N(other)) => rank(one) > rank(other),
{%- endif %}
        (AttributeValue::S(one), AttributeValue::S(other)) => one > other,
        _ => false,
    }
}

{% endif -%}
{% if bounds_are_numbers -%}
/// Return what sorts as a number that DynamoDB can store: its exponent, from 1 on, and all its digits; both with its sign.
fn rank(number: &str) -> Option<(isize, i128)> {
    let normal = normalize(number).ok()?;
    let Some((mantissa, exponent)) = normal.split_once('E') else {
        return Some((0, 0));
    };
    let exponent = exponent.parse::<isize>().ok()? - MIN_EXPONENT + 1;
    let digits: i128 = format!("{:0<MAX_DIGITS$}", mantissa.replace(['-', '.'], "")).parse().ok()?;
    Some(if mantissa.starts_with('-') { (-exponent, -digits) } else { (exponent, digits) })
}

{% endif -%}
{% if service.attributes.listed -%}
/// Return whether a number that DynamoDB can store is whole.
pub fn is_whole(number: &str) -> bool {
    let normal = normalize(number).unwrap_or_default();
    let (mantissa, exponent) = normal.split_once('E').unwrap_or((&normal, "0"));
    let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    exponent.parse().is_ok_and(|exponent: i64| exponent >= fraction as i64)
}

{% endif -%}
/// Return the form that all ways to write a number share. It does not compute: `1e999999999` costs nothing.
fn normalize(text: &str) -> Result<String, Error> {
    let refusal = |problem: &str| invalid(format!("The number {} {problem}", shorten(text)));
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, magnitude) = mantissa.strip_prefix('-').map_or(("", mantissa), |magnitude| ("-", magnitude));
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let written = format!("{whole}{fraction}");
    let digits = written.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Ok("0".into());
    }
    let power: isize = power.parse().map_err(|_| refusal("is out of range"))?;
    let exponent = power.saturating_add_unsigned(digits.len()).saturating_sub_unsigned(fraction.len() + 1);
    if !(MIN_EXPONENT..=MAX_EXPONENT).contains(&exponent) {
        return Err(refusal("is out of range"));
    }
    if significant.len() > MAX_DIGITS {
        return Err(refusal(&format!("has more than {MAX_DIGITS} significant digits")));
    }
    let (first, rest) = significant.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    Ok(format!("{sign}{first}{point}{rest}E{exponent}"))
}

fn shorten(text: &str) -> String {
    if text.len() <= 50 { text.into() } else { text.chars().take(47).chain("...".chars()).collect() }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::InvalidRequest(message.into())
}

/// Return a value as JSON.
pub fn dump(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.into()))
}

/// An item as a JSON object, its attributes in the order of their names.
#[derive(Debug)]
pub struct JsonItem<'a>(pub &'a Item);

impl Serialize for JsonItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members: BTreeMap<_, _> = self.0.iter().map(|(name, value)| (name, JsonValue(value))).collect();
        serializer.collect_map(members)
    }
}

/// Binary values and sets, which other programs may store, become base64 and arrays.
struct JsonValue<'a>(&'a AttributeValue);

impl Serialize for JsonValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            AttributeValue::S(text) => serializer.serialize_str(text),
            AttributeValue::N(number) => {
                RawValue::from_string(number.clone()).map_err(S::Error::custom)?.serialize(serializer)
            }
            AttributeValue::Bool(value) => serializer.serialize_bool(*value),
            AttributeValue::M(item) => JsonItem(item).serialize(serializer),
            AttributeValue::L(elements) => serializer.collect_seq(elements.iter().map(JsonValue)),
            AttributeValue::B(bytes) => serializer.serialize_str(&BASE64_STANDARD.encode(bytes)),
            AttributeValue::Ss(texts) => serializer.collect_seq(texts),
            AttributeValue::Ns(numbers) => {
                let values: Vec<_> = numbers.iter().cloned().map(AttributeValue::N).collect();
                serializer.collect_seq(values.iter().map(JsonValue))
            }
            AttributeValue::Bs(blobs) => serializer.collect_seq(blobs.iter().map(|blob| BASE64_STANDARD.encode(blob))),
            _ => serializer.serialize_unit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Return what the API responds with for an attribute with a value.
    fn show(value: &str) -> Result<String, String> {
        let item = parse_object(&[r#"{"a":"#, value, "}"].concat()).map_err(|error| error.to_string())?;
        Ok(dump(&JsonValue(&item["a"])).unwrap())
    }

    #[test]
    fn keeps_numbers_as_written() {
        for number in ["12345678901234567890123456789012345678", "1e125", "1E-130", "1.0", "-12.50", "0.00000012"] {
            assert_eq!(show(number), Ok(number.into()));
        }
    }

    #[test]
    fn shortens_zeros() {
        let many_zeros = format!("-12{}", "0".repeat(100));
        for (written, shown) in [("-0.0", "0"), ("0e999999999999999999999", "0"), (&many_zeros, "-1.2E101")] {
            assert_eq!(show(written), Ok(shown.into()));
        }
    }

    #[test]
    fn refuses_numbers_that_dynamodb_cannot_store() {
        for number in ["1e126", "1e-131", "10e125", "0.1e-130", "1e999999999999", "-1e-9223372036854775808"] {
            assert_eq!(show(number), Err(format!("The number {number} is out of range")));
        }
    }

    #[test]
    fn compares_numbers_by_value() {
        let number = |text: &str| AttributeValue::N(text.into());

        assert!(are_equal(&number("1e2"), &number("100.0")));
        assert!(are_equal(&number("-0"), &number("0.00")));
        assert!(!are_equal(&number("1"), &number("-1")));
    }
{%- if bounds_are_numbers %}

    #[test]
    fn orders_numbers_by_value() {
        let numbers = ["-1e2", "-20", "-12", "-0.5", "-1e-130", "0", "1e-130", "0.5", "12", "20.0", "1e2", "101"];
        let numbers = numbers.map(|number| AttributeValue::N(number.into()));

        for (position, number) in numbers.iter().enumerate() {
            assert_eq!(numbers.iter().filter(|other| is_greater(number, other)).count(), position, "{number:?}");
        }
    }
{%- endif %}

    #[test]
    fn refuses_nesting_deeper_than_dynamodb_stores() {
        let nest = |depth| show(&["[".repeat(depth), "]".repeat(depth)].concat());

        assert!(nest(32).is_ok());
        for depth in [33, 100_000] {
            assert_eq!(nest(depth), Err("The body is nested deeper than 32 levels".into()));
        }
    }

    #[test]
    fn keeps_attributes_with_names_that_serde_uses() {
        let json = r#"{"$serde_json::private::Number":"1","$serde_json::private::RawValue":"2"}"#;

        assert_eq!(show(json), Ok(json.into()));
    }
}
