{% set kinds = source.list_rust_kinds(service) -%}
/// An attribute of an item, and what its value must be.
struct Attribute {
    name: &'static str,
    kind: Kind,
    required: bool,
}

#[allow(dead_code)] // for attributes that you add
enum Kind {
{%- for kind in kinds %}
    {{ kind }},
{%- endfor %}
    OneOf(&'static [&'static str]),
}

/// The attributes of an item in addition to its key; openapi.yaml describes them, too.
#[rustfmt::skip] // one line per attribute
const ATTRIBUTES: &[Attribute] = &[
{%- for attribute in service.attributes.listed %}
    {{ source.define_in_rust(attribute) }},
{%- endfor %}
];
const ALLOWS_OTHERS: bool = {{ "true" if service.attributes.allows_others else "false" }};

impl Kind {
    /// Return what a value must be, as the message says it.
    fn describe(&self) -> String {
        match self {
{%- for kind, must_be in kinds.items() %}
            Kind::{{ kind }} => "{{ must_be }}".into(),
{%- endfor %}
            Kind::OneOf(values) => format!("one of {}", values.join(", ")),
        }
    }

    fn accepts(&self, value: &AttributeValue) -> bool {
        match (self, value) {
            (Kind::Integer, AttributeValue::N(number)) => json_values::is_whole(number),
            (Kind::DateTime, AttributeValue::S(text)) => is_datetime(text),
{%- if "WrittenTime" in kinds %}
            (Kind::WrittenTime, AttributeValue::S(text)) => is_written_time(text),
{%- endif %}
{%- if "Expiry" in kinds %}
            (Kind::Expiry, AttributeValue::N(number)) => is_expiry(number),
{%- endif %}
            (Kind::OneOf(values), AttributeValue::S(text)) => values.contains(&text.as_str()),
            (Kind::String, AttributeValue::S(_))
            | (Kind::Number, AttributeValue::N(_))
            | (Kind::Boolean, AttributeValue::Bool(_))
            | (Kind::List, AttributeValue::L(_))
            | (Kind::Map, AttributeValue::M(_)) => true,
            _ => false,
        }
    }
}

/// Return whether text is a time as in RFC 3339, without leap seconds.
fn is_datetime(text: &str) -> bool {
    text.get(17..19) != Some("60")
        && !text.starts_with("0000")
        && text.get(10..11).is_some_and(|separator| separator.eq_ignore_ascii_case("T"))
        && DateTime::from_str(&text.to_ascii_uppercase(), DateTimeFormat::DateTimeWithOffset).is_ok()
}
{%- if "WrittenTime" in kinds %}

/// Return whether text has the form that the service writes, `2026-01-31T12:00:00.000Z`: others sort wrongly.
fn is_written_time(text: &str) -> bool {
    is_datetime(text) && text.len() == 24 && text.get(10..11) == Some("T") && text.ends_with('Z')
}
{%- endif %}
{%- if "Expiry" in kinds %}

/// Return whether a number is a time in seconds, until the year 9999; milliseconds are larger.
fn is_expiry(number: &str) -> bool {
    json_values::is_whole(number) && number.parse::<f64>().is_ok_and(|seconds| seconds <= {{ "{:_}".format(service.attributes.max_seconds) }}.0)
}
{%- endif %}
