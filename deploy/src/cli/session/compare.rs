//! `opensail session compare`: two sessions since they parted.

use serde_json::Value;

use super::diff;
use crate::cli::CliError;
use crate::cli::arguments::LookBack;
use crate::cli::client::Client;
use crate::cli::paint::{Ink, Paint, printable};
use crate::cli::working;

/// Characters of an answer that are shown.
const TEXT_CHARS: usize = 70;

pub async fn compare(client: &Client, left: &str, right: &str, then: &LookBack, json: bool) -> Result<(), CliError> {
    let query: Vec<_> = [("with", right.to_owned())].into_iter().chain(then.parameter()).collect();
    let path = format!("/api/v1/sessions/{left}/compare");
    let answer = working::shown("comparing files", json, client.get(&path, &query)).await?;
    if json {
        tell!("{answer}");
        return Ok(());
    }
    let paint = Paint::for_stdout();
    match answer["ancestor"]["position"].as_u64() {
        Some(position) => tell!("parted at #{position}"),
        None => tell!("nothing in common"),
    }
    for side in ["left", "right"] {
        told(&answer[side], paint);
    }
    tell!("{}", paint.ink(Ink::Bold, "files, left to right"));
    diff::show(&answer["files"], paint);
    Ok(())
}

fn told(side: &Value, paint: Paint) {
    let text = |value: &Value| printable(value.as_str().unwrap_or_default());
    let steps: Vec<&Value> = side["steps"].as_array().into_iter().flatten().collect();
    let head = format!("{}  {}  {} steps, {} ms", text(&side["session_id"]), text(&side["status"]), steps.len(), side["work_ms"]);
    let tokens = side["input_tokens"].as_u64().unwrap_or(0) + side["output_tokens"].as_u64().unwrap_or(0);
    tell!("{}", paint.ink(Ink::Bold, &format!("{head}, {tokens} tokens")));
    for step in steps {
        let said: String = text(&step["text"]).lines().next().unwrap_or_default().chars().take(TEXT_CHARS).collect();
        tell!("  #{} {said}", step["position"]);
        for call in step["calls"].as_array().into_iter().flatten() {
            let changed = call["changed"].as_u64().map(|count| format!(", paths: {count}")).unwrap_or_default();
            tell!("      {} {}{changed}", text(&call["tool"]), text(&call["outcome"]));
        }
    }
}
