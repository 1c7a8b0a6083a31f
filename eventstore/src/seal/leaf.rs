//! What a leaf of the tree is, byte for byte. Frozen: changing one byte breaks every proof. `eventstore/tests/golden/seal.json` holds
//! vectors for whoever writes a verifier of their own.

use sha2::{Digest, Sha256};

use crate::envelope::Recorded;

/// SHA-256.
pub type Hash = [u8; 32];

/// Bytes of a leaf's entry.
pub const ENTRY: usize = 56;

/// The entry of a leaf: content hash (32 bytes), position, tenant position (unsigned, 8 bytes each), time (signed, 8 bytes, microseconds
/// since 1970), integers big endian.
pub fn entry(content_hash: &Hash, position: u64, tenant_position: u64, time: i64) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    entry[..32].copy_from_slice(content_hash);
    entry[32..40].copy_from_slice(&position.to_be_bytes());
    entry[40..48].copy_from_slice(&tenant_position.to_be_bytes());
    entry[48..].copy_from_slice(&time.to_be_bytes());
    entry
}

/// `SHA-256(0x00 ‖ entry)`, as RFC 6962 hashes a leaf.
pub fn leaf_hash(entry: &[u8; ENTRY]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The leaf of an event, from what it says and not from the hash stored with it.
pub fn leaf_of(event: &Recorded) -> Hash {
    leaf_hash(&entry(&content_hash(event), event.position, event.tenant_position, event.time))
}

/// The content hash of an event as it is read back: the same bytes as [`crate::append::content_hash`] takes from an append, told once
/// more on the reader's side, so that a slip on the writer's side shows.
pub fn content_hash(event: &Recorded) -> Hash {
    let mut hash = Sha256::new();
    let mut field = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) => {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        None => hash.update(u64::MAX.to_be_bytes()),
    };
    field(Some(event.epoch.0.as_bytes()));
    field(Some(event.event_id.as_bytes()));
    field(Some(event.stream.as_str().as_bytes()));
    field(Some(&event.stream_version.to_be_bytes()));
    field(Some(event.event_type.as_bytes()));
    field(Some(&event.version.to_be_bytes()));
    field(Some(event.tenant.as_bytes()));
    field(event.project.as_deref().map(str::as_bytes));
    field(Some(event.actor.kind.as_str().as_bytes()));
    field(Some(event.actor.id.as_bytes()));
    field(Some(event.actor.name.as_bytes()));
    field(Some(event.command_id.0.as_bytes()));
    field(Some(event.correlation_id.as_bytes()));
    field(event.causation_id.as_ref().map(|id| id.as_bytes().as_slice()));
    field(event.client_address.as_deref().map(str::as_bytes));
    field(Some(event.payload.as_bytes()));
    hash.finalize().into()
}
