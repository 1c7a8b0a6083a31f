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
pub(crate) use progress::Progress;
pub use progress::Usage;
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

use crate::db::{Bind, Tx, sql};
use crate::projection::{ApplyError, Incoming, Projection};
use crate::sealed;
use crate::table::{Index, Past, Table, remove};

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
        3
    }
    fn tables(&self) -> &'static [Table] {
        &[SESSIONS, APPROVALS]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["agent_session"]
    }

    async fn apply(&self, tx: &mut Tx, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let AnyEvent::AgentSession(event) = incoming.event()? else { return Ok(()) };
        let recorded = incoming.recorded;
        if let AgentSessionEvent::Requested(requested) = event.as_ref() {
            return insert(tx, recorded, requested).await;
        }
        let session = recorded.stream.id();
        let row = tx
            .one(sql!(format!("SELECT {} FROM sessions WHERE session_id = $1", progress::COLUMNS), session))
            .await?
            .ok_or_else(|| ApplyError::Poison("the session was never requested".into()))?;
        let before = Progress::read(&row, 0)?;
        let mut after = before.clone();
        after.apply(recorded, event);
        tx.run(after.update(session)).await?;
        if before.question.is_some() && after.question != before.question {
            remove(tx, "approvals", "session_id = $1", vec![Bind::from(session)], recorded.position).await?;
        }
        if let AgentSessionEvent::Forked(forked) = event.as_ref() {
            leave_origin(tx, recorded, &forked.origin).await?;
        }
        if let AgentSessionEvent::ApprovalRequested(asked) = event.as_ref() {
            ask(tx, recorded, asked, after.answer).await?;
        }
        Ok(())
    }
}

async fn insert(tx: &mut Tx, recorded: &Recorded, requested: &Requested) -> Result<(), ApplyError> {
    let json = |value: serde_json::Result<String>| value.map_err(|error| ApplyError::Poison(error.to_string()));
    let session = requested.session_id.to_string();
    let progress = Progress::requested(recorded);
    tx.run(sql!(
        "INSERT INTO sessions (session_id, project_id, team_id, requested_by, task, title, model, edit_mode, budget, created_at, created,
         finished, status, steps, input_tokens, output_tokens, micro_usd, updated_at, queued, cancel_requested, position, unsettled, discarded, root_id, written)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, 0, 0, 0, 0, $10, $11, 0, $11, 0, 0, $1, $11)",
        session,
        requested.project_id.to_string(),
        requested.team_id.to_string(),
        requested.requested_by.to_string(),
        sealed::to_text(&requested.task),
        sealed::to_text(&requested.title),
        requested.model.as_str(),
        json(serde_json::to_string(&requested.edit_mode))?,
        json(serde_json::to_string(&requested.budget))?,
        recorded.time,
        recorded.position,
        progress.status.as_str(),
    ))
    .await?;
    Ok(())
}

async fn leave_origin(tx: &mut Tx, recorded: &Recorded, origin: &Origin) -> Result<(), ApplyError> {
    tx.run(sql!(
        "UPDATE sessions SET origin_id = $2, origin_version = $3, written = $4,
         root_id = COALESCE((SELECT o.root_id FROM sessions o WHERE o.session_id = $2), $2) WHERE session_id = $1",
        recorded.stream.id(),
        origin.session_id.to_string(),
        origin.version,
        recorded.position,
    ))
    .await?;
    Ok(())
}

async fn ask(tx: &mut Tx, recorded: &Recorded, asked: &ApprovalRequested, answer: Option<u64>) -> Result<(), ApplyError> {
    tx.run(sql!(
        "INSERT INTO approvals (approval_id, session_id, project_id, team_id, call_id, tool, preview, expires_at, requested_at, answer, position, written)
         SELECT $1, session_id, project_id, team_id, $3, $4, $5, $6, $7, $8, $9, $9 FROM sessions WHERE session_id = $2",
        asked.approval_id.to_string(),
        recorded.stream.id(),
        asked.call_id.as_str(),
        asked.tool.as_str(),
        sealed::to_text(&asked.preview),
        asked.expires_at,
        recorded.time,
        answer.map(|position| position as i64),
        recorded.position,
    ))
    .await?;
    Ok(())
}
