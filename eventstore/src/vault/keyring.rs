//! Keys of private fields: one per subject (a session, an account), wrapped in the vault, destroyed to forget.
//!
//! A subject's key is random and lies in the vault wrapped by a key derived from the installation's secret. Destroying
//! leaves a tombstone, so that nobody mints a new key for a forgotten subject.

mod cache;
mod hearers;

use std::sync::{Arc, Weak};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use super::{Vault, VaultError, VaultWrite};
pub use cache::{CACHED_FOR, CACHED_KEYS};
use cache::{Cache, Cached};
pub use hearers::Forgets;
use hearers::Hearers;

/// Kind of the rows that hold wrapped keys.
pub const KIND: &str = "key";
const WRAP_LABEL: &str = "opensail/vault/key-wrap/v1";
/// Bytes of a nonce.
pub const NONCE: usize = 24;
/// First byte of a row: what follows it.
const DESTROYED: u8 = 0;
const WRAPPED: u8 = 1;
/// Bytes that name the wrapping key.
const WRAPPER_ID: usize = 8;

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum KeyError {
    #[error("the key of {0} was destroyed")]
    Destroyed(String),
    #[error("the key of {0} was wrapped under another SECRET_KEY; start with the one this data was made with")]
    OtherSecret(String),
    #[error("the key of {0} is damaged in the vault; restore it from a backup")]
    Damaged(String),
    #[error("the operating system gives no random numbers: {0}")]
    Random(String),
    #[error("not encrypted under this key, or changed since")]
    Unsealed,
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Derives 32 bytes for one purpose from the installation's secret (HKDF-SHA256, the label as info). Labels look like
/// `opensail/<purpose>/v1`; two labels never give related keys.
pub fn derive(secret: &[u8], purpose_label: &str) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, secret).expand(purpose_label.as_bytes(), &mut key).expect("32 bytes are within what HKDF-SHA256 can give");
    key
}

/// Destroys the subject's key for ever, whatever secret it is wrapped under.
pub async fn destroy(vault: &dyn Vault, subject: &str) -> Result<(), VaultError> {
    vault.put(KIND, subject, &[DESTROYED], None).await
}

/// A subject's key. Its bytes are wiped with the last clone.
#[derive(Clone)]
pub struct DataKey {
    secret: Arc<Secret>,
}

struct Secret {
    subject: String,
    key_id: String,
    bytes: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataKey").field("subject", &self.secret.subject).field("key_id", &self.secret.key_id).finish_non_exhaustive()
    }
}

impl DataKey {
    /// Whom it belongs to, e.g. `session-<id>`.
    pub fn subject(&self) -> &str {
        &self.secret.subject
    }

    /// Names it among the keys that the subject ever had; 32 hexadecimal digits.
    pub fn key_id(&self) -> &str {
        &self.secret.key_id
    }

    /// Encrypts under a fresh random nonce; `aad` must be given again to open.
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<([u8; NONCE], Vec<u8>), KeyError> {
        encrypt(&self.secret.bytes, aad, plain)
    }

    /// 32 secret bytes for one purpose, the same as long as the key (HKDF-SHA256, the label as info). Labels look like `opensail/<purpose>/v1`.
    pub fn derive(&self, purpose_label: &str) -> [u8; 32] {
        derive(self.secret.bytes.as_slice(), purpose_label)
    }

    pub fn open(&self, aad: &[u8], nonce: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>, KeyError> {
        decrypt(&self.secret.bytes, aad, nonce, ciphertext).ok_or(KeyError::Unsealed)
    }
}

/// The keys of all subjects.
pub struct Keyring {
    vault: Arc<dyn Vault>,
    wrapper: Zeroizing<[u8; 32]>,
    wrapper_id: [u8; WRAPPER_ID],
    cache: Cache,
    hearers: Hearers,
}

impl Keyring {
    /// `secret` is the installation's SECRET_KEY.
    pub fn new(vault: Arc<dyn Vault>, secret: &[u8]) -> Self {
        let wrapper = Zeroizing::new(derive(secret, WRAP_LABEL));
        let mut wrapper_id = [0; WRAPPER_ID];
        let digest = Sha256::new().chain_update(b"opensail/vault/key-wrap/id").chain_update(wrapper.as_slice()).finalize();
        wrapper_id.copy_from_slice(&digest[..WRAPPER_ID]);
        Keyring { vault, wrapper, wrapper_id, cache: Cache::default(), hearers: Hearers::default() }
    }

