//! The function's program: connects to the table once, then serves requests.

use lambda_runtime::{Error, service_fn, tracing};
use service::app;
use service::table::{KEY, Table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let table = Table::connect("TABLE_NAME", &KEY)?;
    lambda_runtime::run(service_fn(|event| app::handle(&table, event))).await
}
