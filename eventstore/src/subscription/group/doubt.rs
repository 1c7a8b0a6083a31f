//! What a handler's answer is worth after an append that did not end well.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ShareError;
use crate::append::{AppendError, Appended};

/// Why a partition is to be taken up anew: its row says how far it is.
pub(super) enum Doubt {
    /// An append came to nothing for no reason of its own. An error of the handler says nothing of its events then.
    Refused(String),
    /// An append was written, or was not, or will be still. The row may be another than this member knows, whatever the handler answers.
    Unknown(String),
}

/// Of a partition's appends, since they were last asked for.
#[derive(Default)]
pub(super) struct Doubts(Mutex<Option<Doubt>>);

impl Doubts {
    pub(super) fn take(&self) -> Option<Doubt> {
        self.lock().take()
    }

    /// What is unknown stays so, whatever else comes.
    fn add(&self, doubt: Doubt) {
        let mut found = self.lock();
        if !matches!(*found, Some(Doubt::Unknown(_))) {
            *found = Some(doubt);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Doubt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An append under way. It may wait for the writer already: who drops it before its end does not learn whether it is written.
pub(super) struct UnderWay<'a> {
    doubts: &'a Doubts,
    doubt: Option<Doubt>,
}

impl<'a> UnderWay<'a> {
    pub(super) fn begin(doubts: &'a Doubts) -> Self {
        UnderWay { doubts, doubt: Some(Doubt::Unknown("an append was dropped before its end".into())) }
    }

    pub(super) fn end(mut self, outcome: &Result<Appended, ShareError>) {
        self.doubt = match outcome {
            Ok(_) | Err(ShareError::Append(AppendError::Conflict { .. } | AppendError::Reused(_) | AppendError::Invalid(_))) => None,
            Err(error @ (ShareError::Lost | ShareError::Append(AppendError::Overloaded { .. } | AppendError::Unavailable(_)))) => {
                Some(Doubt::Refused(error.to_string()))
            }
            Err(error) => Some(Doubt::Unknown(error.to_string())),
        };
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(doubt) = self.doubt.take() {
            self.doubts.add(doubt);
        }
    }
}
