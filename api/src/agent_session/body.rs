//! Sessions and questions on the wire.

use opensail_domain::agent_session::event::{Budget, EditMode};
use opensail_projections::agent_session::{Approval, SessionDetails, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::time::rfc3339;

/// What may happen without asking: `ask` for everything with effects, `allow` all, or `plan`: nothing with effects.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EditMode)]
pub(super) enum EditModeName {
    #[default]
    Ask,
    Allow,
    Plan,
}

impl From<EditModeName> for EditMode {
    fn from(name: EditModeName) -> Self {
        match name {
            EditModeName::Ask => EditMode::Ask,
            EditModeName::Allow => EditMode::Allow,
            EditModeName::Plan => EditMode::Plan,
        }
    }
}

impl From<EditMode> for EditModeName {
    fn from(mode: EditMode) -> Self {
        match mode {
            EditMode::Ask => EditModeName::Ask,
            EditMode::Allow => EditModeName::Allow,
            EditMode::Plan => EditModeName::Plan,
        }
    }
}

/// What a session may use up; what is left out stands at its default.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Budget)]
pub(super) struct BudgetBody {
    /// Model turns; 100.
    #[serde(default)]
    max_steps: Option<u64>,
    /// Seconds of work, waiting for people not counted; 3600.
    #[serde(default)]
    max_seconds: Option<u64>,
    /// Input and output together; 2000000.
    #[serde(default)]
    max_tokens: Option<u64>,
    /// Millionths of a US dollar; no limit.
    #[serde(default)]
    max_micro_usd: Option<u64>,
}

impl From<BudgetBody> for Budget {
    fn from(body: BudgetBody) -> Self {
        let default = Budget::default();
        Budget {
            max_steps: body.max_steps.unwrap_or(default.max_steps),
            max_seconds: body.max_seconds.unwrap_or(default.max_seconds),
            max_tokens: body.max_tokens.unwrap_or(default.max_tokens),
            max_micro_usd: body.max_micro_usd.or(default.max_micro_usd),
        }
    }
}

impl From<Budget> for BudgetBody {
    fn from(budget: Budget) -> Self {
        let Budget { max_steps, max_seconds, max_tokens, max_micro_usd } = budget;
        BudgetBody { max_steps: Some(max_steps), max_seconds: Some(max_seconds), max_tokens: Some(max_tokens), max_micro_usd }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Usage)]
pub(super) struct UsageBody {
    steps: u64,
    input_tokens: u64,
    output_tokens: u64,
    /// Millionths of a US dollar.
    micro_usd: u64,
}

impl From<Usage> for UsageBody {
    fn from(usage: Usage) -> Self {
        let Usage { steps, input_tokens, output_tokens, micro_usd } = usage;
        UsageBody { steps, input_tokens, output_tokens, micro_usd }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionBody {
    id: Uuid,
    project_id: Uuid,
    team_id: Uuid,
    task: String,
    title: String,
    /// `queued`, `running`, `waiting_approval`, `paused`, `completed`, `failed`, `cancelled` or `limit_reached`
    status: &'static str,
    /// Why it failed or waits, or which limit it reached: a stable code.
    reason: Option<String>,
    /// What was said about a failure, for people.
    detail: Option<String>,
    model: String,
    edit_mode: EditModeName,
    budget: BudgetBody,
    usage: UsageBody,
    requested_by: Uuid,
    cancel_requested: bool,
    /// Of a fork: where it left which session.
    pub(super) origin: Option<OriginBody>,
    /// Of a fork: its working copy was thrown away.
    discarded: bool,
    /// The open question, when it waits for one.
    approval_id: Option<Uuid>,
    /// RFC 3339, UTC.
    created_at: String,
    updated_at: String,
    /// Of the session's last event.
    position: u64,
}

impl From<SessionDetails> for SessionBody {
    fn from(session: SessionDetails) -> Self {
        SessionBody {
            id: session.id.0,
            project_id: session.project_id.0,
            team_id: session.team_id.0,
            task: session.task,
            title: session.title,
            status: session.status.as_str(),
            reason: session.reason,
            detail: session.detail,
            model: session.model,
            edit_mode: session.edit_mode.into(),
            budget: session.budget.into(),
            usage: session.usage.into(),
            requested_by: session.requested_by.0,
            cancel_requested: session.cancel_requested,
            origin: session.origin.map(|origin| OriginBody { session_id: origin.session_id.0, version: origin.version, position: None }),
            discarded: session.discarded,
            approval_id: session.approval_id.map(|id| id.0),
            created_at: rfc3339(session.created_at),
            updated_at: rfc3339(session.updated_at),
            position: session.position,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = OriginOfSession)]
pub(super) struct OriginBody {
    pub(super) session_id: Uuid,
    /// `stream_version` of that session's last event that the fork has.
    pub(super) version: u64,
    /// Of that event; told by the tree of forks, else null.
    pub(super) position: Option<u64>,
}

/// A question that waits for people.
#[derive(Serialize, ToSchema)]
#[schema(as = Approval)]
pub(super) struct ApprovalBody {
    id: Uuid,
    session_id: Uuid,
    project_id: Uuid,
    team_id: Uuid,
    call_id: String,
    tool: String,
    /// As the model wrote them.
    #[schema(value_type = Object)]
    arguments: Value,
    /// The exact command, or the diff.
    preview: String,
    /// Denied as timed out after it.
    expires_at: String,
    requested_at: String,
    position: u64,
}

impl From<Approval> for ApprovalBody {
    fn from(approval: Approval) -> Self {
        ApprovalBody {
            id: approval.id.0,
            session_id: approval.session_id.0,
            project_id: approval.project_id.0,
            team_id: approval.team_id.0,
            call_id: approval.call_id,
            tool: approval.tool,
            arguments: approval.arguments,
            preview: approval.preview,
            expires_at: rfc3339(approval.expires_at),
            requested_at: rfc3339(approval.requested_at),
            position: approval.position,
        }
    }
}
