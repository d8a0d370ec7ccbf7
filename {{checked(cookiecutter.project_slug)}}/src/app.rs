//! From API Gateway's event to a handler, and from its answer back.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
{%- if service.is_rest %}
use std::env;
{%- endif %}
use std::error::Error;
use std::panic::AssertUnwindSafe;
{%- if service.is_rest %}
use std::sync::LazyLock;
{%- endif %}
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use aws_sdk_dynamodb::error::DisplayErrorContext;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::FutureExt;
use lambda_runtime::{LambdaEvent, tracing};
{%- if service.is_rest %}
use percent_encoding::percent_decode_str;
{%- endif %}
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::http::{Answer, HttpError, Request, Response};
use crate::json_values::dump_text;
use crate::routes;
use crate::table::Table;

static IS_COLD_START: AtomicBool = AtomicBool::new(true);
{% if service.is_rest %}
/// A REST API hands over path parameters as they stand in the URL; `sam local` has decoded them already.
static PARAMETERS_ARE_ENCODED: LazyLock<bool> = LazyLock::new(|| env::var_os("AWS_SAM_LOCAL").is_none());
{% if service.sends_cors_headers %}
/// The origin whose pages may read the answers: a REST API adds it to its own alone.
static CORS_ORIGIN: LazyLock<String> = LazyLock::new(|| env::var("CORS_ORIGIN").unwrap_or_default());
{% endif %}
{%- endif %}
{%- if service.is_rest %}
/// An event of a REST API (proxy integration, payload format 1.0), as far as it is used.
{%- else %}
/// An event of an HTTP API (payload format 2.0), as far as it is used.
{%- endif %}
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
{%- if service.is_rest %}
    http_method: String,
    resource: String,
{%- else %}
    route_key: String,
    raw_path: String,
{%- endif %}
    request_context: RequestContext,
    path_parameters: Option<BTreeMap<String, String>>,
    query_string_parameters: Option<HashMap<String, String>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
struct RequestContext {
{%- if service.is_rest %}
    path: String,
}
{%- else %}
    http: HttpContext,
}

#[derive(Deserialize)]
struct HttpContext {
    method: String,
}
{%- endif %}

/// An answer in API Gateway's form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyResponse {
    pub status_code: u16,
    pub headers: BTreeMap<&'static str, String>,
    pub body: String,
    pub is_base64_encoded: bool,
}

/// Answer a request that API Gateway passes on. Whatever happens, the answer is one of the API's own.
pub async fn handle(table: &Table, event: LambdaEvent<Box<RawValue>>) -> Result<ProxyResponse, Infallible> {
    let started = Instant::now();
    let request_id = event.context.request_id;
    let (route, answer) = match read_request(event.payload.get()) {
        Ok(request) => (format!("{} {}", request.method, request.resource), answer(table, &request).await),
        Err(error) => ("unknown".into(), Err(error)),
    };
    let response = answer.unwrap_or_else(|error| tell(&error, &request_id));
    tracing::info!(
        request_id,
        route,
        status = response.status,
        latency_ms = started.elapsed().as_secs_f64() * 1000.0,
        cold_start = IS_COLD_START.swap(false, Ordering::Relaxed),
        "{route} {}",
        response.status
    );
    Ok(write_response(response))
}

/// Answer by the route that API Gateway matched: its own, or the path's for any method.
async fn answer(table: &Table, request: &Request) -> Answer {
    for method in [&request.method, "ANY"] {
{%- if service.preflights %}
        if request.method == "OPTIONS" && method == "ANY" {
            return Ok(Response::new(204, "")); // to a preflight: API Gateway adds what the browser asks for
        }
{%- endif %}
        let key = format!("{method} {}", request.resource);
        let answer = AssertUnwindSafe(routes::answer(&key, table, request)).catch_unwind().await;
        match answer {
            Ok(Some(answer)) => return answer,
            Ok(None) => (),
            Err(_) => return Err(HttpError::Internal("A handler panicked".into())),
        }
    }
    Err(HttpError::NotFound(format!("There is no route {} {}", request.method, request.resource)))
}
{% if service.is_rest %}
fn read_request(event: &str) -> Result<Request, HttpError> {
    let event: Event = serde_json::from_str(event).map_err(|error| HttpError::Internal(error.into()))?;
    let parameters = event.path_parameters.unwrap_or_default().into_iter();
    Ok(Request {
        method: event.http_method,
        resource: event.resource,
        path: event.request_context.path,
        parameters: parameters.map(|(name, value)| Ok((name, decode_parameter(value)?))).collect::<Result<_, _>>()?,
        query: event.query_string_parameters.unwrap_or_default(),
        body: read_body(event.body.unwrap_or_default(), event.is_base64_encoded.unwrap_or_default())?,
    })
}

fn decode_parameter(value: String) -> Result<String, HttpError> {
    if !*PARAMETERS_ARE_ENCODED {
        return Ok(value);
    }
    let decoded = percent_decode_str(&value).decode_utf8();
    Ok(decoded.map_err(|_| HttpError::BadRequest("The path must be UTF-8".into()))?.into_owned())
}
{% else %}
fn read_request(event: &str) -> Result<Request, HttpError> {
    let event: Event = serde_json::from_str(event).map_err(|error| HttpError::Internal(error.into()))?;
    Ok(Request {
        method: event.request_context.http.method,
        resource: event.route_key.split_once(' ').map_or_else(String::new, |(_, resource)| resource.into()),
        path: event.raw_path,
        parameters: event.path_parameters.unwrap_or_default(),
        query: event.query_string_parameters.unwrap_or_default(),
        body: read_body(event.body.unwrap_or_default(), event.is_base64_encoded.unwrap_or_default())?,
    })
}
{% endif %}
fn read_body(body: String, is_base64_encoded: bool) -> Result<String, HttpError> {
    if !is_base64_encoded {
        return Ok(body);
    }
    let bytes = BASE64_STANDARD.decode(body).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| HttpError::BadRequest("The body must be UTF-8".into()))
}

/// Return the answer that tells a client what went wrong; the log has the cause of what is the service's own fault.
fn tell(error: &HttpError, request_id: &str) -> Response {
    let message = match error {
        HttpError::Internal(_) => format!("{error}, request {request_id}"),
        _ => error.to_string(),
    };
    if error.status() >= 500 {
        let cause = error.source().map(|cause| DisplayErrorContext(cause).to_string());
        tracing::error!(cause, "{message}");
    }
    let response = Response::new(error.status(), [r#"{"message": "#, &dump_text(&message), "}"].concat());
    match error {
        HttpError::Unavailable(..) => response.with_header("Retry-After", "1"),
        _ => response,
    }
}

fn write_response(mut response: Response) -> ProxyResponse {
    if !response.body.is_empty() {
        response.headers.insert("Content-Type", "application/json".into());
    }
{%- if service.sends_cors_headers %}
    response.headers.insert("Access-Control-Allow-Origin", CORS_ORIGIN.clone());
    response.headers.insert("Access-Control-Expose-Headers", "Location,Retry-After".into());
{%- endif %}
    ProxyResponse {
        status_code: response.status,
        headers: response.headers,
        body: response.body,
        is_base64_encoded: false,
    }
}
