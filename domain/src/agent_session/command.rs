//! What may be wished of a session: by people, and by the worker that runs it.

use super::event::{
    CancelRequested, CaptureFailed, Decision, Effect, ForkMergeStarted, ForkMerged, Forked, Limit, MergeStarted, Merged, PlannedChange,
    Requested, SnapshotNamed, UndoStarted, Undone, WorkspaceCaptured, WorkspaceDiscarded,
};
use super::message::{Answer, CallOutcome, Tokens};
use crate::kernel::{AccountId, ApprovalId, MessageId, Micros};

/// Largest task or message, in bytes of UTF-8.
pub const MAX_TEXT_BYTES: usize = 100_000;
/// Longest reason given with an answer, in bytes of UTF-8.
pub const MAX_REASON_BYTES: usize = 2_000;
/// Longest name of a model, or path of a trajectory, in bytes of UTF-8. It stands in the envelope of every event of the session's agent.
pub const MAX_MODEL_BYTES: usize = 500;
/// Upper ends of a budget's parts.
pub const MAX_STEPS: u64 = 10_000;
pub const MAX_SECONDS: u64 = 7 * 24 * 3600;
pub const MAX_TOKENS: u64 = 1_000_000_000;
/// How long a question waits for an answer, in microseconds (24 hours).
pub const APPROVAL_TIMEOUT: Micros = 24 * 3600 * 1_000_000;

#[derive(Clone, PartialEq, Debug)]
pub enum AgentSessionCommand {
    // People
    /// `model_has_price`: looked up, since a money limit needs one.
    Request {
        requested: Box<Requested>,
        model_has_price: bool,
    },
    AddMessage {
        message_id: MessageId,
        text: String,
        added_by: AccountId,
    },
    AnswerApproval {
        approval_id: ApprovalId,
        decision: Decision,
        reason: Option<String>,
        answered_by: AccountId,
    },
    Cancel(CancelRequested),
    Forget {
        reason: String,
    },
    /// A new session that goes on from another one's event. Without a message it rests, unless `start` is wished.
    Fork {
        requested: Box<Requested>,
        model_has_price: bool,
        forked: Box<Forked>,
        message: Option<(MessageId, String)>,
        start: bool,
    },
    StartUndo(UndoStarted),
    FinishUndo(Box<Undone>),
    StartMerge(MergeStarted),
    FinishMerge(Box<Merged>),
    /// What the session that a fork left is told of its merge.
    StartForkMerge(ForkMergeStarted),
    FinishForkMerge(Box<ForkMerged>),
    Discard(WorkspaceDiscarded),
    NameSnapshot(SnapshotNamed),
    ReleaseSnapshots(Vec<String>),

    // The worker
    BeginRun {
        worker: String,
    },
    StartTurn,
    CompleteTurn {
        answer: Answer,
        model: String,
        tokens: Tokens,
        micro_usd: Option<u64>,
        duration_ms: u64,
    },
    FailTurn {
        code: String,
        detail: String,
        retryable: bool,
        duration_ms: u64,
    },
    RequestApproval {
        approval_id: ApprovalId,
        call_id: String,
        grant: String,
        preview: String,
        now: Micros,
    },
    TimeOutApproval {
        approval_id: ApprovalId,
        now: Micros,
    },
    StartCall {
        call_id: String,
        effect: Effect,
        changes: Option<Vec<PlannedChange>>,
    },
    CompleteCall(Box<CompleteCall>),
    Capture(Box<WorkspaceCaptured>),
    FailCapture(Box<CaptureFailed>),
    Pause {
        reason: String,
        until: Micros,
    },
    Resume,
    Complete,
    Fail {
        reason: String,
        detail: String,
    },
    /// Confirms a cancellation that was asked for.
    ConfirmCancel,
    ReachLimit {
        limit: Limit,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub struct CompleteCall {
    pub call_id: String,
    pub outcome: CallOutcome,
    pub output: String,
    pub full_output: Option<super::event::FullOutput>,
    pub exit_code: Option<i32>,
    pub duration_ms: u64,
}
