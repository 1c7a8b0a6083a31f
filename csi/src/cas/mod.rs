//! The content-addressed store: bytes that never change, found by the hash of themselves.
//!
//! An address is the BLAKE3 hash of the bytes as they are stored, so a store can prove that what it gives out is what
//! was put in, and putting twice stores once. What lies here is encrypted by the caller, under the key of the person or
//! session that it belongs to, before it is addressed: the store sees no plaintext and holds no key, and forgetting is
//! the caller's destroying of a key. A put is durable when it returns; only then may an event name the address.
//!
//! Two ways in. [`Store`] keeps one blob at a time, named by its stored bytes. [`Objects`] keeps many small things that
//! belong together (chunks of files, folders of a tree) in packs, under names that its caller chooses; [`Subject`] is that
//! caller: it names what it keeps by a hash of the plain bytes keyed with a secret of its subject, so that equal contents of
//! one subject are kept once and nobody can tell by a name what another subject has, and it compresses and seals before
//! anything leaves it (decision 0010).
//!
//! **Sweeping.** Whoever writes objects holds the store ([`Objects::hold`]) from before the first look until what he wrote
//! is named by a durable event. A sweep marks what live roots reach, waits for nobody, and removes only in a moment in which
//! nobody holds the store, after it has asked for the roots once more.

mod address;
mod chunks;
mod drafts;
mod epoch_file;
mod hold;
mod local;
mod pack;
mod packs;
mod seal;
mod subject;
mod sweep;
mod sweep_local;
#[cfg(test)]
pub(crate) mod test_key;
#[cfg(test)]
mod tests;
mod writer;

use async_trait::async_trait;
use bytes::Bytes;

pub use address::{Address, BadAddress};
pub use chunks::Content;
pub use hold::Hold;
pub use local::LocalStore;
pub use seal::{SealError, Sealer};
pub use subject::{Kind, Subject};
pub use sweep::{Live, Sweep, Swept, Total, USUAL_GRACE};
pub use writer::{Writer, Written};

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
    /// Somebody writes objects just now; a sweep tries again later.
    #[error("the blob store is being written to; try again later")]
    Busy,
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// A place for blobs. Every implementation verifies what it reads.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Stores the bytes, if they are not there, and returns when they are durable.
    async fn put(&self, bytes: Bytes) -> Result<Address, CasError>;
    /// The bytes of an address, verified.
    async fn get(&self, address: &Address) -> Result<Bytes, CasError>;
}

/// Changes whenever a sweep removes something: what was known to be stored in one epoch must be looked for in the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Epoch(pub u128);

/// Objects that are found by nobody before they are published, and all at once then; dropped before that, they are gone and their room is free. So
/// nobody leans on what another writer may still fail to write.
pub trait Batch: Send + Sync {
    /// Writes objects together (a pack, of some megabytes at most) and returns when they are on the disk.
    fn write(&self, objects: &[(Address, Vec<u8>)]) -> Result<(), CasError>;
    /// All that was written is found from now on, also after a crash.
    fn publish(self: Box<Self>) -> Result<(), CasError>;
}

/// A place for many small objects. Its calls block, so they are made off the async threads; a back end whose client is async
/// (S3) runs its futures on the runtime's handle. Every implementation verifies what it reads, and gives out under a name
/// what was first written under it.
pub trait Objects: Send + Sync + 'static {
    /// Whether it is known to be stored. A false "no" costs a second copy; there is no false "yes" while the store is held.
    fn has(&self, name: &Address) -> Result<bool, CasError>;
    /// The bytes that were written under a name, verified.
    fn read(&self, name: &Address) -> Result<Vec<u8>, CasError>;
    /// Begins to write what belongs together, by who holds the store.
    fn batch(&self) -> Box<dyn Batch + '_>;
    /// Keeps sweeps from removing until it is dropped.
    fn hold(&self) -> Result<Hold, CasError>;
    fn epoch(&self) -> Result<Epoch, CasError>;
    /// Removes what `mark` does not name and what is not young. `mark` is called twice, once before and once while nobody can
    /// write (only once for a dry run); an error of it ends the sweep with nothing removed.
    fn sweep(&self, wish: &Sweep, mark: &mut dyn FnMut(&mut Live) -> Result<(), CasError>) -> Result<Swept, CasError>;
}
