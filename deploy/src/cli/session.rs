//! `opensail session …`: one file per verb; `follow` is the live view that `run`, `watch` and `say` share.

pub mod blame;
pub mod compare;
mod conflicts;
pub mod diff;
pub mod export;
pub mod follow;
pub mod forget;
pub mod fork;
pub mod list;
pub mod merge;
pub mod narrate;
pub mod project;
mod prompt;
pub mod replay;
pub mod run;
pub mod screen;
pub mod snapshots;
pub mod spared;
pub mod tree;
pub mod undo;

use serde_json::{Value, json};

use super::arguments::{Decision, OnConflict, Session, Side};
use super::client::{Client, ClientError};
use super::connect::connect;
use super::{CliError, paint, working};

pub async fn execute(command: Session) -> Result<(), CliError> {
    match command {
        // A file is replayed anywhere, without a server.
        Session::Replay { session, until, then, step, json } if std::path::Path::new(&session).is_file() => {
            if then.as_of.is_some() {
                return Err(CliError::Usage("--as-of is asked of a server; of a file, --until says where to stop".into()));
            }
            replay::from_file(session.as_ref(), until, step, json)
        }
        command => {
            let connection = connect().await?;
            let done = with_server(command, &connection.client).await;
            connection.close().await;
            done
        }
    }
}

async fn with_server(command: Session, client: &Client) -> Result<(), CliError> {
    match command {
        Session::Run(run) => run::run(client, run).await,
        Session::List { project, then, json } => list::list(client, &project, &then, json).await,
        Session::Watch { session, after, json, yes } => follow::follow(client, &session, after, follow::Manner { json, yes }).await,
        Session::Say { session, text } => {
            let answer = client.post(&format!("/api/v1/sessions/{session}/messages"), &json!({ "text": text })).await?;
            tell!("said, at #{}; watch what comes of it with: opensail session watch {}", answer["position"], paint::on_one_line(&session));
            Ok(())
        }
        Session::Answer { session, decision, reason } => {
            let session_path = format!("/api/v1/sessions/{session}");
            let open = client.get(&format!("{session_path}/approvals"), &[]).await?;
            let question = open["items"].as_array().and_then(|items| items.first());
            let id = question.and_then(|question| question["id"].as_str());
            let id = id.ok_or_else(|| CliError::Failed("the session asks nothing just now".into()))?;
            Ok(answer(client, &session, id, decision, reason).await?)
        }
        Session::Replay { session, until, then, step, json } => replay::from_server(client, &session, until, &then, (step, json)).await,
        Session::Export { session, format, then, output } => export::export(client, &session, format, &then, output.as_deref()).await,
        Session::Cancel { session } => {
            client.post(&format!("/api/v1/sessions/{session}/cancel"), &json!({})).await?;
            Ok(())
        }
        Session::Forget { session, reason } => forget::forget(client, &session, &reason).await,
        Session::Diff { session, from, to, then, json } => diff::diff(client, &session, (from, to), &then, json).await,
        Session::Name { session, position, name } => {
            let path = format!("/api/v1/sessions/{session}/snapshots/{position}");
            let named = client.put(&path, &json!({ "name": name })).await?;
            match name {
                Some(name) => tell!(
                    "the files at #{position} are kept as “{}”; the event stands at #{}",
                    paint::on_one_line(&name),
                    named["position"]
                ),
                None => tell!("the files at #{position} have no name any more; the event stands at #{}", named["position"]),
            }
            Ok(())
        }
        Session::Snapshots { session, then, json } => snapshots::snapshots(client, &session, &then, json).await,
        Session::Blame { session, path, at, then, json } => blame::blame(client, &session, &path, at, &then, json).await,
        Session::Undo { session, to, conflicts, on_conflict } => {
            let mut wish = conflicts.fields(&[], on_conflict.map(Side::as_str));
            wish["to"] = to.into();
            undo::undo(client, &session, &wish).await
        }
        Session::Fork { session, at, message, model, edit_mode, start, json } => {
            fork::fork(client, &session, fork::Wish { at, message, model, edit_mode, start }, json).await
        }
        Session::Compare { left, right, then, json } => compare::compare(client, &left, &right, &then, json).await,
        Session::Tree { session, then, json } => tree::tree(client, &session, &then, json).await,
        Session::Merge { session, conflicts, marked, on_conflict } => {
            merge::merge(client, &session, &conflicts.fields(&marked, on_conflict.map(OnConflict::as_str))).await
        }
        Session::Discard { session, force } => {
            let (path, wish) = (format!("/api/v1/sessions/{session}/discard"), json!({ "force": force }));
            working::shown("throwing away: what is in the copy is kept first", false, client.post(&path, &wish)).await?;
            tell!("thrown away; its history stays, and what was in it is its last snapshot");
            Ok(())
        }
    }
}

pub async fn answer(client: &Client, session: &str, approval: &str, decision: Decision, reason: Option<String>) -> Result<(), ClientError> {
    let mut body = json!({ "decision": decision.as_str() });
    if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
        body["reason"] = Value::String(reason);
    }
    client.post(&format!("/api/v1/sessions/{session}/approvals/{approval}"), &body).await?;
    Ok(())
}
