//! `opensail session snapshots`: the positions that undo, fork and diff take.

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
    for item in answer["items"].as_array().into_iter().flatten() {
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
    if answer["complete"] != true {
        eprintln!("the files after the last step are not captured (yet)");
    }
    Ok(())
}
