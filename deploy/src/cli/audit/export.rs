//! `opensail audit export`.

use std::path::Path;

use super::query::team;
use crate::cli::CliError;
use crate::cli::arguments::{AuditFilter, AuditFormat};
use crate::cli::client::Client;
use crate::cli::download;

pub async fn export(client: &Client, filter: AuditFilter, format: AuditFormat, output: Option<&Path>) -> Result<(), CliError> {
    let mut query = filter.parameters(team(client, &filter).await?);
    if format == AuditFormat::Csv {
        query.push(("format", "csv".into()));
    }
    let stream = client.bytes("/api/v1/audit/export", &query).await?;
    download::write(stream, output).await
}
