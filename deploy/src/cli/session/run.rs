//! `opensail session run "TASK"`: give the task, then watch.

use serde_json::{Map, Value, json};

use super::{follow, project};
use crate::cli::CliError;
use crate::cli::arguments::{EditMode, Run};
use crate::cli::client::Client;

pub async fn run(client: &Client, run: Run) -> Result<(), CliError> {
    let project = project::find_or_create(client, &run.project).await?;
    let edit_mode = match run.edit_mode {
        EditMode::Ask => "ask",
        EditMode::Allow => "allow",
        EditMode::Plan => "plan",
    };
    let mut body = json!({ "task": run.task, "edit_mode": edit_mode });
    if let Some(model) = run.model {
        body["model"] = Value::String(model);
    }
    let limits = [
        ("max_steps", run.max_steps),
        ("max_seconds", run.max_seconds),
        ("max_tokens", run.max_tokens),
        ("max_micro_usd", run.max_micro_usd),
    ];
    let budget: Map<String, Value> = limits.into_iter().filter_map(|(name, limit)| Some((name.to_string(), limit?.into()))).collect();
    if !budget.is_empty() {
        body["budget"] = Value::Object(budget);
    }
    let session = client.post(&format!("/api/v1/projects/{project}/sessions"), &body).await?;
    let id = session["id"].as_str().ok_or_else(|| CliError::Failed("the server answered without an id".into()))?;
    if !run.json {
        eprintln!("session {id}");
    }
    follow::follow(client, id, None, follow::Manner { json: run.json, yes: run.yes }).await
}
