//! What a run has to know of a session's past beside its state and its conversation, folded from the same events.

use std::collections::BTreeMap;

use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::event::{Effect, PlannedChange};
use opensail_domain::kernel::ApprovalId;

#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Memory {
    /// The call that was started and not completed.
    pub(super) started: Option<Started>,
    /// Questions about the present calls, by call.
    questions: BTreeMap<String, Asked>,
    /// Why the last attempt at the present turn failed.
    pub(super) failure: Option<Failure>,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Started {
    pub(super) call_id: String,
    pub(super) effect: Effect,
    /// For files; `None` when they were forgotten.
    pub(super) changes: Option<Vec<PlannedChange>>,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Asked {
    approval_id: ApprovalId,
    /// What people were shown.
    pub(super) preview: String,
    /// What they said when they said no.
    pub(super) reason: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) detail: String,
    pub(super) retryable: bool,
}

impl Memory {
    pub(super) fn asked(&self, call_id: &str) -> Option<&Asked> {
        self.questions.get(call_id)
    }

    pub(super) fn apply(&mut self, event: &AgentSessionEvent) {
        use AgentSessionEvent as E;
        match event {
            E::TurnCompleted(_) => {
                self.failure = None;
                self.questions.clear();
                self.started = None;
            }
            E::TurnFailed(e) => {
                self.failure = Some(Failure { code: e.code.clone(), detail: e.detail.text().into(), retryable: e.retryable });
            }
            E::ApprovalRequested(e) => {
                let asked = Asked { approval_id: e.approval_id, preview: e.preview.text().into(), reason: None };
                self.questions.insert(e.call_id.clone(), asked);
            }
            E::ApprovalAnswered(e) => {
                if let Some(asked) = self.questions.values_mut().find(|asked| asked.approval_id == e.approval_id) {
                    asked.reason = e.reason.as_ref().map(|reason| reason.text().into());
                }
            }
            E::ToolCallStarted(e) => {
                let changes = e.changes.as_ref().and_then(|changes| changes.value().cloned());
                self.started = Some(Started { call_id: e.call_id.clone(), effect: e.effect, changes });
            }
            E::ToolCallCompleted(_) => self.started = None,
            E::Requeued(_)
            | E::Undone(_)
            | E::Forked(_)
            | E::Completed(_)
            | E::Failed(_)
            | E::Cancelled(_)
            | E::LimitReached(_)
            | E::Forgotten(_) => {
                *self = Memory::default();
            }
            E::Requested(_)
            | E::RunStarted(_)
            | E::TurnStarted(_)
            | E::ApprovalTimedOut(_)
            | E::MessageAdded(_)
            | E::Paused(_)
            | E::Resumed(_)
            | E::CancelRequested(_)
            | E::WorkspaceCaptured(_)
            | E::CaptureFailed(_)
            | E::UndoStarted(_)
            | E::MergeStarted(_)
            | E::Merged(_)
            | E::ForkMergeStarted(_)
            | E::ForkMerged(_)
            | E::WorkspaceDiscarded(_)
            | E::SnapshotNamed(_)
            | E::SnapshotsReleased(_) => {}
        }
    }
}
