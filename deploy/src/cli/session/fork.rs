//! `opensail session fork`.

use clap::ValueEnum;
use serde_json::json;

use crate::cli::CliError;
use crate::cli::arguments::EditMode;
use crate::cli::client::Client;
use crate::cli::paint::printable;

pub struct Wish {
    pub at: Option<u64>,
    pub message: Option<String>,
    pub model: Option<String>,
    pub edit_mode: Option<EditMode>,
    pub start: bool,
}

/// Prints the fork's id; `session watch` follows it.
pub async fn fork(client: &Client, session: &str, wish: Wish, json: bool) -> Result<(), CliError> {
    let mut body = json!({ "start": wish.start });
    let given = [("at", wish.at.map(Into::into)), ("message", wish.message.map(Into::into)), ("model", wish.model.map(Into::into))];
    for (name, value) in given {
        if let Some(value) = value {
            let value: serde_json::Value = value;
            body[name] = value;
        }
    }
    if let Some(mode) = wish.edit_mode.and_then(|mode| mode.to_possible_value()) {
        body["edit_mode"] = mode.get_name().into();
    }
    let fork = client.post(&format!("/api/v1/sessions/{session}/fork"), &body).await?;
    if json {
        println!("{fork}")
    } else {
        println!("{}", printable(fork["id"].as_str().unwrap_or_default()))
    }
    Ok(())
}
