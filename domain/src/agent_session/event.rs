//! The facts of an agent session. What people, model and tools said is private under the session's key; who, when, which tool,
//! how it ended and what it cost are not.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message::{Answer, CallOutcome, Tokens};
pub use super::workspace::{
    CaptureFailed, CaptureFailure, ForkMergeStarted, ForkMerged, Forked, MergeStarted, Merged, Origin, Refusal, Refused, SnapshotNamed,
    SnapshotsReleased, Tree, UndoStarted, Undone, WorkspaceCaptured, WorkspaceDiscarded,
};
use crate::kernel::{AccountId, ApprovalId, MessageId, Micros, Private, ProjectId, SessionId, TeamId, event::events};

events! {
    AgentSessionEvent {
        /// A task was given; the session waits for its turn in the project.
        Requested = "agent_session.requested" v 1,
        /// A worker took the session up, for the first time or again after a stop.
        RunStarted = "agent_session.run_started" v 1,
        /// The model is about to be asked.
        TurnStarted = "agent_session.turn_started" v 1,
        /// The model answered.
        TurnCompleted = "agent_session.turn_completed" v 1,
        /// An attempt to get an answer failed; it may be tried again.
        TurnFailed = "agent_session.turn_failed" v 1,
        /// People are asked before a tool call takes effect.
        ApprovalRequested = "agent_session.approval_requested" v 1,
        ApprovalAnswered = "agent_session.approval_answered" v 1,
        /// Nobody answered in time; it counts as denied.
        ApprovalTimedOut = "agent_session.approval_timed_out" v 1,
        /// A tool call is about to take effect; what it will do to files is fixed here.
        ToolCallStarted = "agent_session.tool_call_started" v 1,
        ToolCallCompleted = "agent_session.tool_call_completed" v 1,
        /// A person said something more.
        MessageAdded = "agent_session.message_added" v 1,
        /// A finished session waits for its turn again, because of a message.
        Requeued = "agent_session.requeued" v 1,
        /// The session waits for a time to pass.
        Paused = "agent_session.paused" v 1,
        Resumed = "agent_session.resumed" v 1,
        CancelRequested = "agent_session.cancel_requested" v 1,
        Completed = "agent_session.completed" v 1,
        Failed = "agent_session.failed" v 1,
        Cancelled = "agent_session.cancelled" v 1,
        LimitReached = "agent_session.limit_reached" v 1,
        /// The session's key was destroyed in the same append: what people, model and tools said is gone, also from what was written before.
        Forgotten = "agent_session.forgotten" v 1,
        /// The session's files were recorded as they are.
        WorkspaceCaptured = "agent_session.workspace_captured" v 1,
        /// The session's files could not be recorded; it goes on without.
        CaptureFailed = "agent_session.capture_failed" v 1,
        /// Files and conversation are about to go back to an event.
        UndoStarted = "agent_session.undo_started" v 1,
        Undone = "agent_session.undone" v 1,
        /// The session goes on from an event of another one, with its own copy of the files.
        Forked = "agent_session.forked" v 1,
        /// A fork's files are about to be merged into its origin's.
        MergeStarted = "agent_session.merge_started" v 1,
        Merged = "agent_session.merged" v 1,
        /// A fork's files are about to be merged into this session's.
        ForkMergeStarted = "agent_session.fork_merge_started" v 1,
        /// A fork's files were merged into this session's.
        ForkMerged = "agent_session.fork_merged" v 1,
        /// A fork's working copy was thrown away.
        WorkspaceDiscarded = "agent_session.workspace_discarded" v 1,
        SnapshotNamed = "agent_session.snapshot_named" v 1,
        /// Snapshots are no longer kept.
        SnapshotsReleased = "agent_session.snapshots_released" v 1,
    }
}

/// What may happen without asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EditMode {
    /// Everything with effects is asked for.
    #[default]
    Ask,
    /// Nothing is asked for.
    Allow,
    /// Nothing with effects is done.
    Plan,
}

