//! `opensail audit …`.

pub mod export;
pub mod query;

use super::CliError;
use super::arguments::Audit;
use super::connect::connect;

pub async fn execute(command: Audit) -> Result<(), CliError> {
    let connection = connect().await?;
    let done = match command {
        Audit::Query(filter) => query::query(&connection.client, filter).await,
        Audit::Export { filter, output } => export::export(&connection.client, filter, output.as_deref()).await,
    };
    connection.close().await;
    done
}
