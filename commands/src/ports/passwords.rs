//! Slow hashing of passwords, off the async threads.

use async_trait::async_trait;

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum PasswordError {
    #[error("hashing failed: {0}")]
    Failed(String),
}

#[async_trait]
pub trait PasswordHasher: Send + Sync + 'static {
    /// A salted hash; the caller has checked the length (at most 72 bytes).
    async fn hash(&self, password: String) -> Result<String, PasswordError>;
    /// Compares; with `None` it spends the same time against a fixed hash and answers false, so that an unknown account costs as much.
    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError>;
}
