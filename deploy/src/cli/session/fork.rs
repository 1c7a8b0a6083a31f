//! `opensail session fork`.

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::cli::CliError;
use crate::cli::arguments::EditMode;
use crate::cli::client::Client;
use crate::cli::connect::is_named;
use crate::cli::paint::{Ink, Paint, on_one_line, printable};
use crate::cli::working;
use crate::{data_folder, settings};

/// Paths named of each reason.
const SHOWN: usize = 3;

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
    let path = format!("/api/v1/sessions/{session}/fork");
    let fork = working::shown("forking: files are kept and laid out", json, client.post(&path, &body)).await?;
    if json {
        tell!("{fork}")
    } else {
        let id = fork["id"].as_str().unwrap_or_default();
        tell!("{}", printable(id));
        say_where_it_works(id);
        say_what_it_lacks(client, session, wish.at).await?;
    }
    Ok(())
}

/// Its folder, where the server is this machine's: to look at, to build and to try by hand.
fn say_where_it_works(fork: &str) {
    if is_named() {
        return;
    }
    let Ok(home) = settings::home(&settings::environment()) else { return };
    // That of a fork which begins to work at once is only just being laid out.
    let folder = data_folder::forks(&home).join(fork);
    eprintln!("{}", Paint::for_stderr().ink(Ink::Dim, &format!("its files: {}", folder.display())));
}

/// What the snapshot left out is not in the copy.
async fn say_what_it_lacks(client: &Client, origin: &str, at: Option<u64>) -> Result<(), CliError> {
    let snapshots = client.get(&format!("/api/v1/sessions/{origin}/snapshots"), &[]).await?;
    let items = snapshots["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let there = |item: &&Value| at.is_none_or(|at| item["position"].as_u64().is_some_and(|position| position <= at));
    let Some(item) = items.iter().rfind(there).filter(|item| item["left_out"].as_u64() != Some(0)) else { return Ok(()) };
    let at = item["position"].to_string();
    let tree = client.get(&format!("/api/v1/sessions/{origin}/tree"), &[("at", at)]).await?;
    let told = left_out(&tree);
    if !told.is_empty() {
        eprintln!("{}", Paint::for_stderr().ink(Ink::Dim, &format!("left out of its files: {told}")));
    }
    Ok(())
}

/// By reason, with the first paths of each.
fn left_out(tree: &Value) -> String {
    const WORDS: [(&str, &str); 8] = [
        ("cache", "caches, which its tools make again"),
        ("ignored", "named by .gitignore"),
        ("too_large", "too large"),
        ("special", "sockets, pipes and devices"),
        ("mount", "mounted there"),
        ("unreadable", "not readable for the server"),
        ("too_deep", "too deep"),
        ("unsteady", "changing all the while"),
    ];
    let paths = tree["left_out"].as_array().map(Vec::as_slice).unwrap_or_default();
    let told = WORDS.iter().filter_map(|(why, words)| {
        let own: Vec<String> =
            paths.iter().filter(|path| path["why"] == *why).filter_map(|path| path["path"].as_str()).map(on_one_line).collect();
        let more = if own.len() > SHOWN { format!(" and {} more", own.len() - SHOWN) } else { String::new() };
        (!own.is_empty()).then(|| format!("{}{more} ({words})", own[..own.len().min(SHOWN)].join(", ")))
    });
    let told: Vec<String> = told.collect();
    match tree["left_out_count"].as_u64().unwrap_or_default().saturating_sub(paths.len() as u64) {
        0 => told.join("; "),
        beyond => format!("{}; {beyond} more", told.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_told_with_its_true_reasons() {
        let path = |path: &str, why: &str| json!({ "path": path, "why": why });
        let caches = (0..5).map(|n| path(&format!("{n}/target"), "cache"));
        let items: Vec<Value> = caches.chain([path("disk\nimage", "too_large"), path("run.sock", "special")]).collect();
        let told = left_out(&json!({ "left_out": items, "left_out_count": 9 }));
        let expected = "0/target, 1/target, 2/target and 2 more (caches, which its tools make again); disk\u{240a}image (too large); \
            run.sock (sockets, pipes and devices); 2 more";
        assert_eq!(told, expected);
        assert_eq!(left_out(&json!({ "left_out": [], "left_out_count": 0 })), "");
    }
}
