//! Starts a new session from an event of another one, with the conversation and the files as they were there.

use std::time::Duration;

use async_trait::async_trait;
use opensail_domain::agent_session::event::{Budget, EditMode, Forked, Origin, Requested};
use opensail_domain::agent_session::message::Message;
use opensail_domain::agent_session::{AgentSession, AgentSessionCommand, AgentSessionDecider, AgentSessionRejection, Transcript};
use opensail_domain::kernel::decider::fold;
use opensail_domain::kernel::{MessageId, Private, SessionId};
use opensail_eventstore::Position;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::files::{SessionFiles, rejected};
use super::start_session::{MAX_TITLE_CHARS, title};
use crate::{Caller, Change, Command, CommandError, Commands, Done, Permission, Place, Shown};

/// Longest conversation that is taken over, in bytes of JSON: it has to fit into one append, encrypted.
const MAX_CONVERSATION: usize = 10 * 1024 * 1024;
/// How long a fork waits for the capture of the files at its event, and between two looks.
const CAPTURE_WAIT: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(20);

#[derive(Clone, Debug)]
pub struct ForkSession {
    pub session_id: SessionId,
    /// The last event at or before this position; `None`: the last there is.
    pub at: Option<Position>,
    /// Said to the fork; it begins to work then.
    pub message: Option<String>,
    /// What is left out is as the origin has it.
    pub model: Option<String>,
    pub edit_mode: Option<EditMode>,
    pub budget: Option<Budget>,
    /// Without a message: go on from the conversation as it is.
    pub start: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SessionForked {
    pub session_id: SessionId,
    /// Version of the origin's stream.
    pub version: u64,
}

#[async_trait]
impl Command for ForkSession {
    type Answer = SessionForked;
    async fn decide(&self, change: &mut Change) -> Result<SessionForked, CommandError> {
        let access = change.session_access(self.session_id, Permission::StartSession).await?;
        // What is released or captured meanwhile is looked at anew.
        change.lean_on::<AgentSessionDecider>(self.session_id).await?;
        let origin = change.commands().read_session_files(self.session_id).await?;
        if origin.core()?.forgotten {
            return Err(rejected(&AgentSessionRejection::Forgotten));
        }
        let version = origin.at(self.at)?;
        let snapshot = origin.kept_at(version)?.snapshot.clone();
        let session_id = SessionId(change.next_id());
        let subject = format!("session-{session_id}");
        let then = fold::<AgentSessionDecider>(origin.events().take(usize::try_from(version).unwrap_or(usize::MAX)));
        let core = then.core().ok_or(CommandError::NotFound)?;
        let first = origin.requested()?;
        let model = self.model.clone().unwrap_or_else(|| core.model.clone());
        let same_model = model == core.model;
        let conversation = conversation(&origin, version)?;
        let requested = Requested {
            session_id,
            project_id: access.project_id,
            team_id: access.team_id,
            task: Private::open(&subject, first.task.text().to_owned()),
            title: Private::open(
                &subject,
                self.message.as_deref().map_or_else(|| title_of_fork(first.title.text(), origin.position_of(version)), title),
            ),
            model: model.clone(),
            edit_mode: self.edit_mode.unwrap_or(core.edit_mode),
            budget: self.budget.clone().unwrap_or_else(|| core.budget.clone()),
            requested_by: change.account()?,
        };
        let answered = matches!(conversation.last(), Some(Message::Assistant(answer)) if answer.tool_calls.is_empty());
        let forked = Forked {
            origin: Origin { session_id: self.session_id, version, snapshot },
            conversation: Private::open(&subject, conversation),
            turn: core.turn,
            attempts: if same_model { core.attempts_settled } else { 0 },
            answered,
        };
        let fork = AgentSessionCommand::Fork {
            requested: Box::new(requested),
            model_has_price: change.commands().model().price(&model).is_some(),
            forked: Box::new(forked),
            message: self.message.clone().map(|text| (MessageId(change.next_id()), text)),
            start: self.start,
        };
        change.decide::<AgentSessionDecider>(session_id, Place::project(access.team_id, access.project_id), fork).await?;
        Ok(SessionForked { session_id, version })
    }
    fn shows(&self, answer: &SessionForked) -> Shown {
        Shown::Session(answer.session_id)
    }
}

/// What comes before the position in a fork's title.
const AT: &str = " (fork at #";

/// Of a fork to which nothing was said: what it left, and where. A fork of such a fork bears the first one's title.
fn title_of_fork(origin: &str, position: Position) -> String {
    let left = origin.rsplit_once(AT).map_or(origin, |(left, _)| left);
    let end = format!("{AT}{position})");
    let room = MAX_TITLE_CHARS.saturating_sub(end.chars().count());
    if left.chars().count() <= room {
        return format!("{left}{end}");
    }
    format!("{}…{end}", left.chars().take(room.saturating_sub(1)).collect::<String>())
}

impl SessionFiles {
    fn at(&self, position: Option<Position>) -> Result<u64, CommandError> {
        let nothing = || CommandError::invalid("/at", "no_such_event", "the session has no event there");
        self.version_at(position.unwrap_or(Position::MAX)).ok_or_else(nothing)
    }
}

fn conversation(origin: &SessionFiles, version: u64) -> Result<Vec<Message>, CommandError> {
    let until = usize::try_from(version).unwrap_or(usize::MAX);
    let conversation = Transcript::of(origin.events().take(until)).into_conversation();
    let bytes = serde_json::to_vec(&conversation).map_err(CommandError::broken)?.len();
    if bytes > MAX_CONVERSATION {
        return Err(CommandError::TooLarge { limit: MAX_CONVERSATION as u64 });
    }
    Ok(conversation)
}

impl Commands {
    /// The event first, which keeps the snapshot; then the working copy, which is made again at the first run if it is missing.
    pub async fn fork_session(&self, caller: &Caller, wish: &ForkSession) -> Result<Done<SessionForked>, CommandError> {
        if let Some(first) = self.known(caller).await? {
            return self.repeat(caller, first, |answer| wish.shows(answer)).await;
        }
        let account = caller.account.ok_or(CommandError::Forbidden)?;
        self.session_access(account, wish.session_id, Permission::StartSession).await?;
        if let Some(at) = wish.at {
            self.reached("/at", at).await?;
        }
        let origin = self.once_captured(wish).await?;
        let version = origin.at(wish.at)?;
        let cause = usize::try_from(version - 1).ok().and_then(|at| origin.history.get(at)).map(|(recorded, _)| recorded.event_id);
        let caller = Caller { causation_id: cause.or(caller.causation_id), ..caller.clone() };
        let done = self.execute(&caller, wish).await?;
        let (state, core) = self.session_core(done.answer.session_id).await?;
        // A fork that works already makes its copy itself, under its lease.
        if matches!(state, AgentSession::Finished(..))
            && let Err(error) = self.prepare_copy(&core).await
        {
            tracing::warn!(session = %core.session_id, error = error.log_text(), "a fork's working copy could not be made; its first run tries again");
        }
        Ok(done)
    }

