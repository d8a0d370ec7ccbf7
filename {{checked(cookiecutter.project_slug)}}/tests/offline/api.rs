//! The API, called with the events that API Gateway would send.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, HttpClient, SharedCredentialsProvider};
use lambda_runtime::{Context, LambdaEvent};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::value::to_raw_value;
use serde_json::{Map, Value, json};
use service::app;
use service::table::Table;

use crate::dynamodb::DynamoDb;
use crate::project::{PROJECT, Route};

const STAGE: &str = "api";
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A response of the API.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<&'static str, String>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn message(&self) -> String {
        let json = self.json();
        assert_eq!(json.as_object().unwrap().len(), 1, "{self:?}");
        json["message"].as_str().unwrap().into()
    }
}

pub struct Api {
    pub database: DynamoDb,
    table: Table,
}

impl Default for Api {
    fn default() -> Self {
        Self::with(DynamoDb::default())
    }
}

impl Api {
    pub fn with(database: DynamoDb) -> Self {
        Self {
            table: table(database.http_client()),
            database,
        }
    }

    /// Send a request to a path, percent-encoded; the body is JSON text, or none where it is empty.
    pub async fn request(&self, method: &str, path: &str, body: impl ToString) -> Answer {
        self.request_with_query(method, path, &[], body).await
    }

    pub async fn request_with_query(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        body: impl ToString,
    ) -> Answer {
        call(&self.table, &make_event(method, path, query, &body.to_string())).await
    }

    pub async fn send(&self, event: &Value) -> Answer {
        call(&self.table, event).await
    }
}

/// Return the table behind an HTTP client of the SDK's.
pub fn table(http_client: impl HttpClient + 'static) -> Table {
    let credentials = Credentials::new("test", "test", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client)
        .region(Region::new("us-east-1"))
        .build();
    Table::new(&config, "test".into())
}

pub async fn call(table: &Table, event: &Value) -> Answer {
    let mut context = Context::default();
    context.request_id = "the-request".into();
    let Ok(answer) = app::handle(table, LambdaEvent::new(to_raw_value(event).unwrap(), context)).await;
    Answer {
        status: answer.status_code,
        headers: answer.headers,
        text: answer.body,
    }
}

pub fn stage() -> String {
    if PROJECT.has_rest_api { format!("/{STAGE}") } else { String::new() }
}

/// Return the event that API Gateway in AWS makes of a request: a REST API leaves path parameters as they stand in the URL.
pub fn make_event(method: &str, path: &str, query: &[(&str, &str)], body: &str) -> Value {
    let (route, parameters) = match_route(method, path);
    let query: Map<_, _> = query.iter().map(|(name, value)| ((*name).into(), json!(value))).collect();
    let body = if body.is_empty() { Value::Null } else { json!(body) };
    if PROJECT.has_rest_api {
        return json!({
            "httpMethod": method,
            "resource": route.path,
            "path": decode(path),
            "pathParameters": if parameters.is_empty() { Value::Null } else { json!(parameters) },
            "queryStringParameters": if query.is_empty() { Value::Null } else { json!(query) },
            "requestContext": {"path": format!("/{STAGE}{path}"), "stage": STAGE},
            "body": body,
            "isBase64Encoded": false,
        });
    }
    let parameters: BTreeMap<_, _> = parameters.into_iter().map(|(name, value)| (name, decode(&value))).collect();
    let mut event = json!({
        "version": "2.0",
        "routeKey": format!("{} {}", route.method, route.path),
        "rawPath": decode(path),
        "requestContext": {"http": {"method": method, "path": decode(path)}, "stage": "$default"},
        "isBase64Encoded": false,
    });
    let optional = [("pathParameters", json!(parameters)), ("queryStringParameters", json!(query)), ("body", body)];
    for (name, value) in optional {
        if value != json!({}) && !value.is_null() {
            event[name] = value;
        }
    }
    event
}

/// Return the route that API Gateway would take, and the path's parameters: what is written out goes first.
fn match_route(method: &str, path: &str) -> (&'static Route, BTreeMap<String, String>) {
    let routes = PROJECT.routes.iter().filter(|route| route.method == method || route.method == "ANY");
    let matches = routes.filter_map(|route| Some((route, match_path(&route.path, path)?)));
    let rank = |path: &str| split(path).map(|segment| segment.starts_with('{')).collect::<Vec<_>>();
    let best = matches.min_by_key(|(route, _)| (rank(&route.path), route.method == "ANY"));
    best.unwrap_or_else(|| panic!("No route takes {method} {path}"))
}

fn match_path(route_path: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let segments: Vec<_> = split(path).collect();
    let mut parameters = BTreeMap::new();
    for (position, expected) in split(route_path).enumerate() {
        let segment = *segments.get(position)?;
        if let Some(name) = expected.strip_prefix('{').and_then(|rest| rest.strip_suffix("+}")) {
            parameters.insert(name.into(), segments[position..].join("/"));
            return Some(parameters);
        }
        match expected.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => _ = parameters.insert(name.into(), segment.into()),
            None if segment == expected => (),
            None => return None,
        }
    }
    (segments.len() == split(route_path).count()).then_some(parameters)
}

fn split(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into()
}

/// Return a route's path with values for its parameters, percent-encoded; a parameter without one becomes a word.
pub fn fill(path: &str, values: &Value) -> String {
    let fill_segment = |segment: &str| match segment.strip_prefix('{') {
        Some(parameter) => encode(&values[parameter.trim_end_matches(['+', '}'])]),
        None => segment.into(),
    };
    format!("/{}", split(path).map(fill_segment).collect::<Vec<_>>().join("/"))
}

fn encode(value: &Value) -> String {
    let text = match value {
        Value::Null => "~any".into(), // which no route has
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    utf8_percent_encode(&text, RESERVED).to_string()
}

/// Return a key of the table, as JSON; another one for another number.
pub fn make_key(number: u64) -> Value {
    let value = |is_number| if is_number { json!(number) } else { json!(format!("test {number}")) };
    PROJECT.key.iter().map(|attribute| (attribute.name.clone(), value(attribute.is_number))).collect()
}

/// Return a key, or an item of texts and numbers, in DynamoDB's own JSON.
pub fn to_dynamodb(item: &Value) -> Value {
    let members = item.as_object().unwrap().iter().map(|(name, value)| match value {
        Value::String(text) => (name.clone(), json!({"S": text})),
        number => (name.clone(), json!({"N": number.to_string()})),
    });
    members.collect()
}

/// Return an object with the members of another as well, which go first.
pub fn merge(one: &Value, other: Value) -> Value {
    let mut merged = one.clone();
    if let (Value::Object(merged), Value::Object(other)) = (&mut merged, other) {
        merged.extend(other);
    }
    merged
}
