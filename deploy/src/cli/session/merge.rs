//! `opensail session merge`.

use serde_json::Value;

use super::conflicts::how_to_decide;
use super::spared::spared;
use crate::cli::CliError;
use crate::cli::client::Client;
use crate::cli::paint::{on_one_line, printable};
use crate::cli::working;

pub async fn merge(client: &Client, session: &str, wish: &Value) -> Result<(), CliError> {
    let path = format!("/api/v1/sessions/{session}/merge");
    let merged = working::shown("merging: files are compared and changed", false, client.post(&path, wish)).await;
    let merged = merged.map_err(|error| how_to_decide(error, true))?;
    tell!("merged into {}; paths changed: {}", printable(merged["into"].as_str().unwrap_or_default()), merged["changed"]);
    spared(&merged);
    if merged["changed"] == 0 {
        return Ok(());
    }
    let into = on_one_line(merged["into"].as_str().unwrap_or_default());
    tell!("what was there before comes back with: opensail session undo {into} --to {}", merged["found"]);
    Ok(())
}
