//! Why a session refuses a wish.

use super::command::MAX_MODEL_BYTES;
use crate::kernel::{MAX_REASON_CHARS, Rejection, RejectionKind};

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AgentSessionRejection {
    #[error("the session does not exist")]
    Absent,
    #[error("the session exists already")]
    Exists,
    #[error("the task is empty; say what is to be done")]
    EmptyTask,
    #[error("the text is empty")]
    EmptyText,
    #[error("the text has {bytes} bytes; at most {limit} are taken")]
    TextTooLong { bytes: usize, limit: usize, pointer: &'static str },
    #[error("{field} must lie between 1 and {max}")]
    BudgetOutOfRange { field: &'static str, max: u64, pointer: &'static str },
    #[error("the model must have 1 to {MAX_MODEL_BYTES} bytes and no characters of control or that turn the direction of text")]
    BadModel,
    #[error("no price is known for model {model}, so a money limit cannot be held; leave max_micro_usd out or set a price")]
    NoPrice { model: String },
    #[error("the session is {status}")]
    Finished { status: &'static str },
    #[error("{}", why_not_now(status))]
    WrongPhase { status: &'static str },
    #[error("there is no such question")]
    UnknownApproval,
    #[error("the question was already answered otherwise")]
    AnsweredOtherwise,
    #[error("the question waits for people until it expires")]
    NotExpired,
    #[error("call {call_id} is not the next one to be settled")]
    NotNextCall { call_id: String },
    #[error("call {call_id} was started already")]
    CallStarted { call_id: String },
    #[error("call {call_id} must be started before it can end like this")]
    CallNotStarted { call_id: String },
    #[error("cancellation was asked for")]
    CancelRequested,
    #[error("cancellation was not asked for")]
    CancelNotRequested,
    #[error("the session's limit {limit} is reached")]
    LimitReached { limit: &'static str },
    #[error("the session was forgotten")]
    Forgotten,
    #[error("the session is {status}; cancel it before it is forgotten")]
    NotFinished { status: &'static str },
    #[error("the reason must have 1 to {MAX_REASON_CHARS} characters and no control characters")]
    BadReason,
    #[error("something is still to be done: {what}")]
    Unsettled { what: &'static str },
    #[error("there is no such event to go back to")]
    NoSuchVersion,
    #[error("the session is no fork")]
    NotAFork,
    #[error("the fork's files were thrown away; fork again from one of its events")]
    Discarded,
    #[error("the name must have 1 to {limit} bytes and no characters of control or that turn the direction of text")]
    BadSnapshotName { limit: usize },
}

/// What stands in the way, and what one may do about it.
fn why_not_now(status: &str) -> String {
    match status {
        "waiting_approval" => "the session waits for an answer; answer its question or cancel it first".into(),
        "queued" | "running" => "the session is at work; wait for its end or cancel it first".into(),
        ended => format!("the session is {ended}, which does not allow this"),
    }
}

impl Rejection for AgentSessionRejection {
    fn code(&self) -> &'static str {
        use AgentSessionRejection as R;
        match self {
            R::Absent => "session_absent",
            R::Exists => "session_exists",
            R::Forgotten => "session_forgotten",
            R::NotFinished { .. } => "session_not_finished",
            R::BadReason => "bad_reason",
            R::EmptyTask => "empty_task",
            R::EmptyText => "empty_text",
            R::TextTooLong { .. } => "text_too_long",
            R::BudgetOutOfRange { .. } => "budget_out_of_range",
            R::BadModel => "bad_model",
            R::NoPrice { .. } => "model_without_price",
            R::Finished { .. } => "session_finished",
            R::WrongPhase { .. } => "session_phase",
            R::UnknownApproval => "unknown_approval",
            R::AnsweredOtherwise => "approval_answered",
            R::NotExpired => "approval_not_expired",
            R::NotNextCall { .. } => "call_not_next",
            R::CallStarted { .. } => "call_started",
            R::CallNotStarted { .. } => "call_not_started",
            R::CancelRequested => "cancel_requested",
            R::CancelNotRequested => "cancel_not_requested",
            R::LimitReached { .. } => "limit_reached",
            R::Unsettled { .. } => "session_unsettled",
            R::NoSuchVersion => "no_such_event",
            R::NotAFork => "not_a_fork",
            R::Discarded => "workspace_discarded",
            R::BadSnapshotName { .. } => "bad_snapshot_name",
        }
    }

    fn kind(&self) -> RejectionKind {
        use AgentSessionRejection as R;
        match self {
            R::EmptyTask => RejectionKind::Invalid { pointer: "/task" },
            R::EmptyText => RejectionKind::Invalid { pointer: "/text" },
            R::TextTooLong { pointer, .. } | R::BudgetOutOfRange { pointer, .. } => RejectionKind::Invalid { pointer },
            R::BadModel => RejectionKind::Invalid { pointer: "/model" },
            R::NoPrice { .. } => RejectionKind::Invalid { pointer: "/budget/max_micro_usd" },
            R::BadReason => RejectionKind::Invalid { pointer: "/reason" },
            R::NoSuchVersion => RejectionKind::Invalid { pointer: "/to" },
            R::BadSnapshotName { .. } => RejectionKind::Invalid { pointer: "/name" },
            R::Exists => RejectionKind::Exists,
            R::Absent
            | R::Finished { .. }
            | R::NotFinished { .. }
            | R::Forgotten
            | R::WrongPhase { .. }
            | R::UnknownApproval
            | R::AnsweredOtherwise
            | R::NotExpired
            | R::NotNextCall { .. }
            | R::CallStarted { .. }
            | R::CallNotStarted { .. }
            | R::CancelRequested
            | R::CancelNotRequested
            | R::LimitReached { .. }
            | R::Unsettled { .. }
            | R::NotAFork
            | R::Discarded => RejectionKind::State,
        }
    }
}
