//! `opensail audit export`.

use std::path::Path;

use super::query::team;
use crate::cli::CliError;
use crate::cli::arguments::AuditFilter;
use crate::cli::client::Client;
use crate::cli::download;

pub async fn export(client: &Client, filter: AuditFilter, output: Option<&Path>) -> Result<(), CliError> {
    let query = filter.parameters(Some(team(client, &filter).await?));
    let stream = client.bytes("/api/v1/audit/export", &query).await?;
    download::write(stream, output).await
}
