//! Sessions of agents: one row each with its progress, and the questions that are open.

mod approvals;
mod forks_of_session;
mod progress;
mod session_details;
mod session_queue;
mod sessions_of_project;
#[cfg(test)]
pub(crate) mod tests;
mod unsettled_sessions;

use async_trait::async_trait;
use opensail_domain::AnyEvent;
use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::event::{ApprovalRequested, Origin, Requested};
use opensail_eventstore::Recorded;

pub use approvals::Approval;
pub use progress::Usage;
pub(crate) use progress::{Moment, Progress};
pub(crate) use session_details::Session;
pub use session_details::{OriginOfSession, SessionDetails};
pub use session_queue::QueuedSession;
#[cfg(test)]
pub(crate) use {
    approvals::{list_of_account as approvals_of_account, list_of_session as approvals_of_session},
    forks_of_session::list as forks,
    session_queue::list as queue,
    sessions_of_project::list as list_of_project,
};

use crate::projection::{ApplyError, Incoming, Projection};
use crate::rows::{Row, Rows, Wants};
use crate::sealed;
use crate::table::{Index, Past, Table};

pub(crate) struct AgentSessionView;

/// `task`, `title`, `detail`: sealed; `budget`: JSON; `created`, `queued`, `answer`, `position`: places in the journal; `root_id`: the session that
/// no fork is, from which all of the tree come.
pub(crate) const SESSIONS: Table = Table {
    name: "sessions",
    key: &["session_id"],
    columns: &[
        "session_id TEXT NOT NULL",
        "project_id TEXT NOT NULL",
        "team_id TEXT NOT NULL",
        "requested_by TEXT NOT NULL",
        "task TEXT NOT NULL",
        "title TEXT NOT NULL",
        "model TEXT NOT NULL",
        "edit_mode TEXT NOT NULL",
        "budget TEXT NOT NULL",
        "created_at BIGINT NOT NULL",
        "created BIGINT NOT NULL",
        "finished BIGINT NOT NULL",
        "status TEXT NOT NULL",
        "reason TEXT",
        "detail TEXT",
        "steps BIGINT NOT NULL",
        "input_tokens BIGINT NOT NULL",
        "output_tokens BIGINT NOT NULL",
        "micro_usd BIGINT NOT NULL",
        "updated_at BIGINT NOT NULL",
        "queued BIGINT NOT NULL",
        "cancel_requested BIGINT NOT NULL",
        "paused_until BIGINT",
        "approval_id TEXT",
        "approval_expires_at BIGINT",
        "answer BIGINT",
        "position BIGINT NOT NULL",
        "unsettled BIGINT NOT NULL",
        "discarded BIGINT NOT NULL",
        "origin_id TEXT",
        "origin_version BIGINT",
        "root_id TEXT NOT NULL",
    ],
    indexes: &[
        Index { name: "sessions_by_root", columns: &["root_id", "created"], only: None },
        Index { name: "sessions_unsettled", columns: &["session_id"], only: Some("unsettled = 1") },
        Index { name: "sessions_by_project", columns: &["project_id", "created"], only: None },
        Index { name: "sessions_unfinished", columns: &["project_id", "queued"], only: Some("finished = 0") },
    ],
    past: Past::Kept {
        born: Some("created"),
        // All that is progress.
        moving: &[
            "finished",
            "status",
            "reason",
            "detail",
            "steps",
            "input_tokens",
            "output_tokens",
            "micro_usd",
            "updated_at",
            "queued",
            "cancel_requested",
            "paused_until",
            "approval_id",
            "approval_expires_at",
            "answer",
            "position",
            "unsettled",
            "discarded",
        ],
    },
};

/// Only the open ones. `preview`: sealed; `answer`: place of the model's answer that holds the arguments.
pub(crate) const APPROVALS: Table = Table {
    name: "approvals",
    key: &["approval_id"],
    columns: &[
        "approval_id TEXT NOT NULL",
        "session_id TEXT NOT NULL",
        "project_id TEXT NOT NULL",
        "team_id TEXT NOT NULL",
        "call_id TEXT NOT NULL",
        "tool TEXT NOT NULL",
        "preview TEXT NOT NULL",
        "expires_at BIGINT NOT NULL",
        "requested_at BIGINT NOT NULL",
        "answer BIGINT",
        "position BIGINT NOT NULL",
    ],
    indexes: &[
        Index { name: "approvals_by_session", columns: &["session_id", "position"], only: None },
        Index { name: "approvals_by_team", columns: &["team_id", "position"], only: None },
    ],
    past: Past::Kept { born: Some("position"), moving: &[] },
};

