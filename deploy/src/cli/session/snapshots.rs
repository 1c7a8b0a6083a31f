//! `opensail session snapshots`: the positions that undo, fork and diff take.

use serde_json::Value;

use super::narrate::not_captured;
use crate::cli::CliError;
use crate::cli::arguments::LookBack;
use crate::cli::client::Client;
use crate::cli::paint::{Ink, Paint, on_one_line, printable};

pub async fn snapshots(client: &Client, session: &str, then: &LookBack, json: bool) -> Result<(), CliError> {
    let query: Vec<_> = then.parameter().into_iter().collect();
    let answer = client.get(&format!("/api/v1/sessions/{session}/snapshots"), &query).await?;
    if json {
        tell!("{answer}");
        return Ok(());
    }
    let paint = Paint::for_stdout();
    let listed = |name: &str| answer[name].as_array().into_iter().flatten();
    let mut failed: Vec<&Value> = listed("failed").collect();
    let mut tell_failed = |before: u64| {
        let later = failed.iter().position(|one| one["position"].as_u64() >= Some(before)).unwrap_or(failed.len());
        for one in failed.drain(..later) {
            let what = one["call_id"].as_str().map_or_else(|| "run".to_owned(), |call| format!("call {}", printable(call)));
            tell!("{:>8}  {what:<10}  {}", format!("#{}", one["position"]), paint.ink(Ink::Yellow, &not_captured(one)));
        }
    };
    for item in listed("items") {
        tell_failed(item["position"].as_u64().unwrap_or_default());
        let text = |name: &str| printable(item[name].as_str().unwrap_or_default());
        let what = match item["call_id"].as_str() {
            Some(call) => format!("call {}", printable(call)),
            None => text("cause"),
        };
        let paths: Vec<String> =
            item["paths"].as_array().into_iter().flatten().filter_map(|path| path.as_str()).take(3).map(on_one_line).collect();
        let changed = item["changed"].as_u64();
        let more = match changed {
            Some(count) if count > paths.len() as u64 => format!(" … {count} in all"),
            _ => String::new(),
        };
        let marks = [(item["kept"] == false, " (no longer kept)"), (item["late"] == true, " (made up after a stop)")];
        let marks: String = marks.into_iter().filter_map(|(is, text)| is.then_some(text)).collect();
        let name = item["name"].as_str().map(|name| format!(" “{}”", printable(name))).unwrap_or_default();
        let position = format!("#{}", item["position"]);
        tell!("{:>8}  {what:<10}  {}{more}{name}{}", position, paths.join("  "), paint.ink(Ink::Dim, &marks));
    }
    tell_failed(u64::MAX);
    if answer["awaited"] == true {
        eprintln!("the files after the last step are not captured yet");
    }
    Ok(())
}
