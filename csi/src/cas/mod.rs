//! The content-addressed store: bytes that never change, found by the hash of themselves.
//!
//! An address is the BLAKE3 hash of the bytes as they are stored, so a store can prove that what it gives out is what
//! was put in, and putting twice stores once. What lies here is encrypted by the caller, under the key of the person or
//! session that it belongs to, before it is addressed: the store sees no plaintext and holds no key, and forgetting is
//! the caller's destroying of a key. A put is durable when it returns; only then may an event name the address.

mod address;
mod local;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use bytes::Bytes;

pub use address::{Address, BadAddress};
pub use local::LocalStore;

/// Largest blob in bytes (256 MiB); one blob is held in memory whole.
pub const MAX_BLOB_BYTES: u64 = 256 * 1024 * 1024;

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum CasError {
    #[error("blob {0} is not in the store")]
    Missing(Address),
    /// Its bytes no longer match its address. Putting the same bytes again heals it.
    #[error("blob {0} is damaged: its bytes do not match its address")]
    Damaged(Address),
    #[error("no room is left in the blob store")]
    Full,
    /// Bytes.
    #[error("a blob of {size} bytes is too large; at most {MAX_BLOB_BYTES} are kept")]
    TooLarge { size: u64 },
    #[error("the blob store is unavailable: {0}")]
    Unavailable(String),
}

/// A place for blobs. Every implementation verifies what it reads.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Stores the bytes, if they are not there, and returns when they are durable.
    async fn put(&self, bytes: Bytes) -> Result<Address, CasError>;
    /// The bytes of an address, verified.
    async fn get(&self, address: &Address) -> Result<Bytes, CasError>;
}
