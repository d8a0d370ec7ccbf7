//! JSON text to DynamoDB's attribute values, and back, without losing a digit.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http::HttpError;

pub type Item = HashMap<String, AttributeValue>;

// Amazon DynamoDB Developer Guide, "Naming rules and data types": numbers, and nesting of documents.
const MAX_DIGITS: usize = 38;
const MAX_EXPONENT: isize = 125;
const MIN_EXPONENT: isize = -130;
const MAX_DEPTH: usize = 32;
const MAX_ITEM_BYTES: usize = 400 * 1024;

/// Return the attribute values of a JSON object.
///
/// Errors: 400, the text is not JSON, not an object, or holds what DynamoDB cannot; 413, it holds too much,
/// and sending that on would take longer than the function has.
pub fn parse_object(text: &str) -> Result<Item, HttpError> {
    // Whatever a comma stands for is a byte or more.
    if text.matches(',').count() > MAX_ITEM_BYTES {
        return Err(too_large());
    }
    // Checks the syntax of the whole, without recursion: what is parsed again below is known to be JSON.
    let item = match serde_json::from_str::<&RawValue>(text) {
        Ok(document) if document.get().starts_with('{') => to_item(document, 1)?,
        _ => return Err(HttpError::BadRequest("The body must be a JSON object".into())),
    };
    if text.len() > MAX_ITEM_BYTES / 4 && item.values().map(least_bytes).sum::<usize>() > MAX_ITEM_BYTES {
        return Err(too_large());
    }
    Ok(item)
}

fn to_item(object: &RawValue, depth: usize) -> Result<Item, HttpError> {
    let members: HashMap<String, &RawValue> = parse(object)?;
    if members.contains_key("") {
        return Err(HttpError::BadRequest("An attribute's name must not be empty".into()));
    }
    members.into_iter().map(|(name, value)| Ok((name, to_attribute_value(value, depth)?))).collect()
}

fn to_attribute_value(value: &RawValue, depth: usize) -> Result<AttributeValue, HttpError> {
    if depth > MAX_DEPTH {
        return Err(HttpError::BadRequest(format!("The body is nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(match value.get().as_bytes() {
        [b'{', ..] => AttributeValue::M(to_item(value, depth + 1)?),
        [b'[', ..] => AttributeValue::L(to_list(value, depth + 1)?),
        [b'"', ..] => AttributeValue::S(parse(value)?),
        [b't' | b'f', ..] => AttributeValue::Bool(parse(value)?),
        [b'n', ..] => AttributeValue::Null(true),
        _ => AttributeValue::N(Number::parse(value.get())?.to_string()),
    })
}

fn to_list(array: &RawValue, depth: usize) -> Result<Vec<AttributeValue>, HttpError> {
    let elements: Vec<&RawValue> = parse(array)?;
    elements.into_iter().map(|element| to_attribute_value(element, depth)).collect()
}

/// Return how many bytes a value takes in DynamoDB, or fewer.
///
/// Source: Amazon DynamoDB Developer Guide, "Item sizes and formats".
fn least_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::L(elements) => 3 + elements.iter().map(|element| 1 + least_bytes(element)).sum::<usize>(),
        AttributeValue::M(item) => {
            3 + item.iter().map(|(name, element)| 1 + name.len() + least_bytes(element)).sum::<usize>()
        }
        _ => 1,
    }
}

#[must_use]
pub fn too_large() -> HttpError {
    HttpError::TooLarge("The item is larger than 400 KB".into())
}

/// Parse what is known to be JSON of this type: only the characters of its strings can be wrong.
fn parse<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Result<T, HttpError> {
    serde_json::from_str(value.get())
        .map_err(|_| HttpError::BadRequest("The body holds half of a surrogate pair, which is not a character".into()))
}

/// A decimal number as it was written: its digits, without zeros before them, times ten to the exponent.
#[derive(Debug)]
pub struct Number {
    is_negative: bool,
    digits: String,
    exponent: isize,
}

impl Number {
    /// Tell whether text is a number as JSON writes one.
    #[must_use]
    pub fn is_json(text: &str) -> bool {
        text.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            && serde_json::from_str::<&RawValue>(text).is_ok_and(|value| value.get() == text)
    }

