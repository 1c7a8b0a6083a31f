//! `opensail session export`.

use std::path::Path;

use super::super::arguments::ExportFormat;
use crate::cli::CliError;
use crate::cli::client::Client;
use crate::cli::download;

pub async fn export(client: &Client, session: &str, format: ExportFormat, output: Option<&Path>) -> Result<(), CliError> {
    let format = match format {
        ExportFormat::Jsonl => "jsonl",
        ExportFormat::Atif => "atif",
    };
    let stream = client.bytes(&format!("/api/v1/sessions/{session}/export"), &[("format", format.into())]).await?;
    download::write(stream, output).await
}
