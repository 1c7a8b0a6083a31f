//! The key of the model's service: in the vault, sealed under a key of its own, never told again.

use opensail_eventstore::VaultWrite;
use opensail_eventstore::vault::keyring::NONCE;

use crate::{CommandError, Commands};

const KIND: &str = "model_key";
/// Whose data key seals it.
const SUBJECT: &str = "model-default";
/// Longest key taken, in characters; the longest known of a provider has some 200.
const MAX_KEY_CHARS: usize = 4096;

/// Space around it is dropped: it comes from the end of a file more often than from a provider.
pub(super) fn checked(key: &str) -> Result<String, CommandError> {
    let key = key.trim();
    if key.is_empty() || key.len() > MAX_KEY_CHARS || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = format!("the key must have 1 to {MAX_KEY_CHARS} visible characters; copy it again");
        return Err(CommandError::invalid("/api_key", "bad_key", message));
    }
    Ok(key.into())
}

pub(super) fn removal() -> VaultWrite {
    VaultWrite::Delete { kind: KIND.into(), key: SUBJECT.into() }
}

impl Commands {
    pub(super) async fn model_key_row(&self, key: &str) -> Result<VaultWrite, CommandError> {
        let (nonce, sealed) = self.keyring().current(SUBJECT).await?.seal(KIND.as_bytes(), key.as_bytes())?;
        let value = [nonce.as_slice(), &sealed].concat();
        Ok(VaultWrite::Put { kind: KIND.into(), key: SUBJECT.into(), value, expires: None })
    }

    pub(super) async fn kept_model_key(&self) -> Result<Option<String>, CommandError> {
        let Some(row) = self.vault().get(KIND, SUBJECT).await? else { return Ok(None) };
        let (nonce, sealed) = row.split_at_checked(NONCE).ok_or_else(|| CommandError::broken("the model's key is cut in the vault"))?;
        let open = self.keyring().current(SUBJECT).await?.open(KIND.as_bytes(), nonce, sealed)?;
        String::from_utf8(open).map(Some).map_err(CommandError::broken)
    }
}
