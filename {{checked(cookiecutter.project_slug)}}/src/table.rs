//! The DynamoDB table: its key, and the operations on its items.

use std::collections::HashMap;
use std::env::{self, VarError};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{self, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, ScalarAttributeType};
use aws_smithy_http_client as http_client;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use serde::de::IgnoredAny;

use crate::http::{HttpError, Request};
use crate::json_values::{self, Item, Number};

/// An attribute of the table's key.
pub struct KeyAttribute {
    pub name: &'static str,
    /// S (string) or N (number).
    pub kind: ScalarAttributeType,
    /// DynamoDB's limit for a string.
    pub max_bytes: usize,
}

const PARTITION_KEY: KeyAttribute = KeyAttribute {
    name: "{{ service.partition_key.name }}",
    kind: ScalarAttributeType::{{ service.partition_key.type }},
    max_bytes: {{ service.partition_key.max_bytes }},
};
{%- if service.sort_key %}
const SORT_KEY: KeyAttribute = KeyAttribute {
    name: "{{ service.sort_key.name }}",
    kind: ScalarAttributeType::{{ service.sort_key.type }},
    max_bytes: {{ service.sort_key.max_bytes }},
};
pub const KEY: [KeyAttribute; 2] = [PARTITION_KEY, SORT_KEY];
{%- else %}
pub const KEY: [KeyAttribute; 1] = [PARTITION_KEY];
{%- endif %}

// What fits into an update expression: Amazon DynamoDB Developer Guide, "Quotas", expression parameters.
const MAX_CHANGES: usize = 300;

const UNREACHABLE: &str = "The table cannot be reached at the moment";

/// Return the key attributes that stand in a request's path. Error 400: a value that they cannot have.
pub fn read_path_key(request: &Request) -> Result<Item, HttpError> {
    let named = KEY.iter().filter_map(|attribute| Some((attribute, request.parameters.get(attribute.name)?)));
    named.map(|(attribute, text)| Ok((attribute.name.into(), parse_key_text(attribute, text)?))).collect()
}

/// Return the item in a request's body, with the key attributes of the path.
///
/// Errors, all 400: the body is no item, or a key is missing, cannot be, or differs from the path's.
pub fn read_item(request: &Request) -> Result<Item, HttpError> {
    let path_key = read_path_key(request)?;
    let mut item = json_values::parse_object(&request.body)?;
    refuse_other_key(&item, &path_key)?;
    item.extend(path_key);
    check_key(&item)?;
    Ok(item)
}

/// Return the attributes in a request's body that are to change; those to remove are null.
///
/// Errors, all 400: the body is no object, a key differs from the path's, or they are too many.
pub fn read_changes(request: &Request) -> Result<Item, HttpError> {
    let path_key = read_path_key(request)?;
    let mut changes = json_values::parse_object(&request.body)?;
    refuse_other_key(&changes, &path_key)?;
    if changes.len() > MAX_CHANGES {
        return Err(HttpError::BadRequest(format!("At most {MAX_CHANGES} attributes can change at once")));
    }
    changes.retain(|name, _| !path_key.contains_key(name));
    Ok(changes)
}

fn refuse_other_key(item: &Item, path_key: &Item) -> Result<(), HttpError> {
    for (name, value) in path_key {
        if item.get(name).is_some_and(|given| !are_equal(given, value)) {
            return Err(HttpError::BadRequest(format!("{name} in the body differs from the path's")));
        }
    }
    Ok(())
}

/// Tell whether two values are the same, numbers as numbers.
#[must_use]
pub fn are_equal(one: &AttributeValue, other: &AttributeValue) -> bool {
    match (one, other) {
        (AttributeValue::N(one), AttributeValue::N(other)) => {
            matches!((Number::parse(one), Number::parse(other)), (Ok(one), Ok(other)) if one == other)
        }
        (AttributeValue::L(elements), AttributeValue::L(others)) => {
            elements.len() == others.len() && elements.iter().zip(others).all(|(one, other)| are_equal(one, other))
        }
        (AttributeValue::M(item), AttributeValue::M(other)) => are_same_item(item, other),
        _ => one == other,
    }
}

fn are_same_item(item: &Item, other: &Item) -> bool {
    item.len() == other.len()
        && item.iter().all(|(name, value)| other.get(name).is_some_and(|other| are_equal(value, other)))
}

fn check_key(item: &Item) -> Result<(), HttpError> {
    for attribute in &KEY {
        let Some(value) = item.get(attribute.name) else {
            return Err(HttpError::BadRequest(format!("{} is missing", attribute.name)));
        };
        check_key_value(attribute, value)?;
    }
    Ok(())
}

