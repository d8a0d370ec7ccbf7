{% set attributes = service.attributes -%}
{% set has_conditions = service.decides_by_item or service.keeps_on_replace -%}
{% set only_existing = "self.only_if(EXISTS, precondition.revisions.as_deref())" if attributes.revision else "self.only_if(EXISTS)" -%}
{% set only_missing = "self.only_if(MISSING, None)" if attributes.revision else "self.only_if(MISSING)" -%}
{% set only_same = "self.only_if(EXISTS, Some(&[written::revision_of(old)]))" if attributes.revision else "self.only_if_created(old.get(CREATED))" -%}
{% set or_not_as_required = ", or is not as required" if attributes.revision -%}
{% set precondition = ", precondition: &Precondition" if attributes.revision -%}
{% set found = "output.item" ~ (".filter(|item| !written::is_expired(item))" if attributes.expiry else "") -%}
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
{%- if has_conditions %}
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
{%- endif %}
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
{%- if has_conditions or service.lists_in_order %}
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure as OldItem, ScalarAttributeType,
};
{%- else %}
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure as OldItem, ScalarAttributeType};
{%- endif %}
use aws_smithy_http_client as http_client;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::errors::{BoxError, Error};
use crate::json_values::Item;
{%- if has_conditions %}
use crate::written::{self, {{ source.list_written_names(service) | select("upper") | sort | join(", ") }}};
{%- endif %}

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
{% if attributes.expiry -%}
// An item that has expired counts as missing. One whose attribute is missing, or is not a number, does not expire.
const EXISTS: &str = "attribute_exists(#partition) AND NOT (#expiry <= :now)";
{%- if not service.id_key %}
const MISSING: &str = "attribute_not_exists(#partition) OR #expiry <= :now";
{%- endif %}
const NOT_EXPIRED: &str = "NOT (#expiry <= :now)";

{% elif has_conditions -%}
const EXISTS: &str = "attribute_exists(#partition)";
{%- if not service.id_key %}
const MISSING: &str = "attribute_not_exists(#partition)";
{%- endif %}

{% endif -%}
/// Items that follow one another.
#[derive(Debug)]
pub struct Page {
    pub items: Vec<Item>,
    /// The key to continue from, or None on the last page.
    pub last_key: Option<Item>,
}

{% if service.lists_in_order -%}
/// The part of a partition that a list shows, and its order.
#[derive(Debug)]
pub struct Bounds {
    pub sort_key: &'static str,
    /// The lowest value of the sort key, or None for any.
    pub first: Option<AttributeValue>,
    /// The highest value, or None for any.
    pub last: Option<AttributeValue>,
    pub is_descending: bool,
}

impl Bounds {
    /// Return the condition on the sort key, of which DynamoDB takes one; None without bounds.
    fn condition(&self) -> Option<&'static str> {
        match (&self.first, &self.last) {
            (None, None) => None,
            (Some(_), None) => Some("#sort >= :first"),
            (None, Some(_)) => Some("#sort <= :last"),
            (Some(_), Some(_)) => Some("#sort BETWEEN :first AND :last"),
        }
    }
}

{% endif -%}
{% if attributes.revision -%}
/// What a client requires of the item that it changes.
#[derive(Debug)]
pub struct Precondition {
    pub must_exist: bool,
    pub must_be_missing: bool,
    /// The revisions of which the item must have one, or None for any.
    pub revisions: Option<Vec<i64>>,
}

impl Precondition {
    /// Return an error unless the item, or its absence, meets the requirements.
    fn check(&self, old: Option<&Item>) -> Result<(), Error> {
        let has_revision = |old| match &self.revisions {
            Some(revisions) => revisions.contains(&written::revision_of(old)),
            None => true,
        };
        let is_met = old.map_or(!self.must_exist, |old| !self.must_be_missing && has_revision(old));
        if is_met { Ok(()) } else { Err(Error::PreconditionFailed) }
    }
}

{% endif -%}
{% if has_conditions -%}
/// What a write depends on.
struct Condition {
    expression: String,
    names: HashMap<String, String>,
    values: Item,
}

