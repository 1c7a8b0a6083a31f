//! `opensail session merge`.

use super::conflicts::how_to_decide;
use super::spared::spared;
use crate::cli::CliError;
use crate::cli::arguments::Conflicts;
use crate::cli::client::Client;
use crate::cli::paint::{on_one_line, printable};

pub async fn merge(client: &Client, session: &str, conflicts: &Conflicts, marked: &[String]) -> Result<(), CliError> {
    let wish = conflicts.fields(marked);
    let merged = client.post(&format!("/api/v1/sessions/{session}/merge"), &wish).await.map_err(|error| how_to_decide(error, true))?;
    tell!("merged into {}; paths changed: {}", printable(merged["into"].as_str().unwrap_or_default()), merged["changed"]);
    spared(&merged);
    if merged["changed"] == 0 {
        return Ok(());
    }
    let into = on_one_line(merged["into"].as_str().unwrap_or_default());
    tell!("what was there before comes back with: opensail session undo {into} --to {}", merged["found"]);
    Ok(())
}
