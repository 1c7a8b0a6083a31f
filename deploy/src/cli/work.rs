//! `opensail work …`: what the work queue has set aside.

use serde_json::Value;

use super::CliError;
use super::arguments::Work;
use super::client::Client;
use super::connect::connect;
use super::paint::on_one_line;

pub async fn execute(command: Work) -> Result<(), CliError> {
    let connection = connect().await?;
    let done = with_server(command, &connection.client).await;
    connection.close().await;
    done
}

async fn with_server(command: Work, client: &Client) -> Result<(), CliError> {
    match command {
        Work::Parked { json } => {
            let all = parked(client).await?;
            for work in &all {
                if json {
                    tell!("{work}");
                } else {
                    tell!("{}  {}", id(work), on_one_line(work["type"].as_str().unwrap_or_default()));
                }
            }
            match all.is_empty() {
                true => eprintln!("nothing is parked"),
                false => eprintln!("a worker fails at it, and its log says why; once that is mended: opensail work retry --all, or one id"),
            }
            Ok(())
        }
        Work::Retry { id: Some(id), all: _ } => retry(client, &id).await,
        Work::Retry { id: None, all: _ } => {
            let all = parked(client).await?;
            if all.is_empty() {
                eprintln!("nothing is parked");
            }
            for work in &all {
                retry(client, &id(work)).await?;
            }
            Ok(())
        }
    }
}

async fn parked(client: &Client) -> Result<Vec<Value>, CliError> {
    let found = client.get("/api/v1/work/parked", &[]).await?;
    Ok(found["items"].as_array().cloned().unwrap_or_default())
}

fn id(work: &Value) -> String {
    on_one_line(work["id"].as_str().unwrap_or_default())
}

async fn retry(client: &Client, id: &str) -> Result<(), CliError> {
    client.send_empty(&format!("/api/v1/work/parked/{id}/retry")).await?;
    tell!("{} is delivered again", on_one_line(id));
    Ok(())
}
