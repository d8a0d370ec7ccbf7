//! DynamoDB: the table's key, and the operations on the items of a table. It does not depend on HTTP.

use std::collections::HashMap;
use std::env::{self, VarError};
use std::error::Error as StdError;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, Config, Credentials, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure as OldItem, ScalarAttributeType};
use aws_smithy_http_client as http_client;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::errors::{BoxError, Error};
use crate::json_values::Item;

/// An attribute of a key.
#[derive(Clone)]
pub struct KeyAttribute {
    pub name: &'static str,
    /// S (string) or N (number).
    pub kind: ScalarAttributeType,
    /// DynamoDB's limit for a string.
    pub max_bytes: usize,
}

#[rustfmt::skip] // one line per attribute
pub const KEY: [KeyAttribute; {{ service.keys | length }}] = [
{%- for key in service.keys %}
    KeyAttribute { name: "{{ key.name }}", kind: ScalarAttributeType::{{ key.type }}, max_bytes: {{ key.max_bytes }} },
{%- endfor %}
];
{% if service.indexes %}
{% include "indexes.rs" -%}
{% endif %}
/// Items that follow one another.
#[derive(Debug)]
pub struct Page {
    pub items: Vec<Item>,
    /// The key to continue from, or None on the last page.
    pub last_key: Option<Item>,
}

/// A DynamoDB table, and the client that all requests share. Each operation is one call of DynamoDB.
pub struct Table {
    client: Client,
    name: String,
    pub key: &'static [KeyAttribute],
}

impl Table {
    /// Return the table that an environment variable names, in the region and with the credentials that Lambda sets.
    ///
    /// # Errors
    ///
    /// A variable is missing.
    pub fn connect(variable: &str, key: &'static [KeyAttribute]) -> Result<Self, VarError> {
        let http_client = http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let credentials = Credentials::new(
            env::var("AWS_ACCESS_KEY_ID")?,
            env::var("AWS_SECRET_ACCESS_KEY")?,
            env::var("AWS_SESSION_TOKEN").ok(),
            None,
            "Lambda",
        );
        let mut config = Config::builder()
            .behavior_version_latest()
            .http_client(http_client)
            .region(Region::new(env::var("AWS_REGION")?))
            .credentials_provider(credentials);
        let endpoint = env::var("AWS_ENDPOINT_URL_DYNAMODB").or_else(|_| env::var("AWS_ENDPOINT_URL"));
        config.set_endpoint_url(endpoint.ok());
        Ok(Self::new(config, env::var(variable)?, key))
    }

    /// Return a table. Three attempts and the pauses between them end before the function's own timeout.
    pub fn new(config: Builder, name: String, key: &'static [KeyAttribute]) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .read_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(3))
            .build();
        let config = config.timeout_config(timeouts).retry_config(RetryConfig::standard().with_max_attempts(3));
        Self {
            client: Client::from_conf(config.build()),
            name,
            key,
        }
    }

    /// Return the table's next items after a key.
    pub async fn scan(&self, limit: i32, start: Option<Item>) -> Result<Page, Error> {
        let scan = self.client.scan().table_name(&self.name).limit(limit).set_exclusive_start_key(start);
        let output = scan.send().await.map_err(|error| translate(error, missing_or_changed))?;
        Ok(Page {
            items: output.items.unwrap_or_default(),
            last_key: output.last_evaluated_key,
        })
    }
{% if service.sort_key or service.indexes %}
    /// Return the next items of a partition after a key, in the order of the sort key of the table or an index.
    pub async fn query(
        &self,
        partition: Item,
        limit: i32,
        start: Option<Item>,
        index: Option<&str>,
    ) -> Result<Page, Error> {
        let named =
            partition.into_iter().map(|(name, value)| (("#partition".into(), name), (":partition".into(), value)));
        let (names, values): (HashMap<_, _>, HashMap<_, _>) = named.unzip();
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(index.map(Into::into))
            .limit(limit)
            .key_condition_expression("#partition = :partition")
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .set_exclusive_start_key(start);
        let output = query.send().await.map_err(|error| translate(error, missing_or_changed))?;
        Ok(Page {
            items: output.items.unwrap_or_default(),
            last_key: output.last_evaluated_key,
        })
    }
{% endif %}
    /// Return the item with a key, as it is now.
    ///
    /// # Errors
    ///
    /// The item does not exist.
    pub async fn read(&self, key: Item) -> Result<Item, Error> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        let output = get.send().await.map_err(|error| translate(error, missing_or_changed))?;
        output.item.ok_or_else(|| missing_or_changed(None))
    }

    /// Put a new item.
    ///
    /// # Errors
    ///
    /// Its key is taken.
    pub async fn create(&self, item: &Item) -> Result<(), Error> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item.clone()))
            .condition_expression("attribute_not_exists(#partition)")
            .expression_attribute_names("#partition", self.key[0].name)
            .return_values_on_condition_check_failure(OldItem::AllOld);
        let refuse = |_| Error::Conflict("An item with this key already exists".into());
        put.send().await.map_err(|error| translate(error, refuse))?;
        Ok(())
    }

    /// Put an item in place of the one with its key, and return whether one existed.
    pub async fn replace(&self, item: &Item) -> Result<bool, Error> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item.clone()));
        let output = put
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| translate(error, missing_or_changed))?;
        Ok(output.attributes.is_some())
    }

    /// Set or remove attributes of an item in one step, and return the item.
    ///
    /// # Errors
    ///
    /// The item does not exist.
    pub async fn update(&self, key: Item, changes: Item) -> Result<Item, Error> {
        let mut names = HashMap::from([("#partition".into(), self.key[0].name.into())]);
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
            .return_values_on_condition_check_failure(OldItem::AllOld)
            .return_values(ReturnValue::AllNew);
        let output = update.send().await.map_err(|error| translate(error, missing_or_changed))?;
        Ok(output.attributes.unwrap_or_default())
    }

    /// Delete the item with a key.
    ///
    /// # Errors
    ///
    /// The item does not exist.
    pub async fn delete(&self, key: Item) -> Result<(), Error> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .condition_expression("attribute_exists(#partition)")
            .expression_attribute_names("#partition", self.key[0].name)
            .return_values_on_condition_check_failure(OldItem::AllOld);
        delete.send().await.map_err(|error| translate(error, missing_or_changed))?;
        Ok(())
    }
}

