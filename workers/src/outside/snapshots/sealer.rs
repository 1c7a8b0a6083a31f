//! A project's data key at work in the store: the scheme of blobs, and a naming key derived from it.

use opensail_csi::cas::{SealError, Sealer};
use opensail_eventstore::vault::keyring::DataKey;

use crate::outside::blobs::sealed;

/// Purpose of the key that names objects.
const NAMING: &str = "opensail/object-names/v1";

pub(super) struct KeySealer(DataKey);

impl KeySealer {
    pub(super) fn new(key: DataKey) -> Self {
        Self(key)
    }
}

impl Sealer for KeySealer {
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        sealed::seal(&self.0, plain).map_err(|error| SealError::Unavailable(error.to_string()))
    }

    fn open(&self, stored: &[u8]) -> Result<Vec<u8>, SealError> {
        let header = sealed::Header::read(stored).ok_or(SealError::Unsealed)?;
        if header.key_id != self.0.key_id() {
            return Err(SealError::Forgotten);
        }
        sealed::open(&self.0, stored).ok_or(SealError::Unsealed)
    }

    fn naming_key(&self) -> [u8; 32] {
        self.0.derive(NAMING)
    }
}
