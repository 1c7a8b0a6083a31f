//! One partition in a member's hands: its lease, and its checkpoint in the vault.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Group;
use crate::append::{Append, AppendError, Appended, Fence};
use crate::envelope::{Cursor, Epoch, Position};
use crate::journal::ReadError;
use crate::lease::Lease;
use crate::vault::{VaultError, VaultWrite};

/// Of the vault's rows that say how far each partition is: `<token> <cursor>`.
pub(super) const KIND: &str = "group";

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum ShareError {
    /// Somebody else has taken the partition over.
    #[error("the partition is another member's")]
    Lost,
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Append(AppendError),
    #[error(transparent)]
    Journal(#[from] ReadError),
}

pub struct Share {
    group: Group,
    partition: u32,
    lease: Lease,
    epoch: Epoch,
    kept: Mutex<Kept>,
}

/// The checkpoint as this member wrote it last.
#[derive(Clone)]
struct Kept {
    row: Vec<u8>,
    position: Position,
}

impl Share {
    /// Writes the lease's token into the checkpoint, so that whoever had it before moves it no more.
    pub async fn take_over(group: &Group, partition: u32, lease: Lease) -> Result<Share, ShareError> {
        let key = key(group, partition);
        loop {
            let found = group.vault.get(KIND, &key).await?;
            let (token, cursor) = found.as_deref().and_then(read).unzip();
            if token > Some(lease.token) {
                return Err(ShareError::Lost);
            }
            let head = group.tail.journal().head().await?;
            let position = match cursor {
                None => group.from,
                Some(Cursor { epoch, position }) if epoch == head.epoch => position,
                // Of a history that is over: on from what both have in common.
                Some(Cursor { epoch, position }) => match group.tail.journal().check_epoch(epoch).await {
                    Err(ReadError::EpochChanged { common, .. }) => position.min(common),
                    Err(error) => return Err(error.into()),
                    Ok(()) => position,
                },
            };
            let row = row(lease.token, head.epoch, position);
            if group.vault.swap(KIND, &key, found.as_deref(), &row, None).await? {
                let kept = Mutex::new(Kept { row, position });
                return Ok(Share { group: group.clone(), partition, lease, epoch: head.epoch, kept });
            }
        }
    }

    /// Of the history that its checkpoint is of.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub fn partition(&self) -> u32 {
        self.partition
    }

    /// Everything of the partition up to here was handled.
    pub fn position(&self) -> Position {
        self.kept().position
    }

    /// For appends that shall fail when the partition is somebody else's.
    pub fn fence(&self) -> Fence {
        self.lease.fence()
    }

    /// Moves the checkpoint on, after the effect.
    pub async fn keep(&self, seen: Position) -> Result<(), ShareError> {
        let before = self.kept().clone();
        if seen <= before.position {
            return Ok(());
        }
        let row = row(self.lease.token, self.epoch, seen);
        if !self.group.vault.swap(KIND, &key(&self.group, self.partition), Some(&before.row), &row, None).await? {
            return Err(ShareError::Lost);
        }
        *self.kept() = Kept { row, position: seen };
        Ok(())
    }

    /// Writes an effect together with the checkpoint, up to which events were handled then: both, or neither, and neither by a ghost.
    pub async fn append(&self, append: Append, seen: Position) -> Result<Appended, ShareError> {
        let row = row(self.lease.token, self.epoch, seen);
        let mut append = Append { fence: Some(self.fence()), ..append };
        append.vault.push(VaultWrite::Put { kind: KIND.into(), key: key(&self.group, self.partition), value: row.clone(), expires: None });
        match self.group.tail.journal().append(append).await {
            Ok(appended) => {
                *self.kept() = Kept { row, position: seen };
                Ok(appended)
            }
            Err(AppendError::Fenced { .. }) => Err(ShareError::Lost),
            Err(error) => Err(ShareError::Append(error)),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(group: &Group, partition: u32) -> String {
    format!("{}/{partition}", group.name)
}

fn row(token: u64, epoch: Epoch, position: Position) -> Vec<u8> {
    format!("{token} {}", Cursor { epoch, position }).into_bytes()
}

/// A row that cannot be read is as none: the consumer begins where it begins.
pub(super) fn read(row: &[u8]) -> Option<(u64, Cursor)> {
    let (token, cursor) = std::str::from_utf8(row).ok()?.split_once(' ')?;
    Some((token.parse().ok()?, cursor.parse().ok()?))
}
