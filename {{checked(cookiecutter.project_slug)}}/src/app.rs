//! The function's entry point: from API Gateway's event to a handler, and from its response back.

{% if service.is_rest -%}
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::env;
use std::error::Error as _;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
{%- else -%}
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::error::Error as _;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
{%- endif %}

use aws_sdk_dynamodb::error::DisplayErrorContext;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::FutureExt;
use lambda_runtime::{LambdaEvent, tracing};
{%- if service.is_rest %}
use percent_encoding::percent_decode_str;
{%- endif %}
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::errors::Error;
use crate::http::{Request, Response};
use crate::routes;
use crate::table::Table;

static IS_COLD_START: AtomicBool = AtomicBool::new(true);
{% if service.is_rest %}
/// A REST API passes path parameters as they are in the URL; `sam local` has decoded them.
static PARAMETERS_ARE_ENCODED: LazyLock<bool> = LazyLock::new(|| env::var_os("AWS_SAM_LOCAL").is_none());
{% if service.sends_cors_headers %}
/// The origin whose pages may read the responses: a REST API adds it to its own only.
static CORS_ORIGIN: LazyLock<String> = LazyLock::new(|| env::var("CORS_ORIGIN").unwrap_or_default());
{% endif %}
{%- endif %}
{%- if service.is_rest %}
/// An event of a REST API (proxy integration, payload format 1.0), as far as it is used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    http_method: String,
    resource: String,
    request_context: RequestContext,
    path_parameters: Option<BTreeMap<String, String>>,
    query_string_parameters: Option<HashMap<String, String>>,
    headers: Option<HashMap<String, String>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
struct RequestContext {
    path: String,
}
{%- else %}
/// An event of an HTTP API (payload format 2.0), as far as it is used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    route_key: String,
    raw_path: String,
    request_context: RequestContext,
    path_parameters: Option<BTreeMap<String, String>>,
    query_string_parameters: Option<HashMap<String, String>>,
    headers: Option<HashMap<String, String>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
struct RequestContext {
    http: HttpContext,
{%- if service.is_jwt %}
    #[serde(default)]
    authorizer: Authorizer,
{%- endif %}
}

#[derive(Deserialize)]
struct HttpContext {
    method: String,
}
{%- if service.is_jwt %}

/// What a route's authorizer found out about the caller. A route may have another authorizer, or none.
#[derive(Default, Deserialize)]
struct Authorizer {
    #[serde(default)]
    jwt: Jwt,
}

#[derive(Default, Deserialize)]
struct Jwt {
    claims: HashMap<String, String>,
}
{%- endif %}
{%- endif %}

/// Respond to a request that API Gateway passes on. Every error becomes one of the API's own responses.
pub async fn handle(table: &Table, event: LambdaEvent<Box<RawValue>>) -> Result<Value, Infallible> {
    let started = Instant::now();
    let request_id = event.context.request_id;
    let (route, result) = match read_request(event.payload.get()) {
        Ok(request) => (format!("{} {}", request.method, request.resource), call_handler(table, &request).await),
        Err(error) => ("unknown".into(), Err(error)),
    };
    let response = result.unwrap_or_else(|error| error_response(&error, &request_id));
    tracing::info!(
        request_id,
        route,
        status = response.status,
        latency_ms = started.elapsed().as_secs_f64() * 1000.0,
        cold_start = IS_COLD_START.swap(false, Ordering::Relaxed),
        "{route} {}",
        response.status
    );
    Ok(to_result(response))
}

/// Call the handler of the route that API Gateway matched: the method's own, or the path's for any method.
async fn call_handler(table: &Table, request: &Request) -> Result<Response, Error> {
    for method in [&request.method, "ANY"] {
{%- if service.takes_preflights %}
        if request.method == "OPTIONS" && method == "ANY" {
            return Ok(Response::new(204, "")); // a preflight: API Gateway adds the headers
        }
{%- endif %}
        let key = format!("{method} {}", request.resource);
        if let Some(result) = catch_panic(routes::handle(&key, table, request)).await? {
            return result;
        }
    }
    Err(Error::NotFound(format!("There is no route {} {}", request.method, request.resource)))
}

async fn catch_panic<T>(handler: impl Future<Output = T>) -> Result<T, Error> {
    AssertUnwindSafe(handler).catch_unwind().await.map_err(|_| Error::Internal("A handler panicked".into()))
}
{% if service.is_rest %}
fn read_request(event: &str) -> Result<Request, Error> {
    let event: Event = serde_json::from_str(event).map_err(|error| Error::Internal(error.into()))?;
    let parameters = event.path_parameters.unwrap_or_default().into_iter();
    Ok(Request {
        method: event.http_method,
        resource: event.resource,
        path: event.request_context.path,
        parameters: parameters.map(|(name, value)| Ok((name, decode_parameter(value)?))).collect::<Result<_, _>>()?,
        query: event.query_string_parameters.unwrap_or_default(),
        headers: lower_names(event.headers.unwrap_or_default()),
        body: read_body(event.body.unwrap_or_default(), event.is_base64_encoded.unwrap_or_default())?,
    })
}