fn check_key_value(attribute: &KeyAttribute, value: &AttributeValue) -> Result<(), HttpError> {
    let KeyAttribute { name, kind, max_bytes } = attribute;
    let problem = match (kind, value) {
        (ScalarAttributeType::N, AttributeValue::N(_)) => return Ok(()),
        (ScalarAttributeType::N, _) => format!("{name} must be a number"),
        (_, AttributeValue::S(text)) if text.is_empty() => format!("{name} must not be empty"),
        (_, AttributeValue::S(text)) if text.len() > *max_bytes => {
            format!("{name} must be at most {max_bytes} bytes long")
        }
        (_, AttributeValue::S(_)) => return Ok(()),
        _ => format!("{name} must be a string"),
    };
    Err(HttpError::BadRequest(problem))
}

/// Return the value of a key attribute that is written as text. Error 400: it cannot be.
pub fn parse_key_text(attribute: &KeyAttribute, text: &str) -> Result<AttributeValue, HttpError> {
    let value = if attribute.kind == ScalarAttributeType::N && Number::is_json(text) {
        AttributeValue::N(Number::parse(text)?.to_string())
    } else {
        AttributeValue::S(text.into())
    };
    check_key_value(attribute, &value)?;
    Ok(value)
}

/// Items that follow one another, and the key to go on from where there may be more.
#[derive(Debug)]
pub struct Page {
    pub items: Vec<Item>,
    pub last_key: Option<Item>,
}

/// Refuses an answer that is no JSON object, which the SDK may take for success.
#[derive(Debug)]
struct RefusePartialAnswer;

impl Intercept for RefusePartialAnswer {
    fn name(&self) -> &'static str {
        "RefusePartialAnswer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        serde_json::from_slice::<HashMap<String, IgnoredAny>>(body)?;
        Ok(())
    }
}

/// The table, behind a client that is made once.
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// Return the table that the environment names. Error: it names none.
    pub async fn connect() -> Result<Self, VarError> {
        let name = env::var("TABLE_NAME")?;
        let http_client = http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client).load().await;
        Ok(Self::new(&config, name))
    }

    /// Return a table. Three attempts of three seconds and the pauses between them end before the function's own timeout.
    #[must_use]
    pub fn new(sdk_config: &SdkConfig, name: String) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .read_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(3))
            .build();
        let config = config::Builder::from(sdk_config)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .interceptor(RefusePartialAnswer)
            .build();
        Self { client: Client::from_conf(config), name }
    }

    /// Return the table's next items after a key.
    pub async fn scan(&self, limit: i32, start: Option<Item>) -> Result<Page, HttpError> {
        let scan = self.client.scan().table_name(&self.name).limit(limit).set_exclusive_start_key(start);
        let output = scan.send().await.map_err(|error| translate(error, None))?;
        Ok(Page {
            items: output.items.ok_or_else(not_whole)?,
            last_key: output.last_evaluated_key,
        })
    }
{% if service.sort_key %}
    /// Return a partition's next items after a key, in the sort key's order.
    pub async fn query(&self, mut partition: Item, limit: i32, start: Option<Item>) -> Result<Page, HttpError> {
        let value = partition.remove(PARTITION_KEY.name);
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .limit(limit)
            .key_condition_expression("#partition = :partition")
            .expression_attribute_names("#partition", PARTITION_KEY.name)
            .set_expression_attribute_values(value.map(|value| HashMap::from([(":partition".into(), value)])))
            .set_exclusive_start_key(start);
        let output = query.send().await.map_err(|error| translate(error, None))?;
        Ok(Page {
            items: output.items.ok_or_else(not_whole)?,
            last_key: output.last_evaluated_key,
        })
    }
{% endif %}
    /// Return the item with a key, as it is now. Error 404: there is none.
    pub async fn read(&self, key: Item) -> Result<Item, HttpError> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        let output = get.send().await.map_err(|error| translate(error, None))?;
        output.item.ok_or_else(not_found)
    }

    /// Put a new item. Error 409: its key is taken.
    pub async fn create(&self, item: &Item) -> Result<(), HttpError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item.clone()))
            .condition_expression("attribute_not_exists(#partition)")
            .expression_attribute_names("#partition", PARTITION_KEY.name)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let attempts = Attempts::default();
        match put.customize().interceptor(attempts.clone()).send().await {
            Ok(_) => Ok(()),
            Err(error) if attempts.are_several() && is_there(&error, item) => Ok(()),
            Err(error) => Err(translate(error, Some(already_exists()))),
        }
    }

    /// Put an item in the place of the one with its key, and tell whether there was one.
    pub async fn replace(&self, item: &Item) -> Result<bool, HttpError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item.clone()));
        let output = put.return_values(ReturnValue::AllOld).send().await.map_err(|error| translate(error, None))?;
        Ok(output.attributes.is_some())
    }

    /// Set or remove attributes of an item in one step, and return the item. Error 404: there is none.
    pub async fn update(&self, key: Item, changes: Item) -> Result<Item, HttpError> {
        let mut names = HashMap::from([("#partition".into(), PARTITION_KEY.name.into())]);
        let mut values = Item::new();
        let mut assignments = Vec::new();
        let mut removals = Vec::new();
        for (position, (name, value)) in changes.into_iter().enumerate() {
            names.insert(format!("#{position}"), name);
            if value.is_null() {
                removals.push(format!("#{position}"));
            } else {
                values.insert(format!(":{position}"), value);
                assignments.push(format!("#{position}=:{position}"));
            }
        }
        let clauses = [("SET", assignments), ("REMOVE", removals)].into_iter().filter(|(_, parts)| !parts.is_empty());
        let expression: Vec<_> = clauses.map(|(verb, parts)| format!("{verb} {}", parts.join(","))).collect();
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .condition_expression("attribute_exists(#partition)")
            .set_update_expression((!expression.is_empty()).then(|| expression.join(" ")))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values((!values.is_empty()).then_some(values))
            .return_values(ReturnValue::AllNew);
        let output = update.send().await.map_err(|error| translate(error, Some(not_found())))?;
        output.attributes.ok_or_else(not_whole)
    }

    /// Delete the item with a key. Error 404: there is none.
    pub async fn delete(&self, key: Item) -> Result<(), HttpError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .condition_expression("attribute_exists(#partition)")
            .expression_attribute_names("#partition", PARTITION_KEY.name);
        let attempts = Attempts::default();
        match delete.customize().interceptor(attempts.clone()).send().await {
            Ok(_) => Ok(()),
            Err(error) if attempts.are_several() && is_gone(&error) => Ok(()),
            Err(error) => Err(translate(error, Some(not_found()))),
        }
    }
}

