//! `opensail audit checkpoint`: the signed text, and the keys to keep.

use crate::cli::CliError;
use crate::cli::client::Client;
use crate::cli::paint::printable;

pub async fn checkpoint(client: &Client, json: bool) -> Result<(), CliError> {
    let answer = client.get("/api/v1/audit/checkpoint", &[]).await?;
    if json {
        tell!("{answer}");
        return Ok(());
    }
    for line in answer["note"].as_str().unwrap_or_default().lines() {
        tell!("{}", printable(line));
    }
    tell!();
    for key in answer["keys"].as_array().into_iter().flatten() {
        tell!("key {}", printable(key.as_str().unwrap_or_default()));
    }
    Ok(())
}