    /// Return a number of JSON, exactly. Errors, all 400: DynamoDB cannot keep it.
    pub fn parse(text: &str) -> Result<Self, HttpError> {
        let out_of_range = || HttpError::BadRequest(format!("The number {} is out of range", shorten(text)));
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let magnitude = mantissa.trim_start_matches('-');
        let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
        let written = format!("{whole}{fraction}");
        let digits = written.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(Self {
                is_negative: false,
                digits: "0".into(),
                exponent: 0,
            });
        }
        if digits.trim_end_matches('0').len() > MAX_DIGITS {
            let message = format!("The number {} has more than {MAX_DIGITS} significant digits", shorten(text));
            return Err(HttpError::BadRequest(message));
        }
        let power: isize = power.parse().map_err(|_| out_of_range())?;
        let exponent = power.saturating_sub_unsigned(fraction.len());
        let number = Self {
            is_negative: mantissa.len() > magnitude.len(),
            digits: digits.into(),
            exponent,
        };
        if !(MIN_EXPONENT..=MAX_EXPONENT).contains(&number.magnitude()) {
            return Err(out_of_range());
        }
        Ok(number)
    }

    /// Return the exponent that the number has with one digit before its point.
    fn magnitude(&self) -> isize {
        self.exponent.saturating_add_unsigned(self.digits.len() - 1)
    }

    /// Return what is the same for all ways to write a number.
    fn value(&self) -> (bool, &str, isize) {
        let digits = self.digits.trim_end_matches('0');
        (self.is_negative, digits, self.exponent.saturating_add_unsigned(self.digits.len() - digits.len()))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl Display for Number {
    /// Write the digits as they were given, with an exponent where it is positive or much would be zeros.
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative { "-" } else { "" };
        let digits = &self.digits;
        let magnitude = self.magnitude();
        if self.exponent == 0 {
            write!(formatter, "{sign}{digits}")
        } else if self.exponent > 0 || magnitude < -6 {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            write!(formatter, "{sign}{first}{point}{rest}E{magnitude:+}")
        } else if magnitude < 0 {
            let zeros = "0".repeat(magnitude.unsigned_abs() - 1);
            write!(formatter, "{sign}0.{zeros}{digits}")
        } else {
            let (whole, fraction) = digits.split_at(magnitude.unsigned_abs() + 1);
            write!(formatter, "{sign}{whole}.{fraction}")
        }
    }
}

fn shorten(text: &str) -> String {
    if text.len() <= 50 { text.into() } else { text.chars().take(47).chain("...".chars()).collect() }
}

/// Return an item as a JSON object, its attributes in the order of their names.
#[must_use]
pub fn dump_item(item: &Item) -> String {
    let mut json = String::new();
    write_item(&mut json, item);
    json
}

/// Return items as a JSON array.
#[must_use]
pub fn dump_items(items: &[Item]) -> String {
    let mut json = String::new();
    write_array(&mut json, items, write_item);
    json
}

#[must_use]
pub fn dump_text(text: &str) -> String {
    let mut json = String::new();
    write_text(&mut json, text);
    json
}

fn write_item(json: &mut String, item: &Item) {
    let mut attributes: Vec<_> = item.iter().collect();
    attributes.sort_unstable_by_key(|(name, _)| *name);
    json.push('{');
    for (position, (name, value)) in attributes.into_iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        write_text(json, name);
        json.push(':');
        write_value(json, value);
    }
    json.push('}');
}

/// Binary values and sets come from other writers, for JSON has neither.
fn write_value(json: &mut String, value: &AttributeValue) {
    match value {
        AttributeValue::S(text) => write_text(json, text),
        AttributeValue::N(number) => json.push_str(number),
        AttributeValue::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
        AttributeValue::M(item) => write_item(json, item),
        AttributeValue::L(elements) => write_array(json, elements, write_value),
        AttributeValue::B(bytes) => write_bytes(json, bytes),
        AttributeValue::Ss(texts) => write_array(json, texts, |json, text| write_text(json, text)),
        AttributeValue::Ns(numbers) => write_array(json, numbers, |json, number| json.push_str(number)),
        AttributeValue::Bs(blobs) => write_array(json, blobs, write_bytes),
        _ => json.push_str("null"),
    }
}

fn write_array<T>(json: &mut String, elements: &[T], write: impl Fn(&mut String, &T)) {
    json.push('[');
    for (position, element) in elements.iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        write(json, element);
    }
    json.push(']');
}

fn write_text(json: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        json.push_str(&Value::from(text).to_string());
    } else {
        json.extend(["\"", text, "\""]);
    }
}

fn write_bytes(json: &mut String, bytes: &Blob) {
    json.push('"');
    BASE64_STANDARD.encode_string(bytes, json);
    json.push('"');
}
