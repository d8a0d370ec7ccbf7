//! A DynamoDB in memory, behind the SDK's own HTTP client for tests: as much of it as the service uses.

use std::cmp::Ordering;
use std::sync::{Arc, Mutex};

use aws_smithy_http_client::test_util::infallible_client_fn;
use serde_json::{Map, Value, json};

use crate::project::PROJECT;

const MAX_ITEM_BYTES: usize = 400 * 1024;

#[derive(Clone, Default)]
pub struct DynamoDb {
    items: Arc<Mutex<Vec<Value>>>,
    failure: Option<(u16, &'static str)>,
}

/// What DynamoDB says in place of success: a status, and the type of the exception.
type Failure = (u16, &'static str, &'static str);

impl DynamoDb {
    /// Return one that answers every request with an exception.
    pub fn failing(status: u16, exception: &'static str) -> Self {
        Self {
            failure: Some((status, exception)),
            ..Self::default()
        }
    }

    pub fn http_client(&self) -> aws_sdk_dynamodb::config::SharedHttpClient {
        let database = self.clone();
        infallible_client_fn(move |request| {
            let target = request.headers()["x-amz-target"].to_str().unwrap().to_owned();
            let input = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let (status, output) = match database.answer(target.rsplit('.').next().unwrap(), &input) {
                Ok(output) => (200, output),
                Err((status, kind, message)) => (status, json!({"__type": format!("x#{kind}"), "message": message})),
            };
            http::Response::builder().status(status).body(output.to_string()).unwrap()
        })
    }

    /// Put an item, in DynamoDB's own JSON.
    pub fn put(&self, item: Value) {
        let mut items = self.items.lock().unwrap();
        items.retain(|other| !has_key(other, &item));
        items.push(item);
    }

    /// Return the item with a key, both in DynamoDB's own JSON.
    pub fn get(&self, key: &Value) -> Option<Value> {
        self.items.lock().unwrap().iter().find(|item| has_key(item, key)).cloned()
    }

    fn remove(&self, key: &Value) {
        self.items.lock().unwrap().retain(|item| !has_key(item, key));
    }

    fn answer(&self, operation: &str, input: &Value) -> Result<Value, Failure> {
        if let Some((status, exception)) = self.failure {
            return Err((status, exception, "inside"));
        }
        let key = if operation == "PutItem" { &input["Item"] } else { &input["Key"] };
        let old = self.get(key);
        check_condition(input["ConditionExpression"].as_str().unwrap_or_default(), old.is_some())?;
        match operation {
            "GetItem" => Ok(old.map_or_else(|| json!({}), |item| json!({"Item": item}))),
            "PutItem" => {
                check_size(key)?;
                self.put(key.clone());
                Ok(old.map_or_else(|| json!({}), |item| json!({"Attributes": item})))
            }
            "UpdateItem" => {
                let item = update(old.unwrap(), input);
                check_size(&item)?;
                self.put(item.clone());
                Ok(json!({"Attributes": item}))
            }
            "DeleteItem" => {
                self.remove(key);
                Ok(json!({}))
            }
            "Scan" | "Query" => Ok(self.page(input)),
            _ => Err((400, "UnknownOperationException", "")),
        }
    }

    fn page(&self, input: &Value) -> Value {
        let mut items = self.items.lock().unwrap().clone();
        if let Some(partition) = input.pointer("/ExpressionAttributeValues/:partition") {
            items.retain(|item| item[&PROJECT.key[0].name] == *partition);
        }
        items.sort_by(compare_keys);
        if let Some(start) = input.get("ExclusiveStartKey") {
            items.retain(|item| compare_keys(item, start).is_gt());
        }
        let limit = usize::try_from(input["Limit"].as_u64().unwrap()).unwrap();
        let last_key = (items.len() > limit).then(|| key_of(&items[limit - 1]));
        items.truncate(limit);
        match last_key {
            Some(last_key) => json!({"Items": items, "LastEvaluatedKey": last_key}),
            None => json!({"Items": items}),
        }
    }
}

fn check_condition(condition: &str, exists: bool) -> Result<(), Failure> {
    let holds = match condition.split('(').next() {
        Some("attribute_exists") => exists,
        Some("attribute_not_exists") => !exists,
        _ => true,
    };
    if holds { Ok(()) } else { Err((400, "ConditionalCheckFailedException", "The conditional request failed")) }
}

fn check_size(item: &Value) -> Result<(), Failure> {
    if item.to_string().len() <= MAX_ITEM_BYTES {
        return Ok(());
    }
    Err((400, "ValidationException", "Item size has exceeded the maximum allowed size"))
}

/// Return an item after an update such as `SET #0=:0,#1=:1 REMOVE #2`.
fn update(mut item: Value, input: &Value) -> Value {
    let attributes: &mut Map<_, _> = item.as_object_mut().unwrap();
    let name = |placeholder: &str| input["ExpressionAttributeNames"][placeholder].as_str().unwrap().to_owned();
    let expression = input["UpdateExpression"].as_str().unwrap_or_default();
    let (assignments, removals) = expression.split_once("REMOVE ").unwrap_or((expression, ""));
    for assignment in assignments.trim_start_matches("SET ").split(',').filter(|part| !part.is_empty()) {
        let (left, right) = assignment.trim().split_once('=').unwrap();
        attributes.insert(name(left), input["ExpressionAttributeValues"][right].clone());
    }
    for removal in removals.split(',').filter(|part| !part.is_empty()) {
        attributes.remove(&name(removal));
    }
    item
}

fn key_of(item: &Value) -> Value {
    PROJECT.key.iter().map(|attribute| (attribute.name.clone(), item[&attribute.name].clone())).collect()
}

fn has_key(item: &Value, key: &Value) -> bool {
    compare_keys(item, key).is_eq()
}

fn compare_keys(one: &Value, other: &Value) -> Ordering {
    let mut orders = PROJECT.key.iter().map(|attribute| {
        let (one, other) = (&one[&attribute.name], &other[&attribute.name]);
        if attribute.is_number { number(one).total_cmp(&number(other)) } else { text(one).cmp(&text(other)) }
    });
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn number(value: &Value) -> f64 {
    value["N"].as_str().map_or(f64::NAN, |text| text.parse().unwrap())
}

fn text(value: &Value) -> Option<String> {
    value["S"].as_str().map(str::to_owned)
}
