//! `opensail session undo`.

use serde_json::Value;

use super::conflicts::how_to_decide;
use super::spared::spared;
use crate::cli::CliError;
use crate::cli::client::Client;
use crate::cli::paint::on_one_line;
use crate::cli::working;

pub async fn undo(client: &Client, session: &str, wish: &Value) -> Result<(), CliError> {
    let path = format!("/api/v1/sessions/{session}/undo");
    let undone = working::shown("going back: files are compared and changed", false, client.post(&path, wish)).await;
    let undone = undone.map_err(|error| how_to_decide(error, false))?;
    tell!("back at #{}; paths changed: {}", undone["to"], undone["changed"]);
    spared(&undone);
    tell!("what was there before comes back with: opensail session undo {} --to {}", on_one_line(session), undone["found"]);
    Ok(())
}