/// What a session may use up. `None` is without limit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Budget {
    /// Model turns.
    pub max_steps: u64,
    /// Seconds of work; waiting for people is not counted.
    pub max_seconds: u64,
    /// Input and output tokens together.
    pub max_tokens: u64,
    /// Millionths of a US dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_micro_usd: Option<u64>,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { max_steps: 100, max_seconds: 3600, max_tokens: 2_000_000, max_micro_usd: None }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Requested {
    pub session_id: SessionId,
    pub project_id: ProjectId,
    pub team_id: TeamId,
    pub task: Private<String>,
    /// The task's first line, shortened.
    pub title: Private<String>,
    pub model: String,
    pub edit_mode: EditMode,
    pub budget: Budget,
    pub requested_by: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunStarted {
    /// 1 for the first.
    pub run: u64,
    /// Which worker: node and boot.
    pub worker: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TurnStarted {
    /// 1 for the first.
    pub turn: u64,
    /// 1 for the first try of this turn.
    pub attempt: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TurnCompleted {
    pub turn: u64,
    pub attempt: u64,
    pub answer: Private<Answer>,
    /// The calls of the answer without their arguments, in order.
    pub calls: Vec<CallName>,
    /// Model as the provider named it.
    pub model: String,
    pub tokens: Tokens,
    /// What it cost, when the model has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_usd: Option<u64>,
    pub duration_ms: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CallName {
    pub call_id: String,
    pub tool: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TurnFailed {
    pub turn: u64,
    pub attempt: u64,
    /// Stable: `rate_limited`, `overloaded`, `timeout`, `cut_stream`, `empty_answer`, `bad_request`, `unauthorized`, `unreachable`, …
    pub code: String,
    /// What the provider said.
    pub detail: Private<String>,
    /// False: trying again would not help.
    pub retryable: bool,
    pub duration_ms: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalRequested {
    pub approval_id: ApprovalId,
    pub call_id: String,
    pub tool: String,
    /// What `allow_session` would cover: the tool, for shell the identical command.
    pub grant: Private<String>,
    /// What a person reads: the exact command, or the diff.
    pub preview: Private<String>,
    pub expires_at: Micros,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    AllowOnce,
    AllowSession,
    Deny,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalAnswered {
    pub approval_id: ApprovalId,
    pub decision: Decision,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Private<String>>,
    pub answered_by: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalTimedOut {
    pub approval_id: ApprovalId,
}

/// What a call can do, and so what happens to it after a crash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Only reads: run again.
    Read,
    /// Changes files as planned: completed exactly.
    Files,
    /// Anything: never run again unasked.
    Shell,
}

/// One exact change to one path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PlannedChange {
    pub path: String,
    /// SHA-256 (hex) before; absent: the file does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Where the content before lies in the blob store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_blob: Option<String>,
    /// SHA-256 (hex) after; absent: the file is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_blob: Option<String>,
    /// Permission bits after; absent: kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ToolCallStarted {
    pub call_id: String,
    pub tool: String,
    pub effect: Effect,
    /// For `files`: what will be done, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Private<Vec<PlannedChange>>>,
}

/// Full bytes that were too long for the event, under the session's key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FullOutput {
    pub hash: String,
    pub size: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ToolCallCompleted {
    pub call_id: String,
    pub tool: String,
    pub outcome: CallOutcome,
    /// What the model is told; head and tail when the full output is longer.
    pub output: Private<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_output: Option<FullOutput>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    pub duration_ms: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MessageAdded {
    pub message_id: MessageId,
    pub text: Private<String>,
    pub added_by: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Requeued {}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Paused {
    /// Stable: `model_unavailable`.
    pub reason: String,
    pub until: Micros,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Resumed {}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CancelRequested {
    pub requested_by: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Completed {}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Failed {
    /// Stable: the code of the last failed turn, or `project_missing`, `worker_error`.
    pub reason: String,
    pub detail: Private<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Cancelled {}

/// Which part of the budget is used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "the names are those of the contract's settings")]
pub enum Limit {
    MaxSteps,
    MaxSeconds,
    MaxTokens,
    MaxMicroUsd,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LimitReached {
    pub limit: Limit,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Forgotten {
    /// Readable for ever.
    pub reason: String,
}