/// How often an operation was tried. Where a condition fails at a further attempt, the first may have done all,
/// and its answer been lost.
#[derive(Clone, Debug, Default)]
struct Attempts(Arc<AtomicUsize>);

impl Attempts {
    fn are_several(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 1
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Tell whether an item could not be created because it is there already.
fn is_there(error: &SdkError<PutItemError>, item: &Item) -> bool {
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(failure)) => {
            failure.item.as_ref().is_some_and(|there| are_same_item(there, item))
        }
        _ => false,
    }
}

/// Tell whether an item could not be deleted because it is not there.
fn is_gone(error: &SdkError<DeleteItemError>) -> bool {
    error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception)
}

/// Return what DynamoDB answers, other than success, as the error that tells a client.
fn translate<E>(error: SdkError<E>, condition_failed: Option<HttpError>) -> HttpError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let message = error.message().unwrap_or_default().to_owned();
    match (&error, condition_failed) {
        (SdkError::ConstructionFailure(_), _) => HttpError::Internal(error.into()),
        (SdkError::ServiceError(_), Some(answer)) if code == "ConditionalCheckFailedException" => answer,
        (SdkError::ServiceError(answer), _) => match code.as_str() {
            "ResourceNotFoundException" => unavailable("The table is not there", error),
            "ProvisionedThroughputExceededException"
            | "ReplicatedWriteConflictException"
            | "RequestLimitExceeded"
            | "ThrottlingException"
            | "TransactionConflictException" => unavailable("The table takes no more requests at the moment", error),
            _ if answer.raw().status().is_success() => unavailable(UNREACHABLE, error),
            _ if answer.raw().status().is_server_error() => unavailable("The table does not work at the moment", error),
            // What the checks above let through is in the item: its size, or the type of an index's key.
            "ValidationException" if message.contains("Item size") => json_values::too_large(),
            "ValidationException" => HttpError::BadRequest(message),
            _ => HttpError::Internal(error.into()),
        },
        _ => unavailable(UNREACHABLE, error),
    }
}

/// Return the error that tells of an answer without a part that every whole one has.
fn not_whole() -> HttpError {
    unavailable(UNREACHABLE, "A part of the answer is missing")
}

fn unavailable(message: &str, cause: impl Into<BoxError>) -> HttpError {
    HttpError::Unavailable(message.into(), cause.into())
}

fn already_exists() -> HttpError {
    HttpError::Conflict("An item with this key exists already".into())
}

fn not_found() -> HttpError {
    HttpError::NotFound("No item has this key".into())
}
