//! Times requests through the app and the SDK's calls that they make, without a network: both get prepared responses.
//!
//! `measure_functions.py` runs it as an example of a rendered service. Its argument names the requests of
//! handler_cases.json that the service takes. Prints the times as JSON to stderr.

use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Builder, Config, Credentials, Region};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure as OldItem};
use aws_smithy_http_client::test_util::infallible_client_fn;
use lambda_runtime::{Context, LambdaEvent, tracing};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use service::app;
use service::json_values::{Item, parse_object};
use service::table::{KEY, Table};

const PAIRS: usize = 2000;
const TABLE: &str = "users";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    tracing::init_default_subscriber();
    let cases: Value = serde_json::from_str(include_str!("handler_cases.json")).unwrap();
    let config = configure(&cases["item"]);
    let (table, client) = (Table::new(config.clone(), TABLE.into(), &KEY), Client::from_conf(config.build()));
    let mut item = parse_object(&cases["body"].to_string()).unwrap();
    let kind = env::args().nth(1).unwrap();
    if kind == "written" {
        item.extend(parse_object(&cases["written"].to_string()).unwrap());
    }
    let mut times = BTreeMap::new();
    for (name, request) in cases["requests"][kind].as_object().unwrap() {
        let event = make_event(request, &cases["body"]);
        let mut pairs: [Vec<f64>; 2] = Default::default();
        for _ in 0..PAIRS {
            pairs[0].push(send(&table, &event).await.as_secs_f64());
            pairs[1].push(call(&client, name, item.clone()).await.as_secs_f64());
        }
        times.insert(name, pairs);
    }
    eprintln!("{}", json!(times));
}

/// Return the SDK's configuration, with an HTTP client that responds as DynamoDB does.
fn configure(item: &Value) -> Builder {
    let page = json!({"Items": vec![item; 100], "Count": 100, "ScannedCount": 100}).to_string();
    let found = json!({"Item": item}).to_string();
    let updated = json!({"Attributes": item}).to_string();
    let http_client = infallible_client_fn(move |request| {
        let body = match request.headers()["x-amz-target"].to_str().unwrap().rsplit('.').next() {
            Some("GetItem") => found.clone(),
            Some("Scan") => page.clone(),
            Some("UpdateItem") => updated.clone(),
            _ => "{}".into(),
        };
        http::Response::builder().status(200).body(body).unwrap()
    });
    Config::builder()
        .behavior_version_latest()
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(http_client)
        .region(Region::new("us-east-1"))
}

fn make_event(request: &Value, body: &Value) -> Value {
    let mut event = request.clone();
    let path = request["resource"].as_str().unwrap().replace("{user_id}", "001");
    event["requestContext"] = json!({"path": path});
    if request["httpMethod"] != "GET" {
        event["body"] = json!(body.to_string());
    }
    event
}

async fn send(table: &Table, event: &Value) -> Duration {
    let event = LambdaEvent::new(to_raw_value(event).unwrap(), Context::default());
    let started = Instant::now();
    let Ok(response) = app::handle(table, event).await;
    let taken = started.elapsed();
    assert!(response["statusCode"] == 200 || response["statusCode"] == 201, "{response}");
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
            let put = client.put_item().table_name(TABLE).set_item(Some(item));
            let conditional = put.condition_expression("attribute_not_exists(#partition)");
            conditional.expression_attribute_names("#partition", "user_id").send().await.unwrap();
        }
        "create with a revision" => {
            let put = client.put_item().table_name(TABLE).set_item(Some(item));
            put.condition_expression("attribute_not_exists(#partition) OR #expiry <= :now")
                .expression_attribute_names("#partition", "user_id")
                .expression_attribute_names("#expiry", "expires_at")
                .expression_attribute_values(":now", AttributeValue::N("1769860800".into()))
                .return_values_on_condition_check_failure(OldItem::AllOld)
                .send()
                .await
                .unwrap();
        }
        "update with a revision" => {
            let key = [("user_id".to_owned(), item["user_id"].clone())].into();
            let kept = ["user_id", "created_at", "revision"];
            let changes = || item.iter().filter(|(name, _)| !kept.contains(&name.as_str()));
            let mut assignments = vec!["#revision=if_not_exists(#revision,:zero)+:one".to_owned()];
            assignments.extend(changes().map(|(name, _)| format!("#{name}=:{name}")));
            let mut update = client
                .update_item()
                .table_name(TABLE)
                .set_key(Some(key))
                .condition_expression(
                    "attribute_exists(#partition) AND NOT (#expiry <= :now) AND (#revision IN (:revision0))",
                )
                .update_expression(format!("SET {}", assignments.join(",")))
                .expression_attribute_names("#partition", "user_id")
                .expression_attribute_names("#expiry", "expires_at")
                .expression_attribute_names("#revision", "revision")
                .expression_attribute_values(":now", AttributeValue::N("1769860800".into()))
                .expression_attribute_values(":zero", AttributeValue::N("0".into()))
                .expression_attribute_values(":one", AttributeValue::N("1".into()))
                .expression_attribute_values(":revision0", AttributeValue::N("1".into()))
                .return_values_on_condition_check_failure(OldItem::AllOld)
                .return_values(ReturnValue::AllNew);
            for (name, value) in changes() {
                update = update
                    .expression_attribute_names(format!("#{name}"), name)
                    .expression_attribute_values(format!(":{name}"), value.clone());
            }
            update.send().await.unwrap();
        }
        _ => {
            client.scan().table_name(TABLE).limit(100).send().await.unwrap();
        }
    }
    started.elapsed()
}
