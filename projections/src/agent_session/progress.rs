//! How far a session is, folded event by event: by the projection into its row, and from a stream's beginning for the past.

use opensail_domain::agent_session::event::AgentSessionEvent;
use opensail_domain::agent_session::{AgentSessionEvent as E, Status};
use opensail_domain::kernel::{ApprovalId, Micros, Private};
use opensail_eventstore::{Fact, Position, Recorded};
use serde::Serialize;

use crate::db::Row;
use crate::{rows, sealed};

/// What a session has used up since it was requested.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Usage {
    /// Answers of the model.
    pub steps: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Millionths of a US dollar; what a model without a price costs is not in it.
    pub micro_usd: u64,
}

/// Where and when an event happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moment {
    pub(crate) position: Position,
    pub(crate) time: Micros,
}

impl From<&Recorded> for Moment {
    fn from(recorded: &Recorded) -> Self {
        Moment { position: recorded.position, time: recorded.time }
    }
}

impl From<&Fact> for Moment {
    fn from(fact: &Fact) -> Self {
        Moment { position: fact.position, time: fact.time }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Progress {
    pub(crate) status: Status,
    /// Why it failed, was paused or which limit it reached; a stable code.
    pub(crate) reason: Option<String>,
    /// What was said about it, for people.
    pub(crate) detail: Option<Private<String>>,
    pub(crate) usage: Usage,
    pub(crate) updated_at: Micros,
    /// Where it was queued last: its place in the project's order.
    pub(crate) queued: Position,
    pub(crate) cancel_requested: bool,
    pub(crate) paused_until: Option<Micros>,
    /// The open question and when it expires.
    pub(crate) question: Option<(ApprovalId, Micros)>,
    /// An undo or a merge of its files is begun and not ended.
    pub(crate) unsettled: bool,
    /// Of a fork: its working copy was thrown away.
    pub(crate) discarded: bool,
    /// Where the model's last answer lies.
    pub(crate) answer: Option<Position>,
    pub(crate) position: Position,
}

/// What [`Progress::read`] reads.
pub(super) const COLUMNS: &str = "status, reason, detail, steps, input_tokens, output_tokens, micro_usd, updated_at, queued, \
    cancel_requested, paused_until, approval_id, approval_expires_at, answer, position, unsettled, discarded";

const STATUSES: [Status; 8] = [
    Status::Queued,
    Status::Running,
    Status::WaitingApproval,
    Status::Paused,
    Status::Completed,
    Status::Failed,
    Status::Cancelled,
    Status::LimitReached,
];

impl Progress {
    pub(crate) fn requested(at: Moment) -> Self {
        Progress {
            status: Status::Queued,
            reason: None,
            detail: None,
            usage: Usage::default(),
            updated_at: at.time,
            queued: at.position,
            cancel_requested: false,
            paused_until: None,
            question: None,
            unsettled: false,
            discarded: false,
            answer: None,
            position: at.position,
        }
    }

    pub(crate) fn apply(&mut self, at: Moment, event: &AgentSessionEvent) {
        self.position = at.position;
        self.updated_at = at.time;
        match event {
            E::Requested(_) => *self = Progress::requested(at),
            E::RunStarted(_) => {
                if self.status == Status::Queued {
                    self.go(Status::Running);
                }
            }
            E::TurnCompleted(e) => {
                self.answer = Some(at.position);
                self.usage.steps += 1;
                self.usage.input_tokens = self.usage.input_tokens.saturating_add(e.tokens.input);
                self.usage.output_tokens = self.usage.output_tokens.saturating_add(e.tokens.output);
                self.usage.micro_usd = self.usage.micro_usd.saturating_add(e.micro_usd.unwrap_or(0));
            }
            E::ApprovalRequested(e) => {
                self.go(Status::WaitingApproval);
                self.question = Some((e.approval_id, e.expires_at));
            }
            E::ApprovalAnswered(e) => self.settle(e.approval_id),
            E::ApprovalTimedOut(e) => self.settle(e.approval_id),
            E::Requeued(_) => {
                self.go(Status::Queued);
                self.queued = at.position;
                self.cancel_requested = false;
            }
            E::Paused(e) => {
                self.go(Status::Paused);
                self.reason = Some(e.reason.clone());
                self.paused_until = Some(e.until);
            }
            E::Resumed(_) => self.go(Status::Running),
            E::CancelRequested(_) => self.cancel_requested = true,
            E::Completed(_) => self.finish(Status::Completed, None, None),
            E::Failed(e) => self.finish(Status::Failed, Some(e.reason.clone()), Some(e.detail.clone())),
            E::Cancelled(_) => self.finish(Status::Cancelled, None, None),
            E::LimitReached(e) => self.finish(Status::LimitReached, Some(e.limit.as_str().into()), None),
            E::TurnStarted(_)
            | E::TurnFailed(_)
            | E::ToolCallStarted(_)
            | E::ToolCallCompleted(_)
            | E::MessageAdded(_)
            // What is private of it is sealed under the key that is gone.
            | E::Forgotten(_) => {}
            E::UndoStarted(_) | E::MergeStarted(_) => self.unsettled = true,
            E::Undone(_) | E::Merged(_) => self.unsettled = false,
            E::WorkspaceDiscarded(_) => self.discarded = true,
            // An open merge is ended through the fork.
            E::ForkMergeStarted(_)
            | E::ForkMerged(_)
            | E::WorkspaceCaptured(_)
            | E::CaptureFailed(_)
            | E::Forked(_)
            | E::SnapshotNamed(_)
            | E::SnapshotsReleased(_) => {}
        }
    }

    fn go(&mut self, status: Status) {
        self.status = status;
        self.reason = None;
        self.detail = None;
        self.paused_until = None;
        self.question = None;
    }

    fn settle(&mut self, approval: ApprovalId) {
        if self.question.is_some_and(|(open, _)| open == approval) {
            self.go(Status::Running);
        }
    }

    fn finish(&mut self, status: Status, reason: Option<String>, detail: Option<Private<String>>) {
        self.go(status);
        self.reason = reason;
        self.detail = detail;
        self.cancel_requested = false;
    }

    /// From [`COLUMNS`], which begin at column `first`.
    pub(crate) fn read(row: &Row, first: usize) -> Result<Progress, sqlx::Error> {
        let place = |number: Option<i64>| number.map(|position| position.max(0) as u64);
        Ok(Progress {
            status: status(&row.text(first)?)?,
            reason: row.maybe_text(first + 1)?,
            detail: row.maybe_text(first + 2)?.map(|_| row.json(first + 2)).transpose()?,
            usage: Usage {
                steps: row.count(first + 3)?,
                input_tokens: row.count(first + 4)?,
                output_tokens: row.count(first + 5)?,
                micro_usd: row.count(first + 6)?,
            },
            updated_at: row.int(first + 7)?,
            queued: row.count(first + 8)?,
            cancel_requested: row.int(first + 9)? != 0,
            paused_until: row.maybe_int(first + 10)?,
            question: match (row.maybe_text(first + 11)?, row.maybe_int(first + 12)?) {
                (Some(_), Some(expires_at)) => Some((row.parsed(first + 11)?, expires_at)),
                _ => None,
            },
            answer: place(row.maybe_int(first + 13)?),
            position: row.count(first + 14)?,
            unsettled: row.int(first + 15)? != 0,
            discarded: row.int(first + 16)? != 0,
        })
    }

    /// From the session's row.
    pub(super) fn of(row: &rows::Row) -> Result<Progress, sqlx::Error> {
        let odd = |what: &str| sqlx::Error::Decode(format!("a session's row holds {what:?}").into());
        let place = |number: Option<i64>| number.map(|position| position.max(0) as u64);
        Ok(Progress {
            status: status(row.text("status")?)?,
            reason: row.maybe_text("reason").map(str::to_owned),
            detail: row.maybe_text("detail").map(|text| serde_json::from_str(text).map_err(|_| odd(text))).transpose()?,
            usage: Usage {
                steps: row.count("steps")?,
                input_tokens: row.count("input_tokens")?,
                output_tokens: row.count("output_tokens")?,
                micro_usd: row.count("micro_usd")?,
            },
            updated_at: row.int("updated_at")?,
            queued: row.count("queued")?,
            cancel_requested: row.int("cancel_requested")? != 0,
            paused_until: row.maybe_int("paused_until"),
            question: match (row.maybe_text("approval_id"), row.maybe_int("approval_expires_at")) {
                (Some(id), Some(expires_at)) => Some((id.parse().map_err(|_| odd(id))?, expires_at)),
                _ => None,
            },
            unsettled: row.int("unsettled")? != 0,
            discarded: row.int("discarded")? != 0,
            answer: place(row.maybe_int("answer")),
            position: row.count("position")?,
        })
    }

    /// Into the session's row.
    pub(super) fn write(&self, row: &mut rows::Row) {
        row.set("finished", self.status.finished());
        row.set("status", self.status.as_str());
        row.set("reason", self.reason.clone());
        row.set("detail", self.detail.as_ref().map(sealed::to_text));
        row.set("steps", self.usage.steps);
        row.set("input_tokens", self.usage.input_tokens);
        row.set("output_tokens", self.usage.output_tokens);
        row.set("micro_usd", self.usage.micro_usd);
        row.set("updated_at", self.updated_at);
        row.set("queued", self.queued);
        row.set("cancel_requested", self.cancel_requested);
        row.set("paused_until", self.paused_until);
        row.set("approval_id", self.question.map(|(id, _)| id.to_string()));
        row.set("approval_expires_at", self.question.map(|(_, expires_at)| expires_at));
        row.set("answer", self.answer.map(|position| position as i64));
        row.set("position", self.position);
        row.set("unsettled", self.unsettled);
        row.set("discarded", self.discarded);
    }
}

fn status(name: &str) -> Result<Status, sqlx::Error> {
    let found = STATUSES.into_iter().find(|known| known.as_str() == name);
    found.ok_or_else(|| sqlx::Error::Decode(format!("no status of a session is called {name:?}").into()))
}