    /// The origin, as soon as the files at the event are captured, which takes milliseconds after a call.
    async fn once_captured(&self, wish: &ForkSession) -> Result<SessionFiles, CommandError> {
        let end = Instant::now() + CAPTURE_WAIT;
        loop {
            let origin = self.read_session_files(wish.session_id).await?;
            let version = origin.at(wish.at)?;
            if !origin.snapshots.awaited(version) && origin.snapshots.at(version).is_some() {
                return Ok(origin);
            }
            if let AgentSession::Finished(core, _) = origin.snapshots.state()
                && origin.snapshots.awaited(version)
            {
                // Nobody is at it any more.
                let lease = self.take_copy(core, "fork").await?;
                let made_up = self.make_up_capture(core, &lease).await;
                self.give_back(&lease).await;
                made_up?;
                continue;
            }
            if origin.snapshots.failed_at(version).is_some() {
                return Ok(origin);
            }
            let at_work = !matches!(origin.snapshots.state(), AgentSession::Finished(..) | AgentSession::Queued(_));
            if !at_work || Instant::now() >= end {
                // Decided with what there is.
                return if origin.snapshots.awaited(version) { Err(CommandError::Overloaded { retry_after: LOOK }) } else { Ok(origin) };
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forks_title_says_what_it_left_and_where() {
        assert_eq!(title_of_fork("greet", 14), "greet (fork at #14)");
        assert_eq!(title_of_fork("greet (fork at #14)", 20), "greet (fork at #20)");
        let long = title_of_fork(&"ä".repeat(80), 7);
        assert_eq!(long.chars().count(), MAX_TITLE_CHARS);
        assert!(long.ends_with("ä… (fork at #7)"), "{long}");
    }
}
