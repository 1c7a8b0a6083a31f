//! `opensail session merge`.

use super::spared::spared;
use crate::cli::CliError;
use crate::cli::arguments::Conflicts;
use crate::cli::client::Client;
use crate::cli::paint::{on_one_line, printable};

pub async fn merge(client: &Client, session: &str, conflicts: &Conflicts) -> Result<(), CliError> {
    let merged = client.post(&format!("/api/v1/sessions/{session}/merge"), &conflicts.fields()).await?;
    println!("merged into {}; paths changed: {}", printable(merged["into"].as_str().unwrap_or_default()), merged["changed"]);
    spared(&merged);
    let into = on_one_line(merged["into"].as_str().unwrap_or_default());
    println!("what was there before comes back with: opensail session undo {into} --to {}", merged["found"]);
    Ok(())
}
