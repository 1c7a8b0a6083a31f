//! How an encrypted blob is laid out: magic, version, length and text of the key's id, nonce, ciphertext.

use opensail_eventstore::vault::keyring::{DataKey, KeyError, NONCE};

const MAGIC: &[u8; 4] = b"OSBL";
const VERSION: u8 = 1;
/// Set before the subject in the associated data: what was encrypted for another purpose is no blob.
const PURPOSE: &str = "opensail/blob/v1|";

pub(in crate::outside) struct Header<'b> {
    pub(in crate::outside) key_id: &'b str,
    nonce: &'b [u8],
    ciphertext: &'b [u8],
}

impl<'b> Header<'b> {
    /// `None` when this is no blob of ours.
    pub(in crate::outside) fn read(stored: &'b [u8]) -> Option<Self> {
        let rest = stored.strip_prefix(MAGIC)?.strip_prefix(&[VERSION])?;
        let (length, rest) = rest.split_first()?;
        let (key_id, rest) = rest.split_at_checked(usize::from(*length))?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE)?;
        Some(Self { key_id: std::str::from_utf8(key_id).ok()?, nonce, ciphertext })
    }
}

pub(in crate::outside) fn seal(key: &DataKey, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (nonce, ciphertext) = key.seal(&associated(key), plain)?;
    let key_id = key.key_id().as_bytes();
    let length = u8::try_from(key_id.len()).map_err(|_| KeyError::Damaged(key.subject().into()))?;
    let mut stored = Vec::with_capacity(MAGIC.len() + 2 + key_id.len() + NONCE + ciphertext.len());
    stored.extend_from_slice(MAGIC);
    stored.extend_from_slice(&[VERSION, length]);
    stored.extend_from_slice(key_id);
    stored.extend_from_slice(&nonce);
    stored.extend_from_slice(&ciphertext);
    Ok(stored)
}

/// `None` when it was not encrypted under this key for its subject.
pub(in crate::outside) fn open(key: &DataKey, stored: &[u8]) -> Option<Vec<u8>> {
    let header = Header::read(stored)?;
    key.open(&associated(key), header.nonce, header.ciphertext).ok()
}

fn associated(key: &DataKey) -> Vec<u8> {
    [PURPOSE.as_bytes(), key.subject().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..100), ours in any::<bool>()) {
            if ours {
                bytes.splice(..0, *b"OSBL\x01");
            }
            if let Some(header) = Header::read(&bytes) {
                prop_assert_eq!(6 + header.key_id.len() + NONCE + header.ciphertext.len(), bytes.len());
            }
        }
    }
}
