//! What a subject's key must be able to do. The keys themselves lie in the vault, which this crate does not know.

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum SealError {
    /// The subject's key was destroyed, or is another than the one it was sealed under.
    #[error("the key that it is sealed under is gone")]
    Forgotten,
    #[error("it is not sealed under this key, or was changed since")]
    Unsealed,
    #[error("the key cannot be used: {0}")]
    Unavailable(String),
}

/// A subject's key at work: the scheme in which its blobs are sealed (`OSBL`: key id, fresh nonce, XChaCha20-Poly1305 with the
/// subject as associated data), so that there is one scheme for all that is stored.
pub trait Sealer: Send + Sync + 'static {
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, SealError>;
    fn open(&self, stored: &[u8]) -> Result<Vec<u8>, SealError>;
    /// 32 secret bytes derived from the subject's key for naming objects and for nothing else; the same as long as the key.
    fn naming_key(&self) -> [u8; 32];
}