#[async_trait]
impl Projection for AgentSessionView {
    fn name(&self) -> &'static str {
        "agent_session"
    }
    fn version(&self) -> i64 {
        4
    }
    fn tables(&self) -> &'static [Table] {
        &[SESSIONS, APPROVALS]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["agent_session"]
    }

    fn wants(&self, incoming: &Incoming<'_>, wants: &mut Wants) {
        let Ok(AnyEvent::AgentSession(event)) = incoming.event() else { return };
        wants.row(&SESSIONS, &[incoming.recorded.stream.id()]);
        match event.as_ref() {
            AgentSessionEvent::Forked(e) => wants.row(&SESSIONS, &[&e.origin.session_id.to_string()]),
            AgentSessionEvent::ApprovalRequested(e) => wants.row(&APPROVALS, &[&e.approval_id.to_string()]),
            AgentSessionEvent::ApprovalAnswered(e) => wants.row(&APPROVALS, &[&e.approval_id.to_string()]),
            AgentSessionEvent::ApprovalTimedOut(e) => wants.row(&APPROVALS, &[&e.approval_id.to_string()]),
            _ => {}
        }
    }

    /// Forks take the root of their tree from the session they left.
    fn lends(&self, incoming: &Incoming<'_>) -> bool {
        let Ok(AnyEvent::AgentSession(event)) = incoming.event() else { return false };
        matches!(event.as_ref(), AgentSessionEvent::Requested(_) | AgentSessionEvent::Forked(_))
    }

    async fn apply(&self, rows: &mut Rows<'_>, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let AnyEvent::AgentSession(event) = incoming.event()? else { return Ok(()) };
        let recorded = incoming.recorded;
        if let AgentSessionEvent::Requested(requested) = event.as_ref() {
            return insert(rows, recorded, requested).await;
        }
        let session = recorded.stream.id();
        let row = rows.get(&SESSIONS, &[session]).await?;
        let row = row.ok_or_else(|| ApplyError::Poison("the session was never requested".into()))?;
        let before = Progress::of(row)?;
        let mut after = before.clone();
        after.apply(recorded.into(), event);
        rows.change(&SESSIONS, &[session], |row| after.write(row)).await?;
        // At most one question of a session is open.
        if let Some((asked, _)) = before.question.filter(|_| after.question != before.question) {
            rows.remove(&APPROVALS, &[&asked.to_string()]).await?;
        }
        if let AgentSessionEvent::Forked(forked) = event.as_ref() {
            leave_origin(rows, session, &forked.origin).await?;
        }
        if let AgentSessionEvent::ApprovalRequested(asked) = event.as_ref() {
            ask(rows, recorded, asked, after.answer).await?;
        }
        Ok(())
    }
}

async fn insert(rows: &mut Rows<'_>, recorded: &Recorded, requested: &Requested) -> Result<(), ApplyError> {
    let json = |value: serde_json::Result<String>| value.map_err(|error| ApplyError::Poison(error.to_string()));
    let session = requested.session_id.to_string();
    let values = [
        ("session_id", session.as_str().into()),
        ("project_id", requested.project_id.to_string().into()),
        ("team_id", requested.team_id.to_string().into()),
        ("requested_by", requested.requested_by.to_string().into()),
        ("task", sealed::to_text(&requested.task).into()),
        ("title", sealed::to_text(&requested.title).into()),
        ("model", requested.model.as_str().into()),
        ("edit_mode", json(serde_json::to_string(&requested.edit_mode))?.into()),
        ("budget", json(serde_json::to_string(&requested.budget))?.into()),
        ("created_at", recorded.time.into()),
        ("created", recorded.position.into()),
        ("root_id", session.as_str().into()),
    ];
    rows.insert(&SESSIONS, values).await?;
    Ok(rows.change(&SESSIONS, &[&session], |row| Progress::requested(recorded.into()).write(row)).await?)
}

async fn leave_origin(rows: &mut Rows<'_>, session: &str, origin: &Origin) -> Result<(), ApplyError> {
    let origin_id = origin.session_id.to_string();
    let root = match rows.get(&SESSIONS, &[&origin_id]).await? {
        Some(row) => row.text("root_id")?.to_owned(),
        None => origin_id.clone(),
    };
    let change = |row: &mut Row| {
        row.set("origin_id", origin_id);
        row.set("origin_version", origin.version);
        row.set("root_id", root);
    };
    Ok(rows.change(&SESSIONS, &[session], change).await?)
}

async fn ask(rows: &mut Rows<'_>, recorded: &Recorded, asked: &ApprovalRequested, answer: Option<u64>) -> Result<(), ApplyError> {
    let session = recorded.stream.id();
    let Some(row) = rows.get(&SESSIONS, &[session]).await? else { return Ok(()) };
    let values = [
        ("approval_id", asked.approval_id.to_string().into()),
        ("session_id", session.into()),
        ("project_id", row.text("project_id")?.into()),
        ("team_id", row.text("team_id")?.into()),
        ("call_id", asked.call_id.as_str().into()),
        ("tool", asked.tool.as_str().into()),
        ("preview", sealed::to_text(&asked.preview).into()),
        ("expires_at", asked.expires_at.into()),
        ("requested_at", recorded.time.into()),
        ("answer", answer.map(|position| position as i64).into()),
        ("position", recorded.position.into()),
    ];
    rows.insert(&APPROVALS, values).await
}
