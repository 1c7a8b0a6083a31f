//! `opensail audit query`: who did what, newest first.

use serde_json::Value;

use crate::cli::CliError;
use crate::cli::arguments::{AuditFilter, LookBack};
use crate::cli::client::Client;
use crate::cli::paint::{Ink, Paint, printable};
use crate::cli::session::project::first_team;

pub async fn query(client: &Client, filter: AuditFilter, limit: u32, then: &LookBack, json: bool) -> Result<(), CliError> {
    let mut query = filter.parameters(team(client, &filter).await?);
    query.push(("limit", limit.to_string()));
    query.push(("order", "desc".into()));
    query.extend(then.parameter());
    let page = client.get("/api/v1/audit/events", &query).await?;
    let paint = Paint::for_stdout();
    for item in page["items"].as_array().into_iter().flatten() {
        if json { tell!("{item}") } else { tell!("{}", row(item, paint)) }
    }
    Ok(())
}

/// `None`: what else was asked for says whose it is.
pub(super) async fn team(client: &Client, filter: &AuditFilter) -> Result<Option<String>, CliError> {
    match &filter.team {
        Some(team) => Ok(Some(team.clone())),
        None if filter.project.is_some() || filter.stream.is_some() => Ok(None),
        None => first_team(client).await.map(Some),
    }
}

fn row(item: &Value, paint: Paint) -> String {
    let text = |value: &Value| printable(value.as_str().unwrap_or_default());
    let actor = &item["actor"];
    let who = if text(&actor["name"]).is_empty() { text(&actor["id"]) } else { text(&actor["name"]) };
    format!(
        "{:>7}  {}  {:<38}  {} {}  {}",
        item["position"],
        paint.ink(Ink::Dim, &text(&item["time"])),
        text(&item["type"]),
        text(&actor["kind"]),
        paint.ink(Ink::Bold, &who),
        paint.ink(Ink::Dim, &text(&item["stream"])),
    )
}
