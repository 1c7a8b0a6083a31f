//! One partition in a member's hands: its lease, and its row in the vault.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::Group;
use super::doubt::{Doubt, Doubts, UnderWay};
use super::parked::Ordered;
use super::row::{self, KIND, Row};
use crate::append::{Append, AppendError, Appended, Fence};
use crate::envelope::{Cursor, Epoch, Position, Recorded, StreamId};
use crate::journal::ReadError;
use crate::lease::Lease;
use crate::vault::{VaultError, VaultWrite};

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum ShareError {
    /// Somebody else has taken the partition over.
    #[error("the partition is another member's")]
    Lost,
    /// What the vault keeps of it was written by a newer program, or by hand. Nobody works on it.
    #[error("the partition's checkpoint cannot be read by this program")]
    Unreadable,
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Append(AppendError),
    #[error(transparent)]
    Journal(#[from] ReadError),
}

pub struct Share {
    held: Arc<Held>,
    /// That was set aside and goes on; without it, it is about all the others of the partition.
    stream: Option<StreamId>,
}

struct Held {
    group: Group,
    partition: u32,
    lease: Lease,
    /// As this member wrote it last.
    row: Mutex<Row>,
    doubts: Doubts,
}

impl Share {
    /// Writes the lease's token into the row, so that whoever had it before changes it no more.
    pub(crate) async fn take_over(group: &Group, partition: u32, lease: Lease) -> Result<Share, ShareError> {
        let (key, journal) = (row::key(&group.name, partition), group.tail.journal());
        loop {
            let found = group.vault.get(KIND, &key).await?;
            // Begun anew, everything that was handled would be handled once more.
            let before = found.as_deref().map(|row| Row::read(row).ok_or(ShareError::Unreadable)).transpose()?;
            if before.as_ref().is_some_and(|before| before.token > lease.token) {
                return Err(ShareError::Lost);
            }
            let epoch = journal.head().await?.epoch;
            let row = match before {
                None => Row { token: lease.token, cursor: Cursor { epoch, position: group.from }, aside: Vec::new(), stopped: None },
                Some(before) => Row { token: lease.token, ..before.in_epoch(journal.as_ref(), epoch).await? },
            };
            if group.vault.swap(KIND, &key, found.as_deref(), &row.written(), None).await? {
                let held = Held { group: group.clone(), partition, lease, row: Mutex::new(row), doubts: Doubts::default() };
                return Ok(Share { held: Arc::new(held), stream: None });
            }
        }
    }

    /// Of the history that its checkpoint is of.
    pub fn epoch(&self) -> Epoch {
        self.row().cursor.epoch
    }

    pub fn partition(&self) -> u32 {
        self.held.partition
    }

    /// Everything up to here was handled: of the partition, or of the stream that goes on.
    pub fn position(&self) -> Position {
        self.row().reached(self.stream.as_ref())
    }

    /// For appends that shall fail when the partition is somebody else's.
    pub fn fence(&self) -> Fence {
        self.held.lease.fence()
    }

    /// Moves the checkpoint on, after the effect.
    pub async fn keep(&self, seen: Position) -> Result<(), ShareError> {
        if seen <= self.position() {
            return Ok(());
        }
        let mut row = self.row().clone();
        row.reach(self.stream.as_ref(), seen);
        self.write(row).await
    }

    /// Writes an effect together with the checkpoint, up to which events were handled then: both, or neither, and neither by a ghost. Where it is not known
    /// whether it was written, also since this was dropped before its end, the partition is taken up anew, and its row says so. A command that the journal knows
    /// has had its effect: the checkpoint alone is moved then.
    pub async fn append(&self, append: Append, seen: Position) -> Result<Appended, ShareError> {
        let under_way = UnderWay::begin(&self.held.doubts);
        let outcome = self.append_with_row(append, seen).await;
        under_way.end(&outcome);
        outcome
    }

    async fn append_with_row(&self, append: Append, seen: Position) -> Result<Appended, ShareError> {
        let mut row = self.row().clone();
        row.reach(self.stream.as_ref(), seen);
        let mut append = Append { fence: Some(self.fence()), ..append };
        append.vault.push(VaultWrite::Put { kind: KIND.into(), key: self.key(), value: row.written(), expires: None });
        match self.held.group.tail.journal().append(append).await {
            // Nothing was written this time, and neither was the row.
            Ok(appended) if appended.repeated => self.keep(seen).await.map(|()| appended),
            Ok(appended) => {
                *self.row() = row;
                Ok(appended)
            }
            Err(AppendError::Fenced { .. }) => Err(ShareError::Lost),
            Err(error) => Err(ShareError::Append(error)),
        }
    }

    /// Sets the event's stream aside from it on, with everything else up to it handled. False when as many are set aside as may be.
    pub(crate) async fn set_aside(&self, event: &Recorded, error: &str) -> Result<bool, ShareError> {
        let mut row = self.row().clone();
        let parked = row.set_aside(event, error);
        self.write(row).await?;
        Ok(parked)
    }

    /// Says that the partition goes no further; true when it said so before.
    pub(super) async fn stop(&self, why: &str) -> Result<bool, ShareError> {
        let mut row = self.row().clone();
        row.stop(why);
        let known = *self.row() == row;
        if !known {
            self.write(row).await?;
        }
        Ok(known)
    }

    /// Finds out whether the partition is still this member's.
    pub(super) async fn confirm(&self) -> Result<(), ShareError> {
        let row = self.row().clone();
        self.write(row).await
    }

    pub(super) async fn obey(&self, event: Uuid, what: Ordered) -> Result<bool, ShareError> {
        let mut row = self.row().clone();
        let obeyed = row.obey(event, what);
        self.write(row).await?;
        Ok(obeyed)
    }

    /// The stream that went on has come as far as its partition, and is one of the others again.
    pub(super) async fn rejoin(&self) -> Result<(), ShareError> {
        let mut row = self.row().clone();
        row.aside.retain(|aside| Some(&aside.stream) != self.stream.as_ref());
        self.write(row).await
    }

    pub(super) fn stream(&self) -> Option<&StreamId> {
        self.stream.as_ref()
    }

    pub(super) fn leaves_out(&self, event: &Recorded) -> bool {
        self.row().leaves_out(self.stream.as_ref(), event)
    }

    pub(super) fn sets_aside(&self) -> bool {
        !self.row().aside.is_empty()
    }

    /// One for each stream that is to go on.
    pub(super) fn going_on(&self) -> Vec<Share> {
        let row = self.row();
        let going_on = row.aside.iter().filter(|aside| aside.failure.is_none());
        going_on.map(|aside| Share { held: self.held.clone(), stream: Some(aside.stream.clone()) }).collect()
    }

    pub(super) fn key(&self) -> String {
        row::key(&self.held.group.name, self.held.partition)
    }

    /// What the handler's last answer is to be doubted for.
    pub(super) fn take_doubt(&self) -> Option<Doubt> {
        self.held.doubts.take()
    }

    /// Written also where nothing changed: a ghost, which may not know what did, is told that it is one.
    async fn write(&self, row: Row) -> Result<(), ShareError> {
        let before = self.row().written();
        if !self.held.group.vault.swap(KIND, &self.key(), Some(&before), &row.written(), None).await? {
            return Err(ShareError::Lost);
        }
        *self.row() = row;
        Ok(())
    }

    fn row(&self) -> MutexGuard<'_, Row> {
        self.held.row.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
