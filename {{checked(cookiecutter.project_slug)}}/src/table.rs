//! The DynamoDB table: its key, the client and the operations. It does not depend on HTTP.

use std::collections::HashMap;
use std::env::{self, VarError};
use std::error::Error as StdError;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{ReturnValue, ScalarAttributeType};
use aws_smithy_http_client as http_client;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::errors::{BoxError, Error};
use crate::json_values::Item;

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
{% if service.indexes %}
{% include "indexes.rs" -%}
{% endif %}
/// Items that follow one another, and the key to continue from if there may be more.
#[derive(Debug)]
pub struct Page {
    pub items: Vec<Item>,
    pub last_key: Option<Item>,
}

/// The table, and the client that all requests share.
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// Return the table that TABLE_NAME names. Error: the variable is missing.
    pub async fn connect() -> Result<Self, VarError> {
        let name = env::var("TABLE_NAME")?;
        let http_client = http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client).load().await;
        Ok(Self::new(&config, name))
    }

    /// Return a table. Three attempts and the pauses between them end before the function's own timeout.
    pub fn new(sdk_config: &SdkConfig, name: String) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .read_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(3))
            .build();
        let config = config::Builder::from(sdk_config)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .build();
        Self { client: Client::from_conf(config), name }
    }

    /// Return the table's next items after a key.
    pub async fn scan(&self, limit: i32, start: Option<Item>) -> Result<Page, Error> {
        let scan = self.client.scan().table_name(&self.name).limit(limit).set_exclusive_start_key(start);
        let output = scan.send().await.map_err(|error| translate(error, None))?;
        Ok(Page {
            items: output.items.unwrap_or_default(),
            last_key: output.last_evaluated_key,
        })
    }
{% if service.sort_key %}
    /// Return a partition's next items after a key, in the sort key's order.
    pub async fn query(&self, mut partition: Item, limit: i32, start: Option<Item>) -> Result<Page, Error> {
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
            items: output.items.unwrap_or_default(),
            last_key: output.last_evaluated_key,
        })
    }
{% endif %}
{%- if service.indexes %}
    /// Return the next items of an index with its partition key, after a key.
    pub async fn query_index(
        &self,
        index: &Index,
        mut partition: Item,
        limit: i32,
        start: Option<Item>,
    ) -> Result<Page, Error> {
        let name = index.key[0].name;
        let value = partition.remove(name);
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(index.name)
            .limit(limit)
            .key_condition_expression("#partition = :partition")
            .expression_attribute_names("#partition", name)
            .set_expression_attribute_values(value.map(|value| HashMap::from([(":partition".into(), value)])))
            .set_exclusive_start_key(start);
        let output = query.send().await.map_err(|error| translate(error, None))?;
        Ok(Page {
            items: output.items.unwrap_or_default(),
            last_key: output.last_evaluated_key,
        })
    }
{% endif %}
    /// Return the item with a key, as it is now. Error: it does not exist.
    pub async fn read(&self, key: Item) -> Result<Item, Error> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        let output = get.send().await.map_err(|error| translate(error, None))?;
        output.item.ok_or_else(not_found)
    }

    /// Put a new item. Error: its key is taken.
    pub async fn create(&self, item: &Item) -> Result<(), Error> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item.clone()))
            .condition_expression("attribute_not_exists(#partition)")
            .expression_attribute_names("#partition", PARTITION_KEY.name);
        let refusal = Error::AlreadyExists("An item with this key already exists".into());
        put.send().await.map_err(|error| translate(error, Some(refusal)))?;
        Ok(())
    }

    /// Put an item in place of the one with its key, and return whether one existed.
    pub async fn replace(&self, item: &Item) -> Result<bool, Error> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item.clone()));
        let output = put.return_values(ReturnValue::AllOld).send().await.map_err(|error| translate(error, None))?;
        Ok(output.attributes.is_some())
    }

    /// Set or remove attributes of an item in one step, and return the item. Error: it does not exist.
    pub async fn update(&self, key: Item, changes: Item) -> Result<Item, Error> {
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
        Ok(output.attributes.unwrap_or_default())
    }

    /// Delete the item with a key. Error: it does not exist.
    pub async fn delete(&self, key: Item) -> Result<(), Error> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .condition_expression("attribute_exists(#partition)")
            .expression_attribute_names("#partition", PARTITION_KEY.name);
        delete.send().await.map_err(|error| translate(error, Some(not_found())))?;
        Ok(())
    }
}

/// Return the service's error for one of DynamoDB's; `condition_failed` for a failed condition.
fn translate<E>(error: SdkError<E>, condition_failed: Option<Error>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let message = error.message().unwrap_or_default().to_owned();
    match (&error, condition_failed) {
        (SdkError::ConstructionFailure(_), _) => Error::Internal(error.into()),
        (SdkError::ServiceError(_), Some(refusal)) if code == "ConditionalCheckFailedException" => refusal,
        (SdkError::ServiceError(response), _) => match code.as_str() {
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

fn not_found() -> Error {
    Error::NotFound("No item has this key".into())
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::http::HttpResponse;
    use aws_sdk_dynamodb::error::ErrorMetadata;

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

            let error = translate(SdkError::service_error(cause, response), Some(not_found()));

            assert_eq!(error.to_string(), translation, "{code}");
        }
    }

    #[test]
    fn gives_up_before_the_function_s_timeout() {
        let sdk_config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        let table = Table::new(&sdk_config, "any".into());
        let template = include_str!("../template.yaml");
        let timeout = template.lines().find_map(|line| line.trim().strip_prefix("Timeout: ")).unwrap();

        let attempt = table.client.config().timeout_config().unwrap().operation_attempt_timeout().unwrap();
        let attempts = table.client.config().retry_config().unwrap().max_attempts();
        let pauses = Duration::from_secs((1 << (attempts - 1)) - 1); // at most 1, 2, 4, ... seconds
        assert!(attempt * attempts + pauses < Duration::from_secs(timeout.parse().unwrap()));
    }
}
