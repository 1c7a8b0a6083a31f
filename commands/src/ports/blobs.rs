//! The content-addressed store: full outputs, file contents, snapshots. Durable before it is named by an event.

use async_trait::async_trait;
use bytes::Bytes;

/// Address of a blob as events name it: lower-case hex of the BLAKE3 hash of the *stored* (encrypted) bytes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct BlobHash(pub String);

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum BlobError {
    #[error("blob {0} is not in the store")]
    Missing(String),
    #[error("blob {0} is damaged: its bytes do not match its address")]
    Damaged(String),
    /// The key of its subject was destroyed.
    #[error("blob {0} was forgotten")]
    Forgotten(String),
    #[error("no room is left in the blob store")]
    Full,
    #[error("the blob store is unavailable: {0}")]
    Unavailable(String),
}

#[async_trait]
pub trait Blobs: Send + Sync + 'static {
    /// Encrypts under the subject's key and stores; returns after it is durable.
    async fn put(&self, subject: &str, bytes: Bytes) -> Result<BlobHash, BlobError>;
    /// Reads, verifies and decrypts.
    async fn get(&self, subject: &str, hash: &BlobHash) -> Result<Bytes, BlobError>;
}
