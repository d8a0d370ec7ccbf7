//! Times requests through the app, and the calls of the SDK that they make, with the same answers in HTTP's place.
//!
//! Is an example of a rendered service; prints the times as JSON to stderr. `measure_functions.py` starts it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use aws_smithy_http_client::test_util::infallible_client_fn;
use lambda_runtime::{Context, LambdaEvent, tracing};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use service::app;
use service::json_values::{Item, parse_object};
use service::table::Table;

const PAIRS: usize = 2000;
const TABLE: &str = "users";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    tracing::init_default_subscriber();
    let cases: Value = serde_json::from_str(include_str!("handler_cases.json")).unwrap();
    let config = configure(&cases["item"]);
    let (table, client) = (Table::new(&config, TABLE.into()), Client::new(&config));
    let item = parse_object(&cases["body"].to_string()).unwrap();
    let mut times = BTreeMap::new();
    for (name, request) in cases["requests"].as_object().unwrap() {
        let event = make_event(request, &cases["body"]);
        let mut pairs: [Vec<f64>; 2] = Default::default();
        for _ in 0..PAIRS {
            pairs[0].push(ask(&table, &event).await.as_secs_f64());
            pairs[1].push(call(&client, name, item.clone()).await.as_secs_f64());
        }
        times.insert(name, pairs);
    }
    eprintln!("{}", json!(times));
}

/// Return the SDK's configuration, with an HTTP client that answers as DynamoDB would.
fn configure(item: &Value) -> SdkConfig {
    let page = json!({"Items": vec![item; 100], "Count": 100, "ScannedCount": 100}).to_string();
    let found = json!({"Item": item}).to_string();
    let http_client = infallible_client_fn(move |request| {
        let body = match request.headers()["x-amz-target"].to_str().unwrap().rsplit('.').next() {
            Some("GetItem") => found.clone(),
            Some("Scan") => page.clone(),
            _ => "{}".into(),
        };
        http::Response::builder().status(200).body(body).unwrap()
    });
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client)
        .region(Region::new("us-east-1"))
        .build()
}

fn make_event(request: &Value, body: &Value) -> Value {
    let mut event = request.clone();
    let path = request["resource"].as_str().unwrap().replace("{user_id}", "001");
    event["requestContext"] = json!({"path": path});
    if request["httpMethod"] == "POST" {
        event["body"] = json!(body.to_string());
    }
    event
}

async fn ask(table: &Table, event: &Value) -> Duration {
    let event = LambdaEvent::new(to_raw_value(event).unwrap(), Context::default());
    let started = Instant::now();
    let Ok(answer) = app::handle(table, event).await;
    let taken = started.elapsed();
    assert!([200, 201].contains(&answer.status_code), "{answer:?}");
    taken
}

async fn call(client: &Client, name: &str, item: Item) -> Duration {
    let started = Instant::now();
    match name {
        "read" => {
            let key = [("user_id".to_owned(), item["user_id"].clone())].into();
            client.get_item().table_name(TABLE).set_key(Some(key)).consistent_read(true).send().await.unwrap();
        }
        "create" => {
            let created = client.put_item().table_name(TABLE).set_item(Some(item));
            let absent = created.condition_expression("attribute_not_exists(#partition)");
            let named = absent.expression_attribute_names("#partition", "user_id");
            let told = named.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            told.send().await.unwrap();
        }
        _ => {
            client.scan().table_name(TABLE).limit(100).send().await.unwrap();
        }
    }
    started.elapsed()
}
