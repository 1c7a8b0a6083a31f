//! Streams that read models have set aside, and what becomes of them.

use serde_json::{Value, json};

use super::{LOOK, all, number};
use crate::cli::CliError;
use crate::cli::client::Client;
use crate::cli::paint::on_one_line;

async fn parked(client: &Client) -> Result<Vec<Value>, CliError> {
    let found = client.get("/api/v1/projections/parked", &[]).await?;
    Ok(found["items"].as_array().cloned().unwrap_or_default())
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap_or_default()
}

fn line(parked: &Value) -> String {
    let beside = if parked["beside"] == json!(true) { "  in what is being built" } else { "" };
    format!(
        "{:<28} {}  position {}  {} v{}  {} waiting{beside}  {}",
        text(parked, "projection"),
        on_one_line(text(parked, "stream")),
        number(parked, "position"),
        on_one_line(text(parked, "type")),
        number(parked, "version"),
        number(parked, "waiting"),
        on_one_line(text(parked, "error")),
    )
}

pub(super) async fn list(client: &Client, json: bool) -> Result<(), CliError> {
    let all = parked(client).await?;
    if all.is_empty() {
        eprintln!("nothing is parked");
    }
    for parked in &all {
        tell!("{}", if json { parked.to_string() } else { line(parked) });
    }
    if let Some(first) = all.iter().find(|parked| parked["beside"] == json!(false)) {
        let (name, stream) = (text(first, "projection"), on_one_line(text(first, "stream")));
        eprintln!("once the reason is mended: opensail projection retry {name} {stream}");
        eprintln!(
            "where it cannot be, for ever without it: opensail projection skip {name} {stream} --position {} --reason …",
            number(first, "position")
        );
    }
    Ok(())
}

/// How the stream is parked in the tables that are read.
async fn find(client: &Client, name: &str, stream: &str) -> Result<Option<Value>, CliError> {
    let is = |parked: &Value| text(parked, "projection") == name && text(parked, "stream") == stream && parked["beside"] == json!(false);
    Ok(parked(client).await?.into_iter().find(is))
}

pub(super) async fn retry(client: &Client, name: &str, stream: &str, reason: Option<String>) -> Result<(), CliError> {
    let parked = find(client, name, stream).await?.ok_or_else(|| {
        CliError::Failed(format!(
            "{} is not parked for {}; opensail projection parked lists what is",
            on_one_line(stream),
            on_one_line(name)
        ))
    })?;
    let mut order = json!({ "position": parked["position"] });
    if let Some(reason) = reason {
        order["reason"] = reason.into();
    }
    send(client, name, stream, "retry", &order).await
}

pub(super) async fn skip(client: &Client, name: &str, stream: &str, position: u64, reason: String) -> Result<(), CliError> {
    send(client, name, stream, "skip", &json!({ "position": position, "reason": reason })).await
}

/// Orders it, waits until the read model has obeyed, and tells what came of it.
async fn send(client: &Client, name: &str, stream: &str, verb: &str, order: &Value) -> Result<(), CliError> {
    let ordered = client.post(&format!("/api/v1/projections/{name}/parked/{stream}/{verb}"), order).await?;
    loop {
        let views = all(client).await?;
        let view = views.iter().find(|view| view["name"] == name).ok_or_else(|| CliError::Failed(format!("{name} is gone")))?;
        if let Some(why) = view["stopped"].as_str() {
            return Err(CliError::Failed(format!("{name} does not go on: {why}")));
        }
        if number(view, "position") >= number(&ordered, "position") {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    match find(client, name, stream).await? {
        None => {
            tell!("{stream} flows again");
            Ok(())
        }
        Some(parked) => Err(CliError::Failed(format!("it is still parked: {}", line(&parked)))),
    }
}
