//! What was gathered for a sweep, kept for the next one, so that it reads on from there instead of from the journal's beginning.
//!
//! Only a cache: of another epoch, of another release's shape or not as it was sealed, it is as if it were not there, and everything is gathered
//! anew. It is sealed, since private fields may hold what looks like a name.

use std::sync::Arc;

use opensail_eventstore::snapshot::{Snapshot, SnapshotKey};
use opensail_eventstore::vault::keyring::NONCE;
use opensail_eventstore::{Epoch, StreamId};
use sha2::{Digest, Sha256};

use super::roots::Gathered;
use crate::{CommandError, Commands};

/// Subject of the key it is sealed under.
const SUBJECT: &str = "storage";
/// Raised whenever what is gathered, or how, changes.
const SHAPE: &str = "storage roots, 1";

fn key(epoch: Epoch) -> SnapshotKey {
    SnapshotKey {
        stream: StreamId::new("storage_roots", epoch),
        aggregate_type: "storage_roots".into(),
        schema_hash: Sha256::digest(SHAPE).into(),
    }
}

impl Commands {
    /// What the journal keeps alive, up to its end.
    pub(crate) async fn gathered(&self) -> Result<Gathered, CommandError> {
        let head = self.journal().head().await?;
        let mut gathered = self.index(head.epoch).await.filter(|index| index.seen <= head.position).unwrap_or_default();
        let before = gathered.seen;
        self.gather(&mut gathered).await?;
        if gathered.seen > before
            && let Err(error) = self.keep_index(head.epoch, &gathered).await
        {
            tracing::warn!(
                error = error.log_text(),
                "what the journal keeps in the store could not be noted; the next sweep reads it again"
            );
        }
        Ok(gathered)
    }

    pub(crate) async fn index(&self, epoch: Epoch) -> Option<Gathered> {
        let kept =
            self.roots().load(&key(epoch)).await.inspect_err(|error| tracing::warn!(%error, "the index of the store's roots")).ok()??;
        let (nonce, sealed) = kept.state.split_at_checked(NONCE)?;
        let plain = self.keyring().current(SUBJECT).await.ok()?.open(&associated(epoch), nonce, sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }

    async fn keep_index(&self, epoch: Epoch, gathered: &Gathered) -> Result<(), CommandError> {
        let plain = serde_json::to_vec(gathered).map_err(CommandError::broken)?;
        let data_key = self.keyring().current(SUBJECT).await.map_err(CommandError::unavailable)?;
        let (nonce, sealed) = data_key.seal(&associated(epoch), &plain).map_err(CommandError::unavailable)?;
        let state = Arc::from([nonce.as_slice(), &sealed].concat());
        self.roots().save(&key(epoch), &Snapshot { version: gathered.seen, state }).await?;
        Ok(())
    }
}

fn associated(epoch: Epoch) -> Vec<u8> {
    format!("{SHAPE}/{epoch}").into_bytes()
}