fn decode_parameter(value: String) -> Result<String, Error> {
    if !*PARAMETERS_ARE_ENCODED {
        return Ok(value);
    }
    let decoded = percent_decode_str(&value).decode_utf8();
    Ok(decoded.map_err(|_| Error::InvalidRequest("The path must be UTF-8".into()))?.into_owned())
}
{% else %}
fn read_request(event: &str) -> Result<Request, Error> {
    let event: Event = serde_json::from_str(event).map_err(|error| Error::Internal(error.into()))?;
    Ok(Request {
        method: event.request_context.http.method,
        resource: event.route_key.split_once(' ').map_or_else(String::new, |(_, resource)| resource.into()),
        path: event.raw_path,
        parameters: event.path_parameters.unwrap_or_default(),
        query: event.query_string_parameters.unwrap_or_default(),
        headers: lower_names(event.headers.unwrap_or_default()),
        body: read_body(event.body.unwrap_or_default(), event.is_base64_encoded.unwrap_or_default())?,
{%- if service.is_jwt %}
        claims: event.request_context.authorizer.jwt.claims,
{%- endif %}
    })
}
{% endif %}
fn lower_names(headers: HashMap<String, String>) -> HashMap<String, String> {
    headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
}

fn read_body(body: String, is_base64_encoded: bool) -> Result<String, Error> {
    if !is_base64_encoded {
        return Ok(body);
    }
    let bytes = BASE64_STANDARD.decode(body).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| Error::InvalidRequest("The body must be UTF-8".into()))
}

/// Return the response to an error. Its cause, if it has one, is only logged.
fn error_response(error: &Error, request_id: &str) -> Response {
    let status = error.status();
    let message = if status == 500 { format!("{error}, request {request_id}") } else { error.to_string() };
    if let Some(cause) = error.source() {
        tracing::error!(cause = DisplayErrorContext(cause).to_string(), "{message}");
    }
    let response = Response::new(status, json!({ "message": message }).to_string());
    if status == 503 { response.with_header("Retry-After", "1") } else { response }
}

/// Return a response in API Gateway's form; names of headers in lower case, so that each is sent once.
fn to_result(response: Response) -> Value {
    let mut headers: BTreeMap<_, String> = BTreeMap::new();
    if !response.body.is_empty() {
        headers.insert("content-type".to_owned(), "application/json".into());
    }
{%- if service.sends_cors_headers %}
    headers.insert("access-control-allow-origin".into(), CORS_ORIGIN.clone());
    headers.insert("access-control-expose-headers".into(), "{{ "ETag," if service.attributes.revision }}Location,Retry-After".into());
{%- endif %}
    headers.extend(response.headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)));
    json!({
        "statusCode": response.status,
        "headers": headers,
        "body": response.body,
        "isBase64Encoded": false,
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Config;
    use lambda_runtime::Context;

    use super::*;

    #[test]
    fn decodes_bodies_in_base64() {
        let read = |body: &[u8]| read_body(BASE64_STANDARD.encode(body), true).map_err(|error| error.to_string());

        assert_eq!(read("é".as_bytes()), Ok("é".into()));
        assert_eq!(read(b"\xff"), Err("The body must be UTF-8".into()));
    }

    #[test]
    fn gives_the_names_of_headers_in_lower_case() {
        let headers = lower_names(HashMap::from([("If-Match".into(), "\"A\"".into())]));

        assert_eq!(headers, HashMap::from([("if-match".into(), "\"A\"".into())]));
    }
{%- if service.is_jwt %}

    #[test]
    fn gives_the_claims_of_the_token() {
        let read = |event: &Value| read_request(&event.to_string()).unwrap().claims;
        let context = json!({ "http": { "method": "GET" } });
        let mut event = json!({ "routeKey": "GET /a", "rawPath": "/a", "requestContext": context });

        assert_eq!(read(&event), HashMap::new()); // of a route with the authorizer NONE
        event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": { "sub": "日本" }, "scopes": null } });
        assert_eq!(read(&event), HashMap::from([("sub".into(), "日本".into())]));
    }
{%- endif %}

    #[tokio::test]
    async fn hides_the_cause_of_a_failure_and_names_the_request() {
        let mut context = Context::default();
        context.request_id = "the-request".into();
        let event = LambdaEvent::new(RawValue::from_string("{}".into()).unwrap(), context);
        let config = Config::builder().behavior_version_latest();

        let response = handle(&Table::new(config, "any".into(), &[]), event).await.unwrap();

        assert_eq!(response["statusCode"], 500);
        assert_eq!(response["body"], r#"{"message":"Internal server error, request the-request"}"#);
    }

    #[tokio::test]
    async fn survives_a_handler_that_panics() {
        let result = catch_panic(async { panic!("inside") }).await;

        assert!(matches!(result, Err::<(), _>(Error::Internal(_))));
    }

    #[test]
    fn sends_the_handler_s_own_content_type_once() {
        for name in ["Content-Type", "content-type"] {
            let headers = &to_result(Response::new(200, "<p>").with_header(name, "text/html"))["headers"];

            assert_eq!((&headers["content-type"], &headers["Content-Type"]), (&json!("text/html"), &Value::Null));
        }
    }

    #[test]
    fn asks_to_retry_if_the_table_cannot_serve_the_request() {
        let response = error_response(&Error::Unavailable("The table does not exist".into(), "inside".into()), "1");

        assert_eq!((response.status, response.headers.get("Retry-After").map(String::as_str)), (503, Some("1")));
        assert!(!response.body.contains("inside"));
    }
}
