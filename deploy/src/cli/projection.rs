//! `opensail projection …`: how far each read model is, and building one anew while the server runs.

mod parked;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::CliError;
use super::arguments::Projection;
use super::client::Client;
use super::connect::connect;

/// How often progress is asked for.
const LOOK: Duration = Duration::from_millis(250);

pub async fn execute(command: Projection) -> Result<(), CliError> {
    let connection = connect().await?;
    let done = with_server(command, &connection.client).await;
    connection.close().await;
    done
}

async fn with_server(command: Projection, client: &Client) -> Result<(), CliError> {
    match command {
        Projection::List { json } => {
            for view in all(client).await? {
                tell!("{}", if json { view.to_string() } else { line(&view) });
            }
            Ok(())
        }
        Projection::Lag => {
            let views = all(client).await?;
            let behind: u64 = views.iter().map(|view| number(view, "lag_events") + number(&view["rebuilding"], "to_do")).sum();
            tell!("{behind}");
            if behind == 0 { Ok(()) } else { Err(CliError::Failed(format!("{behind} events are still to be projected"))) }
        }
        Projection::Rebuild { name, no_wait } => {
            client.send_empty(&format!("/api/v1/projections/{name}/rebuild")).await?;
            if no_wait { Ok(()) } else { wait(client, &name).await }
        }
        Projection::Rollback { name } => {
            client.send_empty(&format!("/api/v1/projections/{name}/rollback")).await?;
            wait(client, &name).await
        }
        Projection::Parked { json } => parked::list(client, json).await,
        Projection::Retry { name, stream, reason } => parked::retry(client, &name, &stream, reason).await,
        Projection::Skip { name, stream, position, reason } => parked::skip(client, &name, &stream, position, reason).await,
        Projection::DropOld { name } => Ok(client.send_empty(&format!("/api/v1/projections/{name}/drop-old")).await?),
    }
}

async fn all(client: &Client) -> Result<Vec<Value>, CliError> {
    let found = client.get("/api/v1/projections", &[]).await?;
    Ok(found["items"].as_array().cloned().unwrap_or_default())
}

fn number(of: &Value, field: &str) -> u64 {
    of[field].as_u64().unwrap_or(0)
}

fn line(view: &Value) -> String {
    let name = view["name"].as_str().unwrap_or_default();
    let mut line = format!(
        "{name:<28} position {:>8}  lag {:>6}  parked {}",
        number(view, "position"),
        number(view, "lag_events"),
        number(view, "parked")
    );
    if view["served"] == json!(false) {
        line.push_str("  not read until it is built");
    }
    if view["rebuilding"].is_object() {
        let rebuilding = &view["rebuilding"];
        line.push_str(&format!("  building: {} done, {} to do", number(rebuilding, "done"), number(rebuilding, "to_do")));
        if let Some(why) = rebuilding["stopped"].as_str() {
            line.push_str(&format!("; stopped: {why}"));
        }
    }
    if let Some(kept) = view["kept"].as_u64() {
        line.push_str(&format!("  kept for rollback at {kept}"));
    }
    if let Some(why) = view["stopped"].as_str() {
        line.push_str(&format!("  stopped: {why}"));
    }
    line
}

/// Until the switch; on a terminal with a line that tells how far it is.
async fn wait(client: &Client, name: &str) -> Result<(), CliError> {
    let mut terminal = std::io::stderr().is_terminal().then(std::io::stderr);
    loop {
        let views = all(client).await?;
        let view = views.iter().find(|view| view["name"] == name).ok_or_else(|| CliError::Failed(format!("{name} is gone")))?;
        let rebuilding = &view["rebuilding"];
        if let Some(why) = rebuilding["stopped"].as_str() {
            return Err(CliError::Failed(format!("{name} does not go on: {why}")));
        }
        if let Some(terminal) = &mut terminal {
            write!(terminal, "\r\x1b[K{name}: {} events done, {} to do", number(rebuilding, "done"), number(rebuilding, "to_do"))?;
            terminal.flush()?;
        }
        if rebuilding.is_null() {
            if let Some(terminal) = &mut terminal {
                write!(terminal, "\r\x1b[K")?;
            }
            tell!("{}", line(view));
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}
