//! Blobs, encrypted under their subject's key before the content-addressed store sees them.
//!
//! What is stored is `OSBL`, a version, the key's id, a nonce and the ciphertext ([`sealed`]); the subject is bound to it
//! as associated data, so a blob of one session cannot be passed off as another's. Each put takes a fresh nonce: equal
//! contents have different addresses, and an address tells nothing of its content. Forgetting a subject destroys its key,
//! after which its blobs are noise.

pub(super) mod sealed;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use opensail_commands::ports::blobs::{BlobError, BlobHash, Blobs};
use opensail_csi::cas::{Address, CasError, Store};
use opensail_eventstore::vault::keyring::{KeyError, Keyring};

/// [`Blobs`] over any store.
#[derive(Clone)]
pub struct EncryptedBlobs {
    store: Arc<dyn Store>,
    keys: Arc<Keyring>,
}

impl EncryptedBlobs {
    pub fn new(store: Arc<dyn Store>, keys: Arc<Keyring>) -> Self {
        Self { store, keys }
    }
}

#[async_trait]
impl Blobs for EncryptedBlobs {
    async fn put(&self, subject: &str, bytes: Bytes) -> Result<BlobHash, BlobError> {
        let key = self.keys.current(subject).await.map_err(|error| key_error(subject, error))?;
        let stored = off_thread(move || sealed::seal(&key, &bytes)).await?;
        let stored = stored.map_err(|error| key_error(subject, error))?;
        let address = self.store.put(stored.into()).await.map_err(store_error)?;
        Ok(BlobHash(address.to_string()))
    }

    async fn get(&self, subject: &str, hash: &BlobHash) -> Result<Bytes, BlobError> {
        let address: Address = hash.0.parse().map_err(|_| BlobError::Missing(hash.0.clone()))?;
        let stored = self.store.get(&address).await.map_err(store_error)?;
        let damaged = || BlobError::Damaged(hash.0.clone());
        let header = sealed::Header::read(&stored).ok_or_else(damaged)?;
        let key = self.keys.find(subject, header.key_id).await.map_err(|error| key_error(&hash.0, error))?;
        let key = key.ok_or_else(|| BlobError::Forgotten(hash.0.clone()))?;
        let plain = off_thread(move || sealed::open(&key, &stored)).await?;
        plain.map(Bytes::from).ok_or_else(damaged)
    }
}

/// A hundred megabytes take a tenth of a second or more to encrypt.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, BlobError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| BlobError::Unavailable(error.to_string()))
}

fn store_error(error: CasError) -> BlobError {
    match error {
        CasError::Missing(address) => BlobError::Missing(address.to_string()),
        CasError::Damaged(address) => BlobError::Damaged(address.to_string()),
        CasError::Full => BlobError::Full,
        error @ (CasError::TooLarge { .. } | CasError::Unavailable(_) | CasError::Busy | CasError::Seal(_)) => {
            BlobError::Unavailable(error.to_string())
        }
    }
}

/// `what`: the blob, or the subject whose blob it was to be.
fn key_error(what: &str, error: KeyError) -> BlobError {
    match error {
        KeyError::Destroyed(_) => BlobError::Forgotten(what.into()),
        error => BlobError::Unavailable(error.to_string()),
    }
}
