//! `opensail session undo`.

use super::conflicts::how_to_decide;
use super::spared::spared;
use crate::cli::CliError;
use crate::cli::arguments::Conflicts;
use crate::cli::client::Client;
use crate::cli::paint::on_one_line;

pub async fn undo(client: &Client, session: &str, to: u64, conflicts: &Conflicts) -> Result<(), CliError> {
    let mut body = conflicts.fields(&[]);
    body["to"] = to.into();
    let undone = client.post(&format!("/api/v1/sessions/{session}/undo"), &body).await.map_err(|error| how_to_decide(error, false))?;
    tell!("back at #{}; paths changed: {}", undone["to"], undone["changed"]);
    spared(&undone);
    tell!("what was there before comes back with: opensail session undo {} --to {}", on_one_line(session), undone["found"]);
    Ok(())
}
