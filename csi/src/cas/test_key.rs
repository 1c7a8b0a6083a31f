//! A key for tests that seals as the platform's keys do: a fresh nonce each time, XChaCha20-Poly1305.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::{Objects, SealError, Sealer, Subject};

const NONCE: usize = 24;

pub(crate) struct TestKey(pub(crate) [u8; 32]);

impl Sealer for TestKey {
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE] = rand::random();
        let sealed = XChaCha20Poly1305::new(&self.0.into()).encrypt(XNonce::from_slice(&nonce), plain);
        Ok([nonce.as_slice(), &sealed.map_err(|_| SealError::Unsealed)?].concat())
    }

    fn open(&self, stored: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, sealed) = stored.split_at_checked(NONCE).ok_or(SealError::Unsealed)?;
        XChaCha20Poly1305::new(&self.0.into()).decrypt(XNonce::from_slice(nonce), sealed).map_err(|_| SealError::Unsealed)
    }

    fn naming_key(&self) -> [u8; 32] {
        blake3::derive_key("opensail test naming", &self.0)
    }
}

pub(crate) fn subject(objects: Arc<dyn Objects>, number: u8) -> Subject {
    Subject::new(objects, Arc::new(TestKey([number; 32])))
}
