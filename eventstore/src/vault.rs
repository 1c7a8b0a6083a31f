//! The vault: durable, mutable, never exported. Password hashes, refresh families, sign-in links, private-field keys.

pub mod keyring;

use async_trait::async_trait;

/// One row change that rides in an append's transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VaultWrite {
    /// `expires` in microseconds since 1970.
    Put {
        kind: String,
        key: String,
        value: Vec<u8>,
        expires: Option<i64>,
    },
    Delete {
        kind: String,
        key: String,
    },
}

impl VaultWrite {
    /// Kind and key of the row it changes.
    pub fn row(&self) -> (&str, &str) {
        let (VaultWrite::Put { kind, key, .. } | VaultWrite::Delete { kind, key }) = self;
        (kind, key)
    }
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum VaultError {
    #[error("the vault is unavailable: {0}")]
    Unavailable(String),
}

/// A durable map from (kind, key) to bytes, with compare-and-set. A row past its expiry is as absent.
#[async_trait]
pub trait Vault: Send + Sync + 'static {
    async fn get(&self, kind: &str, key: &str) -> Result<Option<Vec<u8>>, VaultError>;
    async fn put(&self, kind: &str, key: &str, value: &[u8], expires: Option<i64>) -> Result<(), VaultError>;
    /// Writes only if the present value is `expected` (`None`: absent). True when written.
    async fn swap(&self, kind: &str, key: &str, expected: Option<&[u8]>, value: &[u8], expires: Option<i64>) -> Result<bool, VaultError>;
    /// Reads and removes in one step, so that only one caller ever gets it.
    async fn take(&self, kind: &str, key: &str) -> Result<Option<Vec<u8>>, VaultError>;
    async fn delete(&self, kind: &str, key: &str) -> Result<(), VaultError>;
    /// All live rows of a kind whose key starts with `prefix`, by key.
    async fn list(&self, kind: &str, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, VaultError>;
}
