//! `opensail session tree`.

use serde_json::Value;

use crate::cli::CliError;
use crate::cli::arguments::LookBack;
use crate::cli::client::Client;
use crate::cli::paint::{Ink, Paint, printable};

pub async fn tree(client: &Client, session: &str, then: &LookBack, json: bool) -> Result<(), CliError> {
    let query: Vec<_> = then.parameter().into_iter().collect();
    let answer = client.get(&format!("/api/v1/sessions/{session}/forks"), &query).await?;
    if json {
        tell!("{answer}");
        return Ok(());
    }
    let items: Vec<&Value> = answer["items"].as_array().into_iter().flatten().collect();
    let paint = Paint::for_stdout();
    for root in items.iter().filter(|item| item["origin"].is_null()) {
        show(root, &items, 0, session, paint);
    }
    Ok(())
}

fn show(item: &Value, all: &[&Value], depth: usize, own: &str, paint: Paint) {
    let text = |name: &str| printable(item[name].as_str().unwrap_or_default());
    let id = text("id");
    let at = match item["origin"]["position"].as_u64() {
        Some(position) => format!("  from #{position}"),
        None => String::new(),
    };
    let thrown = if item["discarded"] == true { " (files thrown away)" } else { "" };
    let line = format!("{id}  {:<16}  {:>4} steps{at}  {}{thrown}", text("status"), item["usage"]["steps"], text("title"));
    let line = if id == own { paint.ink(Ink::Bold, &line) } else { line };
    tell!("{}{line}", "  ".repeat(depth));
    for fork in all.iter().filter(|fork| fork["origin"]["session_id"] == item["id"]) {
        show(fork, all, depth + 1, own, paint);
    }
}
