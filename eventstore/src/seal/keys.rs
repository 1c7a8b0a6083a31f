//! The keys that sign checkpoints. Their secrets come from subjects `seal-1`, `seal-2` … of the vault, wrapped under SECRET_KEY like every other
//! key; their public halves are rows that are only added.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::checkpoint::{Checkpoint, origin};
use super::note::VerifierKey;
use super::reader::SealError;
use super::tables::{SealTables, StoredKey};
use crate::clock;
use crate::vault::keyring::Keyring;

const LABEL: &str = "opensail/seal/ed25519/v1";

pub(super) async fn signing(keyring: &Keyring, n: u64) -> Result<SigningKey, SealError> {
    let key = keyring.current(&format!("seal-{n}")).await?;
    let seed = Zeroizing::new(key.derive(LABEL));
    Ok(SigningKey::from_bytes(&seed))
}

/// Who signs from now on: the number and public half of the newest key, made if there is none.
pub async fn current(tables: &Arc<dyn SealTables>, keyring: &Keyring) -> Result<(u64, VerifierKey), SealError> {
    loop {
        if let Some(last) = tables.keys().await?.last() {
            return Ok((last.n, last.verifier.parse()?));
        }
        add(tables, keyring, 1).await?;
    }
}

/// The newest of our keys that signed the note.
pub(super) async fn signer_of(tables: &Arc<dyn SealTables>, note: &str) -> Result<Option<u64>, SealError> {
    for key in tables.keys().await?.iter().rev() {
        let verifier: VerifierKey = key.verifier.parse()?;
        if Checkpoint::open(note, &[verifier]).is_ok() {
            return Ok(Some(key.n));
        }
    }
    Ok(None)
}

/// Makes a new key; the next checkpoint is signed by it and by the old one, and names it. The old one stays known, so that what it
/// signed can be checked for ever.
pub async fn rotate(tables: &Arc<dyn SealTables>, keyring: &Keyring) -> Result<VerifierKey, SealError> {
    loop {
        let (n, _) = current(tables, keyring).await?;
        // Who cannot open the present key has another SECRET_KEY, under which nobody could sign.
        signing(keyring, n).await?;
        if let Some(key) = add(tables, keyring, n + 1).await? {
            return Ok(key);
        }
    }
}

/// `None`: somebody else added one of this number.
async fn add(tables: &Arc<dyn SealTables>, keyring: &Keyring, n: u64) -> Result<Option<VerifierKey>, SealError> {
    let key = signing(keyring, n).await?.verifying_key();
    let first = tables.epochs().await?.first().ok_or(SealError::NoEpoch)?.id;
    let verifier = VerifierKey::new(&origin(first), key);
    let row = StoredKey { n, verifier: verifier.to_string(), time: clock::now() };
    Ok(tables.add_key(&row).await?.then_some(verifier))
}
