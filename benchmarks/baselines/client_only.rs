//! A function that only makes a client, as every function that uses DynamoDB must.

use std::env;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Config, Credentials, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let http_client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let token = env::var("AWS_SESSION_TOKEN").ok();
    let credentials =
        Credentials::new(env::var("AWS_ACCESS_KEY_ID")?, env::var("AWS_SECRET_ACCESS_KEY")?, token, None, "Lambda");
    let config = Config::builder()
        .behavior_version_latest()
        .http_client(http_client)
        .region(Region::new(env::var("AWS_REGION")?))
        .credentials_provider(credentials);
    let client = Client::from_conf(config.build());
    lambda_runtime::run(service_fn(|_: LambdaEvent<Value>| async {
        if env::var_os("ASK").is_some() {
            client.get_item().table_name("users").send().await?; // otherwise the linker drops the client
        }
        Ok::<_, Error>(json!({"statusCode": 404, "body": ""}))
    }))
    .await
}
