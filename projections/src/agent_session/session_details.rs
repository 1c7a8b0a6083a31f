//! What is this session doing, and what has it used up?

use opensail_domain::agent_session::event::{Budget, EditMode, Requested};
use opensail_domain::agent_session::{AgentSessionEvent, Status};
use opensail_domain::kernel::{AccountId, ApprovalId, Micros, Private, ProjectId, SessionId, TeamId};
use opensail_eventstore::Position;
use opensail_eventstore::vault::keyring::Keyring;
use serde::{Serialize, Serializer};

use super::progress::{self, Moment, Progress, Usage};
use crate::db::{Row, sql};
use crate::{Queries, QueryError, sealed, time};

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SessionDetails {
    pub id: SessionId,
    pub project_id: ProjectId,
    pub team_id: TeamId,
    pub task: String,
    pub title: String,
    #[serde(serialize_with = "status_name")]
    pub status: Status,
    /// Stable code: why it failed or waits, or which limit it reached.
    pub reason: Option<String>,
    /// What was said about a failure, for people.
    pub detail: Option<String>,
    pub model: String,
    pub edit_mode: EditMode,
    pub budget: Budget,
    pub usage: Usage,
    pub requested_by: AccountId,
    pub cancel_requested: bool,
    /// Of a fork: the session it left, and at which version of that one's stream.
    pub origin: Option<OriginOfSession>,
    /// Of a fork: its working copy was thrown away.
    pub discarded: bool,
    /// The open question, when it waits for one.
    pub approval_id: Option<ApprovalId>,
    #[serde(serialize_with = "time::serialize")]
    pub created_at: Micros,
    #[serde(serialize_with = "time::serialize")]
    pub updated_at: Micros,
    /// Of the session's last event.
    pub position: Position,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct OriginOfSession {
    pub session_id: SessionId,
    pub version: u64,
}

pub(super) fn status_name<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(status.as_str())
}

/// A session as its row or its stream tells it, private fields as they were found.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Session {
    id: SessionId,
    project_id: ProjectId,
    team_id: TeamId,
    requested_by: AccountId,
    task: Private<String>,
    title: Private<String>,
    model: String,
    edit_mode: EditMode,
    budget: Budget,
    created_at: Micros,
    /// Where it was requested.
    pub(super) created: Position,
    origin: Option<OriginOfSession>,
    pub(crate) progress: Progress,
}

/// What [`Session::read`] reads.
pub(super) fn columns() -> String {
    let fixed = "session_id, project_id, team_id, requested_by, task, title, model, edit_mode, budget, created_at, created, origin_id, origin_version";
    format!("{fixed}, {}", progress::COLUMNS)
}

impl Session {
    pub(crate) fn requested(at: Moment, e: &Requested) -> Self {
        Session {
            id: e.session_id,
            project_id: e.project_id,
            team_id: e.team_id,
            requested_by: e.requested_by,
            task: e.task.clone(),
            title: e.title.clone(),
            model: e.model.clone(),
            edit_mode: e.edit_mode,
            budget: e.budget.clone(),
            created_at: at.time,
            created: at.position,
            origin: None,
            progress: Progress::requested(at),
        }
    }

    /// Takes in what is not progress.
    pub(crate) fn apply(&mut self, at: Moment, event: &AgentSessionEvent) {
        if let AgentSessionEvent::Forked(e) = event {
            self.origin = Some(OriginOfSession { session_id: e.origin.session_id, version: e.origin.version });
        }
        self.progress.apply(at, event);
    }

    pub(super) fn read(row: &Row) -> Result<Session, sqlx::Error> {
        Ok(Session {
            id: row.parsed(0)?,
            project_id: row.parsed(1)?,
            team_id: row.parsed(2)?,
            requested_by: row.parsed(3)?,
            task: row.json(4)?,
            title: row.json(5)?,
            model: row.text(6)?,
            edit_mode: row.json(7)?,
            budget: row.json(8)?,
            created_at: row.int(9)?,
            created: row.count(10)?,
            origin: match (row.maybe_text(11)?, row.maybe_int(12)?) {
                (Some(_), Some(version)) => Some(OriginOfSession { session_id: row.parsed(11)?, version: version.max(0) as u64 }),
                _ => None,
            },
            progress: Progress::read(row, 13)?,
        })
    }

    pub(crate) async fn details(&self, keys: &Keyring) -> Result<SessionDetails, QueryError> {
        let progress = &self.progress;
        Ok(SessionDetails {
            id: self.id,
            project_id: self.project_id,
            team_id: self.team_id,
            task: sealed::text(keys, &self.task).await?,
            title: sealed::text(keys, &self.title).await?,
            status: progress.status,
            reason: progress.reason.clone(),
            detail: match &progress.detail {
                Some(detail) => Some(sealed::text(keys, detail).await?),
                None => None,
            },
            model: self.model.clone(),
            edit_mode: self.edit_mode,
            budget: self.budget.clone(),
            usage: progress.usage,
            requested_by: self.requested_by,
            cancel_requested: progress.cancel_requested,
            origin: self.origin,
            discarded: progress.discarded,
            approval_id: progress.question.map(|(id, _)| id),
            created_at: self.created_at,
            updated_at: progress.updated_at,
            position: progress.position,
        })
    }
}

impl Queries {
    pub async fn session(&self, id: SessionId) -> Result<Option<SessionDetails>, QueryError> {
        let sql = sql!(format!("SELECT {} FROM sessions WHERE session_id = $1", columns()), id.to_string());
        match self.db.one(sql).await? {
            Some(row) => Ok(Some(Session::read(&row)?.details(&self.keys).await?)),
            None => Ok(None),
        }
    }
}