    /// The subject's key; made if it never had one, refused if it was destroyed.
    pub async fn current(&self, subject: &str) -> Result<DataKey, KeyError> {
        match self.cache.get(subject) {
            Some(Cached::Key(key)) => return Ok(key),
            Some(Cached::Destroyed) => return Err(KeyError::Destroyed(subject.into())),
            None => {}
        }
        loop {
            if let Some(found) = self.read(subject).await? {
                return found.ok_or_else(|| KeyError::Destroyed(subject.into()));
            }
            let key = fresh(subject)?;
            let row = self.wrap(&key)?;
            // Somebody else may have been faster: then theirs is the key.
            if self.vault.swap(KIND, subject, None, &row, None).await? {
                self.cache.put(subject, Cached::Key(key.clone()));
                return Ok(key);
            }
        }
    }

    /// The key of that id; `None` when it was destroyed, or never was in this vault.
    pub async fn find(&self, subject: &str, key_id: &str) -> Result<Option<DataKey>, KeyError> {
        let found = match self.cache.get(subject) {
            Some(Cached::Key(key)) => Some(key),
            Some(Cached::Destroyed) => None,
            None => self.read(subject).await?.flatten(),
        };
        Ok(found.filter(|key| key.key_id() == key_id))
    }

    /// Destroys the subject's key for ever. Other processes may use it from memory for [`CACHED_FOR`] longer.
    pub async fn destroy(&self, subject: &str) -> Result<(), KeyError> {
        destroy(&*self.vault, subject).await?;
        self.was_destroyed(subject);
        Ok(())
    }

    /// Wraps every key that lies under `previous` anew under this keyring's secret; how many. Harmless when repeated.
    pub async fn rewrap(&self, previous: &[u8]) -> Result<u64, KeyError> {
        let old = Keyring::new(self.vault.clone(), previous);
        let mut done = 0;
        for (subject, row) in self.vault.list(KIND, "").await? {
            let key = match self.unwrap(&subject, &row) {
                Err(KeyError::OtherSecret(_)) => old.unwrap(&subject, &row)?,
                Err(error) => return Err(error),
                Ok(_) => continue,
            };
            if let Some(key) = key
                && self.vault.swap(KIND, &subject, Some(&row), &self.wrap(&key)?, None).await?
            {
                done += 1;
            }
        }
        Ok(done)
    }

    /// `OtherSecret` when the subject's key lies under another secret. A subject without a key says nothing.
    pub async fn check(&self, subject: &str) -> Result<(), KeyError> {
        self.read(subject).await.map(|_| ())
    }

    /// Keeps what `previous` gives for a purpose, so that [`Keyring::lasting`] gives it under the new secret. What was kept by an earlier change stays.
    pub async fn keep_lasting(&self, previous: &[u8], purpose_label: &str) -> Result<(), KeyError> {
        let bytes = Zeroizing::new(derive(previous, purpose_label));
        let secret = Secret { subject: lasting(purpose_label), key_id: Uuid::now_v7().simple().to_string(), bytes };
        let key = DataKey { secret: Arc::new(secret) };
        self.vault.swap(KIND, key.subject(), None, &self.wrap(&key)?, None).await?;
        Ok(())
    }

    /// 32 bytes for a purpose that outlives a change of `secret`: what [`derive`] gave under the first one.
    pub async fn lasting(&self, secret: &[u8], purpose_label: &str) -> Result<[u8; 32], KeyError> {
        match self.read(&lasting(purpose_label)).await? {
            Some(Some(key)) => Ok(*key.secret.bytes),
            _ => Ok(derive(secret, purpose_label)),
        }
    }

    /// Whether the subject's key was destroyed; false for one that never had a key.
    pub async fn is_destroyed(&self, subject: &str) -> Result<bool, KeyError> {
        match self.cache.get(subject) {
            Some(Cached::Destroyed) => Ok(true),
            _ => Ok(self.vault.get(KIND, subject).await?.is_some_and(|row| row.first() == Some(&DESTROYED))),
        }
    }

    /// The row change that destroys a key, to ride in the append that says so.
    pub fn destruction(subject: &str) -> VaultWrite {
        VaultWrite::Put { kind: KIND.into(), key: subject.into(), value: vec![DESTROYED], expires: None }
    }

