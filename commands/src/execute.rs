//! Load, handle, commit, as journal.md says: one append per command, and what it answered is kept.
//!
//! A command decides on cached states. If the journal then says that a stream or a guard moved, it decides again on fresh ones, a few times;
//! a refusal decided on a cached state is decided again on a fresh one before it is told. A repeated command id answers with the first result.

mod again;
mod change;
mod commit;

use std::time::Duration;

use async_trait::async_trait;
use opensail_domain::kernel::{Micros, ProjectId, SessionId, TeamId};
use opensail_eventstore::{Appended, Cursor, Epoch, Guard, Position, StreamId, VaultWrite};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Caller, CommandError, Commands};
pub use change::Change;

/// How often a command is decided before it gives up with `Conflict`, and the pauses in between, in milliseconds: the first
/// follow at once, the others leave a busy stream time (a run writes several events a second), each up to half shorter by chance,
/// so that two who met do not meet again.
pub const MAX_TRIES: usize = PAUSES.len() + 1;
const PAUSES: [u64; 11] = [0, 0, 2, 5, 10, 20, 40, 80, 150, 250, 400];

/// A wish. `decide` may run several times, so it has no effect of its own: all it wants lies in the change.
#[async_trait]
pub trait Command: Send + Sync {
    /// Kept with the command id and told again when it is repeated, so never a secret.
    type Answer: Serialize + DeserializeOwned + Send + Sync;
    async fn decide(&self, change: &mut Change) -> Result<Self::Answer, CommandError>;
    /// What the caller gets to see when this is granted. The rights of a repeated wish are not asked again, so its first answer
    /// is told only to who may still see this, or could see it until it was deleted.
    fn shows(&self, answer: &Self::Answer) -> Shown;
}

/// The thing that an answer shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// Nothing but where the write stands in the journal, or what is the caller's own.
    Nothing,
    Team(TeamId),
    /// An invitation into the team, token and all: for who manages its members.
    Invitation(TeamId),
    Project(ProjectId),
    Session(SessionId),
}

/// A command that is done and durable.
#[derive(Clone, PartialEq, Debug)]
pub struct Done<T> {
    pub answer: T,
    pub epoch: Epoch,
    /// Of the last event written; a reader that has seen it has seen the command's whole effect.
    pub position: Position,
    pub time: Micros,
    /// Streams written, with their versions after it.
    pub versions: Vec<(StreamId, u64)>,
    /// The command id was known and this is the first result.
    pub repeated: bool,
}

impl<T> Done<T> {
    pub fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch, position: self.position }
    }

    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Done<U> {
        let Done { answer, epoch, position, time, versions, repeated } = self;
        Done { answer: with(answer), epoch, position, time, versions, repeated }
    }
}

/// What an append carries beside the events.
pub(crate) struct Request {
    pub(crate) caller: Caller,
    pub(crate) guards: Vec<Guard>,
    pub(crate) vault: Vec<VaultWrite>,
}

impl Request {
    pub(crate) fn new(caller: Caller) -> Self {
        Request { caller, guards: Vec::new(), vault: Vec::new() }
    }
}

impl Commands {
    /// Does what the command wishes, once.
    pub async fn execute<C: Command>(&self, caller: &Caller, command: &C) -> Result<Done<C::Answer>, CommandError> {
        if let Some(first) = self.known(caller).await? {
            return self.repeat(caller, first, |answer| command.shows(answer)).await;
        }
        let mut fresh = false;
        let mut pauses = PAUSES.iter();
        loop {
            let mut change = Change::new(self.clone(), caller.clone(), fresh);
            let answer = match command.decide(&mut change).await {
                Ok(answer) => answer,
                // Decided on a fresh state the next time, so this happens once at most.
                Err(error) if error.rests_on_state() && change.rests_on_cache() => {
                    fresh = true;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let text = serde_json::to_string(&answer).map_err(CommandError::broken)?;
            let text = (text != "null").then_some(text);
            match change.append(text).await {
                Ok(first) if first.repeated => return self.repeat(caller, first, |answer| command.shows(answer)).await,
                Ok(Appended { epoch, position, versions, time, repeated, answer: _ }) => {
                    return Ok(Done { answer, epoch, position, time, versions, repeated });
                }
                Err(CommandError::Conflict) => {
                    let Some(pause) = pauses.next() else { return Err(CommandError::Conflict) };
                    pause_about(*pause).await;
                    fresh = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The first result once more, if the caller may still see what it shows: asked of the journal, whatever the cache holds.
    pub(crate) async fn repeat<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        first: Appended,
        shows: impl FnOnce(&T) -> Shown,
    ) -> Result<Done<T>, CommandError> {
        let Appended { epoch, position, versions, time, repeated, answer } = first;
        let answer: T = serde_json::from_str(answer.as_deref().unwrap_or("null")).map_err(CommandError::broken)?;
        Change::new(self.clone(), caller.clone(), true).may_see_again(shows(&answer)).await?;
        Ok(Done { answer, epoch, position, time, versions, repeated })
    }

    /// First result of a command that carries an idempotency key, if it was done before.
    pub(crate) async fn known(&self, caller: &Caller) -> Result<Option<Appended>, CommandError> {
        let Some(fingerprint) = caller.fingerprint else { return Ok(None) };
        match self.journal().command(caller.command_id).await? {
            Some((_, first)) if first != Some(fingerprint) => Err(CommandError::IdempotencyKeyReused),
            Some((appended, _)) => Ok(Some(Appended { repeated: true, ..appended })),
            None => Ok(None),
        }
    }
}

async fn pause_about(milliseconds: u64) {
    if milliseconds > 0 {
        let chance = Uuid::now_v7().as_u64_pair().1 % 1024;
        tokio::time::sleep(Duration::from_micros(milliseconds * (1000 - chance * 500 / 1024))).await;
    }
}