/// Return the service's error for one of DynamoDB's; for a failed condition that of `refuse`, which gets the old item.
fn translate<E>(error: SdkError<E>, refuse: impl FnOnce(Option<Item>) -> Error) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let message = error.message().unwrap_or_default().to_owned();
    match &error {
        SdkError::ConstructionFailure(_) => Error::Internal(error.into()),
        SdkError::ServiceError(response) => match code.as_str() {
            "ConditionalCheckFailedException" => refuse(find_old_item(response.err())),
            "ResourceNotFoundException" => unavailable("The table does not exist", error),
            "ProvisionedThroughputExceededException"
            | "ReplicatedWriteConflictException"
            | "RequestLimitExceeded"
            | "ThrottlingException"
            | "TransactionConflictException" => unavailable("The table is throttling requests", error),
            _ if !response.raw().status().is_client_error() => unavailable("The table does not respond", error),
            // The item passed the checks in `items`: it is too large, or has a wrong type for an index's key.
            "ValidationException" if message.contains("Item size") => {
                Error::TooLarge("The item is larger than 400 KB".into())
            }
            "ValidationException" => Error::InvalidRequest(message),
            _ => Error::Internal(error.into()),
        },
        _ => unavailable("The table does not respond", error),
    }
}

fn unavailable(message: &str, cause: impl Into<BoxError>) -> Error {
    Error::Unavailable(message.into(), cause.into())
}

/// Return the error of a change to an item that does not exist, or is not as expected.
fn missing_or_changed(old: Option<Item>) -> Error {
    match old {
        None => Error::NotFound("No item has this key".into()),
        Some(_) => Error::Conflict("The item has changed meanwhile".into()),
    }
}

/// Return the item that the table has, from the error of a failed condition.
fn find_old_item(error: &impl StdError) -> Option<Item> {
    error.source()?.downcast_ref::<ConditionalCheckFailedException>()?.item.clone()
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::http::HttpResponse;
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

    use super::*;

    #[test]
    fn translates_the_errors_of_dynamodb() {
        for (status, code, message, translation) in [
            (400, "ConditionalCheckFailedException", "inside", "No item has this key"),
            (400, "ProvisionedThroughputExceededException", "inside", "The table is throttling requests"),
            (400, "ThrottlingException", "inside", "The table is throttling requests"),
            (400, "ResourceNotFoundException", "inside", "The table does not exist"),
            (500, "InternalServerError", "inside", "The table does not respond"),
            (200, "", "inside", "The table does not respond"),
            (400, "ValidationException", "Item size has exceeded the maximum", "The item is larger than 400 KB"),
            (400, "ValidationException", "Type mismatch for Index Key", "Type mismatch for Index Key"),
            (400, "AccessDeniedException", "inside", "Internal server error"),
        ] {
            let cause = ErrorMetadata::builder().code(code).message(message).build();
            let response = HttpResponse::new(status.try_into().unwrap(), "".into());

            let error = translate(SdkError::service_error(cause, response), missing_or_changed);

            assert_eq!(error.to_string(), translation, "{code}");
        }
    }

    #[test]
    fn decides_by_the_old_item_what_a_failed_condition_means() {
        let fail = |old: Option<Item>| {
            let meta = ErrorMetadata::builder().code("ConditionalCheckFailedException").build();
            let cause = ConditionalCheckFailedException::builder().set_item(old).meta(meta).build();
            let response = HttpResponse::new(400.try_into().unwrap(), "".into());
            SdkError::service_error(UpdateItemError::ConditionalCheckFailedException(cause), response)
        };

        assert_eq!(translate(fail(None), missing_or_changed).status(), 404);
        assert_eq!(translate(fail(Some(Item::new())), missing_or_changed).status(), 409);
    }

    #[test]
    fn gives_up_before_the_function_s_timeout() {
        let table = Table::new(Config::builder().behavior_version_latest(), "any".into(), &KEY);
        let template = include_str!("../template.yaml");
        let timeout = template.lines().find_map(|line| line.trim().strip_prefix("Timeout: ")).unwrap();

        let attempt = table.client.config().timeout_config().unwrap().operation_attempt_timeout().unwrap();
        let attempts = table.client.config().retry_config().unwrap().max_attempts();
        let pauses = Duration::from_secs((1 << (attempts - 1)) - 1); // at most 1, 2, 4, ... seconds
        assert!(attempt * attempts + pauses < Duration::from_secs(timeout.parse().unwrap()));
    }
}
