use axum::Json;
use axum::extract::State;
use opensail_commands::agent_session::SessionFiles;
use opensail_commands::journal::Position;
use opensail_domain::agent_session::event::AgentSessionEvent;
use opensail_domain::agent_session::message::CallOutcome;
use opensail_domain::kernel::{AccountId, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::get_diff::FileDiff;
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart};
use crate::problem::{FieldError, Problem};
use crate::router::Api;

/// Forks of forks that are followed back.
const MAX_DEPTH: usize = 1000;
/// Most that is told of an answer, in characters.
const MAX_TEXT_CHARS: usize = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CompareParams {
    /// Another session of the same project.
    #[serde(default)]
    with: Option<String>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    as_of: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Comparison)]
pub(super) struct ComparisonBody {
    /// Where both come from; null when they have nothing in common.
    ancestor: Option<AncestorBody>,
    left: ComparedBody,
    right: ComparedBody,
    /// From the left one's files to the right one's.
    files: Vec<FileDiff>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct AncestorBody {
    session_id: Uuid,
    /// Of its last event that both have.
    position: u64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ComparedBody {
    session_id: Uuid,
    status: &'static str,
    /// Since the ancestor.
    steps: Vec<StepBody>,
    input_tokens: u64,
    output_tokens: u64,
    /// Millionths of a US dollar.
    micro_usd: u64,
    /// Milliseconds of work.
    work_ms: u64,
    /// Its files, as the comparison has them.
    snapshot: String,
}

/// One answer of the model and what came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct StepBody {
    /// Whose step it is: the session's own, or of one between it and the ancestor.
    session_id: Uuid,
    position: u64,
    turn: u64,
    /// Its first 500 characters.
    text: String,
    calls: Vec<StepCallBody>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct StepCallBody {
    call_id: String,
    tool: String,
    /// `ok`, `failed`, `invalid`, `denied`, `timed_out`, `cancelled` or `interrupted`; null while it is under way.
    outcome: Option<&'static str>,
    /// Paths that differ after it; null where no files belong to it.
    changed: Option<u64>,
}

/// A session in a line of forks, and the version at which the next one leaves it.
struct Link {
    files: SessionFiles,
    until: u64,
}

/// Two sessions since they parted: steps, cost, outcome and files.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/compare", tag = "sessions", params(("id" = Uuid, Path), CompareParams), responses((status = 200, description = "Both", body = ComparisonBody)))]
pub(super) async fn compare_sessions(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<CompareParams>,
) -> Result<Json<ComparisonBody>, Problem> {
    let (files, then) = api.session_files(signed.account, id, params.as_of.as_deref()).await?;
    let bad = || Problem::invalid(vec![FieldError::parameter("with", "must be the id of another session of the project")]);
    let with = params.with.and_then(|text| text.parse::<SessionId>().ok()).ok_or_else(bad)?;
    let other = api.other_session(signed.account, &files, then, "with", with).await?;
    let left_files = api.files_at(signed.account, &files, then, "id", None).await?;
    let right_files = api.files_at(signed.account, &other, then, "with", None).await?;
    let diff = api.snapshot_diff(&left_files, &right_files).await?;
    let left = api.lineage(signed.account, files, then).await?;
    let right = api.lineage(signed.account, other, then).await?;
    let ancestor = common(&left, &right);
    let body = ComparisonBody {
        left: compared(&left, ancestor, left_files.snapshot)?,
        right: compared(&right, ancestor, right_files.snapshot)?,
        ancestor: ancestor.map(|(session, version)| AncestorBody {
            session_id: session.0,
            position: left.iter().find(|link| link.files.session_id == session).map_or(0, |link| link.files.position_of(version)),
        }),
        files: diff,
    };
    Ok(Json(body))
}

impl Api {
    /// The session and those it comes from, itself first.
    async fn lineage(&self, account: AccountId, mut files: SessionFiles, then: Option<Position>) -> Result<Vec<Link>, Problem> {
        if let Some(then) = then {
            files = files.until(then).ok_or_else(Problem::not_found)?;
        }
        let until = files.history.last().map_or(0, |(recorded, _)| recorded.stream_version);
        let mut line = vec![Link { files, until }];
        while line.len() < MAX_DEPTH {
            let Some(link) = line.last() else { break };
            let Some(origin) = link.files.core()?.workspace.origin.clone() else { break };
            let files = self.other_session(account, &link.files, then, "id", origin.session_id).await?;
            line.push(Link { files, until: origin.version });
        }
        Ok(line)
    }
}

/// The nearest session that both lines have, and the last version of it that both have.
fn common(left: &[Link], right: &[Link]) -> Option<(SessionId, u64)> {
    left.iter().find_map(|one| {
        let other = right.iter().find(|other| other.files.session_id == one.files.session_id)?;
        Some((one.files.session_id, one.until.min(other.until)))
    })
}

fn compared(line: &[Link], ancestor: Option<(SessionId, u64)>, snapshot: String) -> Result<ComparedBody, Problem> {
    let own = line.first().ok_or_else(Problem::internal)?;
    let mut body = ComparedBody {
        session_id: own.files.session_id.0,
        status: own.files.snapshots.state().status().map_or("absent", |status| status.as_str()),
        steps: Vec::new(),
        input_tokens: 0,
        output_tokens: 0,
        micro_usd: 0,
        work_ms: 0,
        snapshot,
    };
    let shared = line.iter().position(|link| Some(link.files.session_id) == ancestor.map(|(session, _)| session));
    let parted = shared.map_or(line.len(), |at| at + 1);
    for link in line[..parted].iter().rev() {
        let after = ancestor.filter(|(session, _)| *session == link.files.session_id).map_or(0, |(_, version)| version);
        add_steps(&mut body, link, after);
    }
    Ok(body)
}

fn add_steps(body: &mut ComparedBody, link: &Link, after: u64) {
    let session_id = link.files.session_id.0;
    let changed = |call_id: &str| {
        let cause = opensail_domain::agent_session::snapshots::Cause::Call(call_id.to_owned());
        link.files.snapshots.points.iter().find(|point| point.cause == cause).and_then(|point| point.changed)
    };
    for (recorded, event) in &link.files.history {
        if recorded.stream_version <= after || recorded.stream_version > link.until {
            continue;
        }
        match event {
            AgentSessionEvent::TurnCompleted(turn) => {
                body.input_tokens += turn.tokens.input;
                body.output_tokens += turn.tokens.output;
                body.micro_usd += turn.micro_usd.unwrap_or(0);
                body.work_ms += turn.duration_ms;
                let text = turn.answer.value().map_or("", |answer| answer.text.as_str());
                let calls = turn.calls.iter().map(|call| StepCallBody {
                    call_id: call.call_id.clone(),
                    tool: call.tool.clone(),
                    outcome: None,
                    changed: None,
                });
                body.steps.push(StepBody {
                    session_id,
                    position: recorded.position,
                    turn: turn.turn,
                    text: text.chars().take(MAX_TEXT_CHARS).collect(),
                    calls: calls.collect(),
                });
            }
            AgentSessionEvent::ToolCallCompleted(done) => {
                body.work_ms += done.duration_ms;
                let call = body.steps.iter_mut().rev().flat_map(|step| &mut step.calls).find(|call| call.call_id == done.call_id);
                if let Some(call) = call {
                    call.outcome = Some(outcome(done.outcome));
                    call.changed = changed(&done.call_id);
                }
            }
            _ => {}
        }
    }
}

const fn outcome(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Ok => "ok",
        CallOutcome::Failed => "failed",
        CallOutcome::Invalid => "invalid",
        CallOutcome::Denied => "denied",
        CallOutcome::TimedOut => "timed_out",
        CallOutcome::Cancelled => "cancelled",
        CallOutcome::Interrupted => "interrupted",
    }
}