    /// Drops the subject's key from memory, after a [`Keyring::destruction`] was written, and tells those who keep what it opened.
    pub fn was_destroyed(&self, subject: &str) {
        self.cache.put(subject, Cached::Destroyed);
        self.hearers.tell(subject);
    }

    /// From now on it hears of every key that this process learns to be destroyed.
    pub fn tell(&self, hearer: Weak<dyn Forgets>) {
        self.hearers.add(hearer);
    }

    /// `None`: no row. `Some(None)`: destroyed.
    async fn read(&self, subject: &str) -> Result<Option<Option<DataKey>>, KeyError> {
        let Some(row) = self.vault.get(KIND, subject).await? else { return Ok(None) };
        let key = self.unwrap(subject, &row)?;
        match &key {
            Some(key) => self.cache.put(subject, Cached::Key(key.clone())),
            None => self.was_destroyed(subject),
        }
        Ok(Some(key))
    }

    /// Row: WRAPPED, id of the wrapping key, key id (16 bytes), nonce, encrypted key.
    fn wrap(&self, key: &DataKey) -> Result<Vec<u8>, KeyError> {
        let key_id = Uuid::try_parse(key.key_id()).map_err(|_| KeyError::Damaged(key.subject().into()))?;
        let (nonce, wrapped) = encrypt(&self.wrapper, &wrap_aad(key.subject(), &key_id), key.secret.bytes.as_slice())?;
        let mut row = vec![WRAPPED];
        row.extend_from_slice(&self.wrapper_id);
        row.extend_from_slice(key_id.as_bytes());
        row.extend_from_slice(&nonce);
        row.extend_from_slice(&wrapped);
        Ok(row)
    }

    fn unwrap(&self, subject: &str, row: &[u8]) -> Result<Option<DataKey>, KeyError> {
        let damaged = || KeyError::Damaged(subject.into());
        let rest = match row.split_first().ok_or_else(damaged)? {
            (&DESTROYED, _) => return Ok(None),
            (&WRAPPED, rest) => rest,
            _ => return Err(damaged()),
        };
        let (wrapper_id, rest) = rest.split_at_checked(WRAPPER_ID).ok_or_else(damaged)?;
        if wrapper_id != self.wrapper_id {
            return Err(KeyError::OtherSecret(subject.into()));
        }
        let (key_id, rest) = rest.split_at_checked(16).ok_or_else(damaged)?;
        let key_id = Uuid::from_slice(key_id).map_err(|_| damaged())?;
        let (nonce, wrapped) = rest.split_at_checked(NONCE).ok_or_else(damaged)?;
        let mut plain = decrypt(&self.wrapper, &wrap_aad(subject, &key_id), nonce, wrapped).ok_or_else(damaged)?;
        let bytes = <[u8; 32]>::try_from(plain.as_slice()).map(Zeroizing::new);
        plain.zeroize();
        let secret = Secret { subject: subject.into(), key_id: key_id.simple().to_string(), bytes: bytes.map_err(|_| damaged())? };
        Ok(Some(DataKey { secret: Arc::new(secret) }))
    }
}

fn lasting(purpose_label: &str) -> String {
    format!("lasting/{purpose_label}")
}

fn fresh(subject: &str) -> Result<DataKey, KeyError> {
    let mut bytes = Zeroizing::new([0; 32]);
    random(bytes.as_mut_slice())?;
    let key_id = Uuid::now_v7().simple().to_string();
    Ok(DataKey { secret: Arc::new(Secret { subject: subject.into(), key_id, bytes }) })
}

fn random(bytes: &mut [u8]) -> Result<(), KeyError> {
    OsRng.try_fill_bytes(bytes).map_err(|error| KeyError::Random(error.to_string()))
}

fn wrap_aad(subject: &str, key_id: &Uuid) -> Vec<u8> {
    [subject.as_bytes(), b"|", key_id.as_bytes()].concat()
}

fn encrypt(key: &[u8; 32], aad: &[u8], plain: &[u8]) -> Result<([u8; NONCE], Vec<u8>), KeyError> {
    let mut nonce = [0; NONCE];
    random(&mut nonce)?;
    let sealed = XChaCha20Poly1305::new(key.into())
        .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad })
        // Only for more than 256 GB at once.
        .map_err(|_| KeyError::Unsealed)?;
    Ok((nonce, sealed))
}

fn decrypt(key: &[u8; 32], aad: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let nonce: &[u8; NONCE] = nonce.try_into().ok()?;
    XChaCha20Poly1305::new(key.into()).decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad }).ok()
}