{% endif -%}
/// A DynamoDB table, and the client that all requests share. Each operation is one call of DynamoDB{{ ", except `replace`" if service.keeps_on_replace }}.
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
{%- if not service.owner %}

    /// Return the table's next items after a key.
    pub async fn scan(&self, limit: i32, start: Option<Item>) -> Result<Page, Error> {
{%- if attributes.expiry %}
        let scan = self
            .client
            .scan()
            .table_name(&self.name)
            .limit(limit)
            .filter_expression(NOT_EXPIRED)
            .expression_attribute_names("#expiry", EXPIRY)
            .expression_attribute_values(":now", AttributeValue::N(written::read_clock().to_string()))
            .set_exclusive_start_key(start);
{%- else %}
        let scan = self.client.scan().table_name(&self.name).limit(limit).set_exclusive_start_key(start);
{%- endif %}
        let output = scan.send().await.map_err(|error| translate(error, missing_or_changed))?;
        Ok(Page {
            items: output.items.unwrap_or_default(),
            last_key: output.last_evaluated_key,
        })
    }
{%- endif %}
{% if service.sort_key or service.indexes %}
    /// Return the next items of a partition after a key, in the order of the sort key of the table or an index.
{%- if service.looks_up %}
    ///
    /// A partition with both keys of an index has only the items with this sort key.
{%- endif %}
    pub async fn query(
        &self,
        partition: Item,
        limit: i32,
        start: Option<Item>,
{%- if service.lists_in_order %}
        bounds: Option<&Bounds>,
{%- endif %}
        index: Option<&str>,
    ) -> Result<Page, Error> {
{%- if service.looks_up %}
        let equals: Vec<_> = (0..partition.len()).map(|number| format!("#{number} = :{number}")).collect();
        let {{ "mut " if service.lists_in_order }}condition = equals.join(" AND ");
        let named = partition.into_iter().enumerate();
        let named = named.map(|(number, (name, value))| ((format!("#{number}"), name), (format!(":{number}"), value)));
{%- else %}
        let named =
            partition.into_iter().map(|(name, value)| (("#partition".into(), name), (":partition".into(), value)));
{%- endif %}
{%- if service.lists_in_order or attributes.expiry %}
        let (mut names, mut values): (HashMap<_, _>, HashMap<_, _>) = named.unzip();
{%- else %}
        let (names, values): (HashMap<_, _>, HashMap<_, _>) = named.unzip();
{%- endif %}
{%- if service.lists_in_order %}
{%- if not service.looks_up %}
        let mut condition = "#partition = :partition".to_owned();
{%- endif %}
        if let Some(bounds) = bounds
            && let Some(of_sort_key) = bounds.condition()
        {
            condition += &format!(" AND {of_sort_key}");
            names.insert("#sort".into(), bounds.sort_key.into());
            let limits = [(":first", &bounds.first), (":last", &bounds.last)];
            values.extend(limits.into_iter().filter_map(|(name, limit)| Some((name.into(), limit.clone()?))));
        }
{%- endif %}
{%- if attributes.expiry %}
        names.insert("#expiry".into(), EXPIRY.into());
        values.insert(":now".into(), AttributeValue::N(written::read_clock().to_string()));
{%- endif %}
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(index.map(Into::into))
            .limit(limit)
{%- if service.lists_in_order %}
            .set_scan_index_forward(bounds.map(|bounds| !bounds.is_descending))
{%- endif %}
{%- if service.lists_in_order or service.looks_up %}
            .key_condition_expression(condition)
{%- else %}
            .key_condition_expression("#partition = :partition")
{%- endif %}
{%- if attributes.expiry %}
            .filter_expression(NOT_EXPIRED)
{%- endif %}
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
        {{ found }}.ok_or_else(|| missing_or_changed(None))
    }
{% if service.id_key %}
    /// Put a new item, whose key no other has. Without a condition: the SDK may repeat a call that succeeded.
    pub async fn create(&self, item: &Item) -> Result<(), Error> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item.clone()));
        put.send().await.map_err(|error| translate(error, missing_or_changed))?;
        Ok(())
    }
{% else %}
    /// Put a new item.
    ///
    /// # Errors
    ///
    /// Its key is taken.
    pub async fn create(&self, item: &Item) -> Result<(), Error> {
{%- if has_conditions %}
        let put = self.put_if(item, {{ only_missing }});
{%- else %}
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item.clone()))
            .condition_expression("attribute_not_exists(#partition)")
            .expression_attribute_names("#partition", self.key[0].name)
            .return_values_on_condition_check_failure(OldItem::AllOld);
{%- endif %}
        let refuse = |_| Error::Conflict("An item with this key already exists".into());
        put.send().await.map_err(|error| translate(error, refuse))?;
        Ok(())
    }
{% endif %}
{%- if service.keeps_on_replace and service.id_key %}
    /// Put an item in place of the one with its key, and return it with what it keeps.
    ///
    /// # Errors
    ///
    /// The item does not exist{{ or_not_as_required }}, or other requests change it at the same time.
    pub async fn replace(&self, item: &Item{{ precondition }}) -> Result<Item, Error> {
        let key = self.key.iter().filter_map(|key| Some((key.name.into(), item.get(key.name)?.clone())));
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key.collect())).consistent_read(true);
        let output = get.send().await.map_err(|error| translate(error, missing_or_changed))?;
        let mut found = {{ found }};
        for _ in 0..2 {
            let old = &found.ok_or_else(|| missing_or_changed(None))?;
{%- if attributes.revision %}
            precondition.check(Some(old))?;
{%- endif %}
            let mut new = item.clone();
            written::keep(&mut new, old);
            match self.put_if(&new, {{ only_same }}).send().await {
                Ok(_) => return Ok(new),
                Err(SdkError::ServiceError(failed)) if failed.err().is_conditional_check_failed_exception() => {
                    found = find_old_item(failed.err());
                }
                Err(error) => return Err(translate(error, missing_or_changed)),
            }
        }
        Err(Error::Conflict("The item has changed meanwhile".into()))
    }
{% elif service.keeps_on_replace %}
    /// Put an item in place of the one with its key. Return it with what it keeps, and whether one existed.
    ///
    /// # Errors
    ///
    /// {{ "The item is not as required, or other" if attributes.revision else "Other" }} requests change it at the same time.
    pub async fn replace(&self, item: &Item{{ precondition }}) -> Result<(Item, bool), Error> {
        let key = self.key.iter().filter_map(|key| Some((key.name.into(), item.get(key.name)?.clone())));
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key.collect())).consistent_read(true);
        let output = get.send().await.map_err(|error| translate(error, missing_or_changed))?;
        let mut found = {{ found }};
        for _ in 0..2 {
{%- if attributes.revision %}
            precondition.check(found.as_ref())?;
{%- endif %}
            let mut new = item.clone();
            let mut condition = {{ only_missing }};
            if let Some(old) = &found {
                written::keep(&mut new, old);
                condition = {{ only_same }};
            }
            match self.put_if(&new, condition).send().await {
                Ok(_) => return Ok((new, found.is_some())),
                Err(SdkError::ServiceError(failed)) if failed.err().is_conditional_check_failed_exception() => {
                    found = find_old_item(failed.err());
                }
                Err(error) => return Err(translate(error, missing_or_changed)),
            }
        }
        Err(Error::Conflict("The item has changed meanwhile".into()))
    }
{% elif service.id_key %}
    /// Put an item in place of the one with its key.
    ///
    /// # Errors
    ///
    /// The item does not exist.
    pub async fn replace(&self, item: &Item) -> Result<(), Error> {
{%- if has_conditions %}
        let put = self.put_if(item, self.only_if(EXISTS));
{%- else %}
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item.clone()))
            .condition_expression("attribute_exists(#partition)")
            .expression_attribute_names("#partition", self.key[0].name)
            .return_values_on_condition_check_failure(OldItem::AllOld);
{%- endif %}
        put.send().await.map_err(|error| translate(error, missing_or_changed))?;
        Ok(())
    }
{% else %}
    /// Put an item in place of the one with its key, and return whether one existed.
    pub async fn replace(&self, item: &Item) -> Result<bool, Error> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item.clone()));
        let output = put
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| translate(error, missing_or_changed))?;
        Ok({{ "output.attributes.is_some_and(|old| !written::is_expired(&old))" if attributes.expiry else "output.attributes.is_some()" }})
    }
{% endif %}
    /// Set or remove attributes of an item in one step, and return the item.
    ///
    /// # Errors
    ///
    /// The item does not exist{{ or_not_as_required }}.
    pub async fn update(&self, key: Item, changes: Item{{ precondition }}) -> Result<Item, Error> {
{%- if has_conditions %}
        let condition = {{ only_existing }};
        let (mut names, mut values) = (condition.names, condition.values);
{%- else %}
        let mut names = HashMap::from([("#partition".into(), self.key[0].name.into())]);
        let mut values = Item::new();
{%- endif %}
        let mut assignments = Vec::new();
        let mut removals = Vec::new();
{%- if attributes.revision %}
        if !changes.is_empty() {
            names.insert("#revision".into(), REVISION.into());
            values.insert(":zero".into(), AttributeValue::N("0".into()));
            values.insert(":one".into(), AttributeValue::N("1".into()));
            assignments.push("#revision=if_not_exists(#revision,:zero)+:one".to_owned());
        }
{%- endif %}
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
            .condition_expression({{ "condition.expression" if has_conditions else '"attribute_exists(#partition)"' }})
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
    /// The item does not exist{{ or_not_as_required }}.
    pub async fn delete(&self, key: Item{{ precondition }}) -> Result<(), Error> {
{%- if has_conditions %}
        let condition = {{ only_existing }};
{%- endif %}
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key))
{%- if has_conditions %}
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values((!condition.values.is_empty()).then_some(condition.values))
{%- else %}
            .condition_expression("attribute_exists(#partition)")
            .expression_attribute_names("#partition", self.key[0].name)
{%- endif %}
            .return_values_on_condition_check_failure(OldItem::AllOld);
        delete.send().await.map_err(|error| translate(error, missing_or_changed))?;
        Ok(())
    }
{%- if has_conditions %}

    /// Return a call that puts an item, if the table has what the condition says.
    fn put_if(&self, item: &Item, condition: Condition) -> PutItemFluentBuilder {
        self.client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item.clone()))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values((!condition.values.is_empty()).then_some(condition.values))
            .return_values_on_condition_check_failure(OldItem::AllOld)
    }
{% if attributes.revision %}
    /// Return the condition of EXISTS{{ "" if service.id_key else " or MISSING" }}, and that the item has one of the revisions if there are any.
{%- else %}
    /// Return the condition of EXISTS{{ "" if service.id_key else " or MISSING" }}.
{%- endif %}
    fn only_if(&self, expression: &str{{ ", revisions: Option<&[i64]>" if attributes.revision }}) -> Condition {
        {{ "let mut condition = " if attributes.revision }}Condition {
            expression: expression.into(),
{%- if attributes.expiry %}
            names: HashMap::from([("#partition".into(), self.key[0].name.into()), ("#expiry".into(), EXPIRY.into())]),
            values: HashMap::from([(":now".into(), AttributeValue::N(written::read_clock().to_string()))]),
{%- else %}
            names: HashMap::from([("#partition".into(), self.key[0].name.into())]),
            values: Item::new(),
{%- endif %}
        }{{ ";" if attributes.revision }}
{%- if attributes.revision %}
        if let Some(revisions) = revisions {
            let names: Vec<_> = (0..revisions.len()).map(|number| format!(":revision{number}")).collect();
            let or_missing = if revisions.contains(&0) { " OR attribute_not_exists(#revision)" } else { "" };
            condition.expression += &format!(" AND (#revision IN ({}){or_missing})", names.join(","));
            condition.names.insert("#revision".into(), REVISION.into());
            let values = revisions.iter().map(|revision| AttributeValue::N(revision.to_string()));
            condition.values.extend(names.into_iter().zip(values));
        }
        condition
{%- endif %}
    }
{%- endif %}
{%- if attributes.created and not attributes.revision %}

    /// Return the condition that the item exists, and has a time of creation, or none.
    fn only_if_created(&self, created: Option<&AttributeValue>) -> Condition {
        let mut condition = self.only_if(EXISTS);
        condition.names.insert("#created".into(), CREATED.into());
        if let Some(created) = created {
            condition.expression += " AND #created = :created";
            condition.values.insert(":created".into(), created.clone());
        } else {
            condition.expression += " AND attribute_not_exists(#created)";
        }
        condition
    }
{%- endif %}
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
        Some(_) => {{ 'Error::PreconditionFailed' if attributes.revision else 'Error::Conflict("The item has changed meanwhile".into())' }},
    }
}

/// Return the item that the table has, from the error of a failed condition.
{%- if attributes.expiry %} None: it has none, or one that has expired.
{%- endif %}
fn find_old_item(error: &impl StdError) -> Option<Item> {
{%- if attributes.expiry %}
    let old = error.source()?.downcast_ref::<ConditionalCheckFailedException>()?.item.clone();
    old.filter(|old| !written::is_expired(old))
{%- else %}
    error.source()?.downcast_ref::<ConditionalCheckFailedException>()?.item.clone()
{%- endif %}
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
        assert_eq!(translate(fail(Some(Item::new())), missing_or_changed).status(), {{ 412 if attributes.revision else 409 }});
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
