//! `opensail consumer …`: how far each consumer is that workers share, and what becomes of streams that it has set aside.

use std::time::Duration;

use serde_json::{Value, json};

use super::CliError;
use super::arguments::Consumer;
use super::client::Client;
use super::connect::connect;
use super::paint::on_one_line;
use super::working;

/// How often it is asked what came of an order.
const LOOK: Duration = Duration::from_millis(250);
/// So long what came of it is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn execute(command: Consumer) -> Result<(), CliError> {
    let connection = connect().await?;
    let done = with_server(command, &connection.client).await;
    connection.close().await;
    done
}

async fn with_server(command: Consumer, client: &Client) -> Result<(), CliError> {
    match command {
        Consumer::List { json } => {
            let all = items(client, "/api/v1/consumers").await?;
            if all.is_empty() {
                eprintln!("no consumer has begun yet");
            }
            for consumer in all {
                tell!("{}", if json { consumer.to_string() } else { line_of_consumer(&consumer) });
            }
            Ok(())
        }
        Consumer::Parked { json } => list_parked(client, json).await,
        Consumer::Retry { name, stream, reason } => {
            let place = format!("{} for {}", on_one_line(&stream), on_one_line(&name));
            let parked = find(client, &name, &stream).await?;
            let parked =
                parked.ok_or_else(|| CliError::Failed(format!("{place} is not parked; opensail consumer parked lists what is")))?;
            if text(&parked, "status") == "going_on" {
                return Err(CliError::Failed(format!("{place} goes on already")));
            }
            let mut order = json!({ "position": parked["position"] });
            if let Some(reason) = reason {
                order["reason"] = reason.into();
            }
            send(client, &name, &stream, "retry", &order).await
        }
        Consumer::Skip { name, stream, position, reason } => {
            send(client, &name, &stream, "skip", &json!({ "position": position, "reason": reason })).await
        }
    }
}

async fn items(client: &Client, path: &str) -> Result<Vec<Value>, CliError> {
    let found = client.get(path, &[]).await?;
    Ok(found["items"].as_array().cloned().unwrap_or_default())
}

async fn find(client: &Client, name: &str, stream: &str) -> Result<Option<Value>, CliError> {
    let is = |parked: &Value| text(parked, "consumer") == name && text(parked, "stream") == stream;
    Ok(items(client, "/api/v1/consumers/parked").await?.into_iter().find(is))
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap_or_default()
}

fn number(of: &Value, field: &str) -> u64 {
    of[field].as_u64().unwrap_or(0)
}

fn line_of_consumer(consumer: &Value) -> String {
    let mut line = format!(
        "{:<28} position {:>8}  lag {:>6}  parked {}  members {}",
        on_one_line(text(consumer, "name")),
        number(consumer, "position"),
        number(consumer, "lag_events"),
        number(consumer, "parked"),
        number(consumer, "members")
    );
    let stopped = &consumer["stopped"];
    if stopped.is_object() {
        line.push_str(&format!("  partition {} goes no further: {}", number(stopped, "partition"), on_one_line(text(stopped, "why"))));
    }
    line
}

fn line(parked: &Value) -> String {
    let mut line = format!(
        "{:<28} {}  position {}",
        on_one_line(text(parked, "consumer")),
        on_one_line(text(parked, "stream")),
        number(parked, "position")
    );
    match text(parked, "status") {
        "going_on" => return line + "  goes on",
        "retry_ordered" => line.push_str("  to be tried again"),
        "skip_ordered" => line.push_str("  to be left out"),
        _ => {}
    }
    let (kind, error) = (on_one_line(text(parked, "type")), on_one_line(text(parked, "error")));
    line + &format!("  {kind} v{}  {} waiting  {error}", number(parked, "version"), number(parked, "waiting"))
}

async fn list_parked(client: &Client, json: bool) -> Result<(), CliError> {
    let all = items(client, "/api/v1/consumers/parked").await?;
    if all.is_empty() {
        eprintln!("nothing is parked");
    }
    for parked in &all {
        tell!("{}", if json { parked.to_string() } else { line(parked) });
    }
    if let Some(first) = all.iter().find(|parked| text(parked, "status") == "parked") {
        let (name, stream) = (on_one_line(text(first, "consumer")), on_one_line(text(first, "stream")));
        eprintln!("once the reason is mended: opensail consumer retry {name} {stream}");
        eprintln!("where it cannot be: opensail consumer skip {name} {stream} --position {} --reason …", number(first, "position"));
    }
    Ok(())
}

/// Orders it, waits until a member has carried it out, and tells what came of it.
async fn send(client: &Client, name: &str, stream: &str, verb: &str, order: &Value) -> Result<(), CliError> {
    client.post(&format!("/api/v1/consumers/{name}/parked/{stream}/{verb}"), order).await?;
    let outcome = tokio::time::timeout(PATIENCE, outcome(client, name, stream));
    match working::shown("the stream goes on", false, outcome).await {
        Ok(Err(CliError::Failed(why))) => Err(CliError::Failed(format!("ordered, but {why}"))),
        Ok(done) => done,
        Err(_) => {
            tell!("ordered, and not carried out to its end yet; opensail consumer parked tells how far it is");
            Ok(())
        }
    }
}

/// Where no member lives, nobody is waited for.
async fn outcome(client: &Client, name: &str, stream: &str) -> Result<(), CliError> {
    loop {
        let Some(parked) = find(client, name, stream).await? else {
            tell!("{} flows again", on_one_line(stream));
            return Ok(());
        };
        if text(&parked, "status") == "parked" {
            return Err(CliError::Failed(format!("it is parked again: {}", line(&parked))));
        }
        let consumers = items(client, "/api/v1/consumers").await?;
        if !consumers.iter().any(|consumer| text(consumer, "name") == name && number(consumer, "members") > 0) {
            tell!("ordered; no member of {} lives just now, and the first that comes goes on with it", on_one_line(name));
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}
