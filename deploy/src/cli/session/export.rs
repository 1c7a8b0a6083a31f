//! `opensail session export`.

use std::path::Path;

use crate::cli::CliError;
use crate::cli::arguments::{ExportFormat, LookBack};
use crate::cli::client::Client;
use crate::cli::download;

pub async fn export(client: &Client, session: &str, format: ExportFormat, then: &LookBack, output: Option<&Path>) -> Result<(), CliError> {
    let format = match format {
        ExportFormat::Jsonl => "jsonl",
        ExportFormat::Atif => "atif",
    };
    let query: Vec<_> = [("format", format.to_owned())].into_iter().chain(then.parameter()).collect();
    let stream = client.bytes(&format!("/api/v1/sessions/{session}/export"), &query).await?;
    download::write(stream, output).await
}
