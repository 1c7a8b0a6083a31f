//! The hash that seals what an event says. Frozen: changing one byte of its input breaks every proof.

use sha2::{Digest, Sha256};

use super::{Append, Part};
use crate::envelope::{Epoch, NewEvent};

/// SHA-256 over the length-prefixed (u64, big endian) fields of the envelope that the writer knows, in this order:
/// epoch, event id, stream, stream version, type, version, tenant, project, actor kind, actor id, actor name, command id,
/// correlation id, causation id, client address, payload. Integers and UUIDs are their big-endian bytes; an absent field is a
/// length of `u64::MAX` and no bytes, so that absent and empty differ. Position, tenant position and time are given by
/// the journal and enter the tree's leaf instead.
pub fn content_hash(epoch: Epoch, append: &Append, part: &Part, stream_version: u64, event: &NewEvent) -> [u8; 32] {
    let mut hash = Sha256::new();
    field(&mut hash, Some(epoch.0.as_bytes()));
    field(&mut hash, Some(event.event_id.as_bytes()));
    field(&mut hash, Some(part.stream.as_str().as_bytes()));
    field(&mut hash, Some(&stream_version.to_be_bytes()));
    field(&mut hash, Some(event.event_type.as_bytes()));
    field(&mut hash, Some(&event.version.to_be_bytes()));
    field(&mut hash, Some(part.tenant.as_bytes()));
    field(&mut hash, part.project.as_deref().map(str::as_bytes));
    field(&mut hash, Some(append.actor.kind.as_str().as_bytes()));
    field(&mut hash, Some(append.actor.id.as_bytes()));
    field(&mut hash, Some(append.actor.name.as_bytes()));
    field(&mut hash, Some(append.command_id.0.as_bytes()));
    field(&mut hash, Some(append.correlation_id.as_bytes()));
    field(&mut hash, append.causation_id.as_ref().map(|id| id.as_bytes().as_slice()));
    field(&mut hash, append.client_address.as_deref().map(str::as_bytes));
    field(&mut hash, Some(event.payload.as_bytes()));
    hash.finalize().into()
}

fn field(hash: &mut Sha256, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        None => hash.update(u64::MAX.to_be_bytes()),
    }
}
