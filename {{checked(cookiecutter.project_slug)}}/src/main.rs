//! The functions' program: makes what lasts from one request to the next, and waits for requests.

use lambda_runtime::{Error, service_fn, tracing};
use service::app;
use service::table::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let table = Table::connect().await?;
    lambda_runtime::run(service_fn(|event| app::handle(&table, event))).await
}
