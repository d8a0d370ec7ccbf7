{% set attributes = service.attributes -%}
//! What the service sets in an item itself{{ ", and when an item has expired" if attributes.expiry }}.

{% if attributes.created or attributes.updated or attributes.expiry -%}
use std::time::SystemTime;

{% endif -%}
{% if attributes.created or attributes.updated -%}
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
{% elif attributes.expiry -%}
use aws_sdk_dynamodb::primitives::DateTime;
{% endif -%}
{% if attributes.written -%}
use aws_sdk_dynamodb::types::AttributeValue;
{% endif %}
use crate::json_values::Item;
{% for constant, name in source.name_written(service).items() %}
pub const {{ constant }}: &str = "{{ name }}";
{%- endfor %}
{%- if attributes.written %}

/// A body may repeat what was read: these are ignored there.
pub const WRITTEN: [&str; {{ attributes.written | length }}] = [{{ attributes.written | map(attribute="type") | map("upper") | join(", ") }}];

/// Set what the service sets in a new item.
pub fn complete(item: &mut Item) {
{%- if attributes.created and attributes.updated %}
    let now = AttributeValue::S(format_now());
    item.insert(CREATED.into(), now.clone());
    item.insert(UPDATED.into(), now);
{%- elif attributes.created or attributes.updated %}
    item.insert({{ "CREATED" if attributes.created else "UPDATED" }}.into(), AttributeValue::S(format_now()));
{%- endif %}
{%- if attributes.revision %}
    item.insert(REVISION.into(), AttributeValue::N("1".into()));
{%- endif %}
}
{%- endif %}
{%- if service.keeps_on_replace %}

/// Set what an item keeps of the one that it replaces.
pub fn keep(item: &mut Item, old: &Item) {
{%- if attributes.created %}
    // An item from before the attribute existed has no time of creation.
    match old.get(CREATED) {
        Some(created) => item.insert(CREATED.into(), created.clone()),
        None => item.remove(CREATED),
    };
{%- endif %}
{%- if attributes.revision %}
    item.insert(REVISION.into(), AttributeValue::N((revision_of(old) + 1).to_string()));
{%- endif %}
}
{%- endif %}
{%- if attributes.revision %}

/// Return an item's revision. An item from before revisions existed has the revision 0.
pub fn revision_of(item: &Item) -> i64 {
    item.get(REVISION).and_then(|revision| revision.as_n().ok()?.parse().ok()).unwrap_or_default()
}
{%- endif %}
{%- if attributes.created or attributes.updated %}

/// Return the time as RFC 3339 in UTC with milliseconds: texts of one length sort by time.
pub fn format_now() -> String {
    let now = DateTime::from(SystemTime::now());
    let text = DateTime::from_secs(now.secs()).fmt(DateTimeFormat::DateTime).expect("the year has four digits");
    format!("{}.{:03}Z", text.trim_end_matches('Z'), now.subsec_nanos() / 1_000_000)
}
{%- endif %}
{%- if attributes.expiry %}

/// Return whether an item's time is over: DynamoDB deletes it within days, and until then it counts as missing.
pub fn is_expired(item: &Item) -> bool {
    let expiry = item.get(EXPIRY).and_then(|expiry| expiry.as_n().ok()?.parse::<f64>().ok());
    expiry.is_some_and(|expiry| expiry <= read_clock() as f64)
}

/// Return the seconds since 1970.
pub fn read_clock() -> i64 {
    DateTime::from(SystemTime::now()).secs()
}
{%- endif %}
