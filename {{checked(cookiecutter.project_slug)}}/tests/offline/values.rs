//! JSON text to DynamoDB's attribute values, and back.

use service::json_values::{dump_item, parse_object};

fn show(json: &str) -> Result<String, String> {
    parse_object(json).map(|item| dump_item(&item)).map_err(|error| format!("{} {error}", error.status()))
}

/// Return an object with one attribute, as it is shown.
fn object(value: &str) -> String {
    [r#"{"a":"#, value, "}"].concat()
}

#[test]
fn keeps_numbers_to_their_last_digit() {
    for (written, shown) in [
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("-0.00000000000000000000000000000000000001", "-1E-38"),
        ("1e125", "1E+125"),
        ("1E-130", "1E-130"),
        ("1.0", "1.0"),
        ("-0.0", "0"),
        ("0e999999999999999999999", "0"),
        ("-12.50", "-12.50"),
        ("0.000001", "0.000001"),
        ("0.00000012", "1.2E-7"),
        ("120e-1", "12.0"),
        ("1.25e3", "1.25E+3"),
        ("9.99e125", "9.99E+125"),
    ] {
        assert_eq!(show(&object(written)), Ok(object(shown)));
    }
    let zeros = format!("1{}", "0".repeat(100));
    assert_eq!(show(&object(&zeros)), Ok(object(&zeros)));
}

#[test]
fn refuses_a_number_that_dynamodb_cannot_keep() {
    for number in
        ["1e126", "1e-131", "10e125", "1e999999999999999999999", "1e9223372036854775807", "-1e-9223372036854775808"]
    {
        assert_eq!(show(&object(number)), Err(format!("400 The number {number} is out of range")));
    }
    let digits = "1".repeat(39);
    assert_eq!(
        show(&object(&format!("[{digits}]"))),
        Err(format!("400 The number {digits} has more than 38 significant digits"))
    );
    let long = format!("1{}", "0".repeat(200));
    assert_eq!(show(&object(&long)), Err(format!("400 The number {}... is out of range", &long[..47])));
}

#[test]
fn refuses_what_is_no_json_object() {
    let deep = "[".repeat(100_000);
    for text in [
        "",
        "no JSON",
        "[]",
        "\"text\"",
        "null",
        "1",
        "{\"a\": 1",
        "{\"a\": NaN}",
        "{\"a\": 01}",
        "{'a': 1}",
        "{} {}",
        &deep,
    ] {
        assert_eq!(show(text), Err("400 The body must be a JSON object".into()), "{}", &text[..text.len().min(20)]);
    }
}

#[test]
fn refuses_half_of_a_surrogate_pair() {
    for text in [r#"{"a": "\ud800"}"#, r#"{"\udc00": 1}"#, r#"{"a": [{"b": "\ud800x"}]}"#] {
        assert!(show(text).unwrap_err().contains("half of a surrogate pair"), "{text}");
    }
    assert_eq!(show(r#"{"a": "\ud83e\udd80"}"#), Ok(r#"{"a":"🦀"}"#.into()));
}

#[test]
fn refuses_what_is_nested_deeper_than_dynamodb_takes() {
    let nest = |depth| show(&object(&["[".repeat(depth), "]".repeat(depth)].concat()));

    assert!(nest(32).is_ok());
    for depth in [33, 100_000] {
        assert_eq!(nest(depth), Err("400 The body is nested deeper than 32 levels".into()));
    }
}

#[test]
fn keeps_every_attribute_and_of_doubles_the_last() {
    let json = r#"{"b":[],"a":{"$serde_json::private::Number":"1","$serde_json::private::RawValue":"2"},"b":true}"#;

    let shown = r#"{"a":{"$serde_json::private::Number":"1","$serde_json::private::RawValue":"2"},"b":true}"#;
    assert_eq!(show(json), Ok(shown.into()));
}

#[test]
fn refuses_an_attribute_without_a_name() {
    assert_eq!(show(r#"{"": 1}"#), Err("400 An attribute's name must not be empty".into()));
}

#[test]
fn refuses_very_many_values_at_once() {
    for value in ["1", "[]", "{}"] {
        let list = format!("[{}]", vec![value; 300_000].join(","));
        assert_eq!(show(&object(&list)), Err("413 The item is larger than 400 KB".into()));
    }
}

#[test]
fn writes_any_character_of_a_text_as_json_does() {
    let json = r#"{"\"\\":"a\"b\\c\u0001\n\t/é🦀"}"#;

    assert_eq!(show(json), Ok(json.into()));
}
