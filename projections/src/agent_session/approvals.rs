//! Which questions are open?

use std::collections::HashMap;

use opensail_domain::AnyEvent;
use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::message::Answer;
use opensail_domain::kernel::private::FORGOTTEN;
use opensail_domain::kernel::{AccountId, ApprovalId, Micros, ProjectId, SessionId, TeamId};
use opensail_eventstore::Position;
use serde::Serialize;
use serde_json::Value;

use crate::db::{Row, Sql, sql};
use crate::page::{Window, among};
use crate::{Page, PageRequest, Queries, QueryError, event_item, sealed, time};

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Approval {
    pub id: ApprovalId,
    pub session_id: SessionId,
    pub project_id: ProjectId,
    pub team_id: TeamId,
    pub call_id: String,
    pub tool: String,
    /// As the model wrote them: JSON, or its text where it is none.
    pub arguments: Value,
    /// What a person reads: the exact command, or the diff.
    pub preview: String,
    #[serde(serialize_with = "time::serialize")]
    pub expires_at: Micros,
    #[serde(serialize_with = "time::serialize")]
    pub requested_at: Micros,
    pub position: Position,
}

const COLUMNS: &str = "a.position, a.approval_id, a.session_id, a.project_id, a.team_id, a.call_id, a.tool, a.preview, a.expires_at, \
    a.requested_at, a.answer";

/// In the order they were asked.
pub(crate) fn list_of_session(session: SessionId) -> Sql {
    sql!(format!("SELECT {COLUMNS} FROM approvals a WHERE a.session_id = $1 ORDER BY a.position"), session.to_string())
}

/// In the order they were asked.
pub(crate) fn list_of_account(account: AccountId, teams: Option<&[TeamId]>, window: &Window) -> Sql {
    let text = format!("SELECT {COLUMNS} FROM team_members m JOIN approvals a ON a.team_id = m.team_id WHERE m.account_id = $1");
    window.apply(among(sql!(text, account.to_string()), "m.team_id", teams), "a.position")
}

impl Queries {
    /// The open questions of a session; at most one at a time.
    pub async fn approvals_of_session(&self, session: SessionId) -> Result<Vec<Approval>, QueryError> {
        let rows = self.db.all(list_of_session(session)).await?;
        Ok(self.approvals(&rows).await?.into_iter().map(|(_, approval)| approval).collect())
    }

    /// The open questions of all teams that the account is in; `teams`: only of these.
    pub async fn approvals_of_account(
        &self,
        account: AccountId,
        teams: Option<&[TeamId]>,
        page: &PageRequest,
    ) -> Result<Page<Approval>, QueryError> {
        let window = page.window()?;
        let rows = self.db.over_teams_of(account).all(list_of_account(account, teams, &window)).await?;
        Ok(window.page(self.approvals(&rows).await?))
    }

    async fn approvals(&self, rows: &[Row]) -> Result<Vec<(i64, Approval)>, QueryError> {
        let places = rows.iter().map(|row| row.maybe_int(10)).collect::<Result<Vec<_>, _>>()?;
        let answers = self.answers(places.iter().flatten().map(|position| *position as u64).collect()).await?;
        let mut approvals = Vec::new();
        for (row, place) in rows.iter().zip(places) {
            let call_id = row.text(5)?;
            let answer = place.and_then(|position| answers.get(&(position as u64)));
            let call = answer.and_then(|answer| answer.tool_calls.iter().find(|call| call.call_id == call_id));
            let approval = Approval {
                id: row.parsed(1)?,
                session_id: row.parsed(2)?,
                project_id: row.parsed(3)?,
                team_id: row.parsed(4)?,
                tool: row.text(6)?,
                arguments: call.map_or(Value::from(FORGOTTEN), |call| {
                    serde_json::from_str(&call.arguments).unwrap_or_else(|_| Value::from(call.arguments.as_str()))
                }),
                preview: sealed::text(&self.keys, &row.json(7)?).await?,
                expires_at: row.int(8)?,
                requested_at: row.int(9)?,
                position: row.count(0)?,
                call_id,
            };
            approvals.push((row.int(0)?, approval));
        }
        Ok(approvals)
    }

    /// The model's answers at these positions, as far as their keys are there.
    async fn answers(&self, mut positions: Vec<Position>) -> Result<HashMap<Position, Answer>, QueryError> {
        positions.sort_unstable();
        positions.dedup();
        let mut answers = HashMap::new();
        if positions.is_empty() {
            return Ok(answers);
        }
        for recorded in self.journal.read_at(&positions).await? {
            let payload = event_item::opened_text(&self.keys, &recorded.stream, &recorded.payload).await?;
            let Ok(AnyEvent::AgentSession(event)) = AnyEvent::read(&recorded.event_type, recorded.version, &payload) else { continue };
            if let AgentSessionEvent::TurnCompleted(e) = *event
                && let Some(answer) = e.answer.value()
            {
                answers.insert(recorded.position, answer.clone());
            }
        }
        Ok(answers)
    }
}
