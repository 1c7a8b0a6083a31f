//! `opensail session replay`: a session step by step, from its events alone.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use super::narrate::{self, Places};
use crate::cli::CliError;
use crate::cli::arguments::LookBack;
use crate::cli::client::Client;
use crate::cli::paint::{Ink, Paint};

/// From a file written by `session export`; needs no server.
pub fn from_file(file: &Path, until: Option<u64>, step: bool, json: bool) -> Result<(), CliError> {
    let named = |why: String| CliError::Failed(format!("{}: {why}", file.display()));
    let lines = BufReader::new(File::open(file).map_err(|e| named(e.to_string()))?).lines();
    let (mut told, mut places) = (0, Places::default());
    for (number, line) in lines.enumerate() {
        let line = line.map_err(|e| named(format!("line {}: {e}", number + 1)))?;
        let item: Value = serde_json::from_str(&line).map_err(|e| named(format!("line {}: {e}", number + 1)))?;
        if item["type"].is_string() && item["stream"].is_string() {
            if !tell(&item, &mut places, until, (step, json))? {
                return Ok(());
            }
            told += 1;
        }
    }
    if told == 0 { Err(named("no events; is it an export in the format jsonl?".into())) } else { Ok(()) }
}

pub async fn from_server(
    client: &Client,
    session: &str,
    until: Option<u64>,
    then: &LookBack,
    (step, json): (bool, bool),
) -> Result<(), CliError> {
    let mut after: Option<String> = None;
    let mut places = if json { Places::default() } else { Places::left_at(left_at(client, session, then).await?) };
    loop {
        let mut query = vec![("limit", "200".to_string())];
        query.extend(then.parameter());
        query.extend(after.map(|after| ("after", after)));
        let page = client.get(&format!("/api/v1/sessions/{session}/events"), &query).await?;
        for item in page["items"].as_array().into_iter().flatten() {
            if !tell(item, &mut places, until, (step, json))? {
                return Ok(());
            }
        }
        match &page["next"] {
            Value::Null => return Ok(()),
            Value::String(next) => after = Some(next.clone()),
            other => after = Some(other.to_string()),
        }
    }
}

/// Where a fork left its origin, as a position; none for a session that is no fork.
pub async fn left_at(client: &Client, session: &str, then: &LookBack) -> Result<Option<u64>, CliError> {
    let query: Vec<_> = then.parameter().into_iter().collect();
    let forks = client.get(&format!("/api/v1/sessions/{session}/forks"), &query).await?;
    let own = forks["items"].as_array().into_iter().flatten().find(|item| item["id"] == session);
    Ok(own.and_then(|own| own["origin"]["position"].as_u64()))
}

/// False when the end that was asked for is reached.
fn tell(item: &Value, places: &mut Places, until: Option<u64>, (step, json): (bool, bool)) -> Result<bool, CliError> {
    places.see(item);
    let position = item["position"].as_u64().unwrap_or(0);
    if until.is_some_and(|until| position > until) {
        return Ok(false);
    }
    if json {
        tell!("{item}");
        return Ok(true);
    }
    let paint = Paint::for_stdout();
    let kind = item["type"].as_str().unwrap_or_default();
    let time = item["time"].as_str().unwrap_or_default();
    let clock = time.get(11..19).unwrap_or(time);
    tell!("{}", paint.ink(Ink::Dim, &format!("#{position} {clock} {kind}")));
    for line in narrate::lines(item, 0, places, paint) {
        tell!("{line}");
    }
    if step {
        let mut line = String::new();
        // The end of input is the end of stepping.
        if std::io::stdin().read_line(&mut line)? == 0 || line.trim() == "q" {
            return Ok(false);
        }
    }
    Ok(true)
}
