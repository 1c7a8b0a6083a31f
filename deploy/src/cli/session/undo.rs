//! `opensail session undo`.

use crate::cli::CliError;
use crate::cli::arguments::Conflicts;
use crate::cli::client::Client;
use crate::cli::paint::on_one_line;

pub async fn undo(client: &Client, session: &str, to: u64, conflicts: &Conflicts) -> Result<(), CliError> {
    let mut body = conflicts.fields();
    body["to"] = to.into();
    let undone = client.post(&format!("/api/v1/sessions/{session}/undo"), &body).await?;
    println!("back at #{}; paths changed: {}; undo this with --to {}", undone["to"], undone["changed"], before(&undone));
    for path in undone["spared"].as_array().into_iter().flatten().filter_map(|path| path.as_str()) {
        println!("left as it is: {}", on_one_line(path));
    }
    Ok(())
}

/// The last position before the undo: its own two events are the last ones.
fn before(undone: &serde_json::Value) -> u64 {
    undone["position"].as_u64().unwrap_or(0).saturating_sub(2)
}
