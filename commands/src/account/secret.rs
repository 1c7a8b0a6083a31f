//! Random tokens, their hashes, and MACs.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

use crate::CommandError;

pub(super) fn random() -> Result<[u8; 32], CommandError> {
    let mut bytes = [0; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(|error| CommandError::unavailable(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

pub(super) fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Under which a token is looked up: a stolen vault gives no tokens away. Tokens are random, so a fast hash does.
pub(crate) fn digest(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// A token that follows from what it is for.
pub(crate) fn derived(key: &[u8; 32], words: &[&[u8]]) -> String {
    text(&mac(key, words))
}

/// HMAC-SHA256 over length-prefixed words.
pub(super) fn mac(key: &[u8; 32], words: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
    for word in words {
        mac.update(&(word.len() as u64).to_be_bytes());
        mac.update(word);
    }
    mac.finalize().into_bytes().into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')).collect()
}
