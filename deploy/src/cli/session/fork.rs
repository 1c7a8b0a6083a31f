//! `opensail session fork`.

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::cli::CliError;
use crate::cli::arguments::EditMode;
use crate::cli::client::Client;
use crate::cli::paint::{Ink, Paint, printable};

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
        println!("{}", printable(fork["id"].as_str().unwrap_or_default()));
        say_what_it_lacks(client, session, wish.at).await?;
    }
    Ok(())
}

/// What the snapshot left out is not in the copy.
async fn say_what_it_lacks(client: &Client, origin: &str, at: Option<u64>) -> Result<(), CliError> {
    let snapshots = client.get(&format!("/api/v1/sessions/{origin}/snapshots"), &[]).await?;
    let items = snapshots["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let there = |item: &&Value| at.is_none_or(|at| item["position"].as_u64().is_some_and(|position| position <= at));
    let left_out = items.iter().rfind(there).and_then(|item| item["left_out"].as_u64());
    if let Some(count @ 1..) = left_out {
        let told = format!("left out of its files: {count} (caches, what .gitignore names, what is too large); its tools make them again");
        eprintln!("{}", Paint::for_stderr().ink(Ink::Dim, &told));
    }
    Ok(())
}
