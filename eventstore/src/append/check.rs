//! What can be refused without asking the database, and what is made ready for it: hashes and touched keys.

use std::collections::HashSet;

use serde::de::IgnoredAny;

use super::{Append, AppendError, content_hash};
use crate::envelope::Epoch;
use crate::vault::VaultWrite;

/// Events in one append.
pub const MAX_EVENTS: usize = 1000;
/// Bytes of all payloads of one append.
pub const MAX_PAYLOAD_BYTES: usize = 16 * 1024 * 1024;
/// Nesting of a payload; serde_json reads back at most 128 levels.
pub const MAX_PAYLOAD_DEPTH: usize = 100;
/// Bytes of a stream's, tenant's, project's or event type's name (index rows of PostgreSQL hold at most 2,700).
pub const MAX_NAME_BYTES: usize = 512;

/// An append that may be written, with everything that could be computed beforehand.
pub(crate) struct Prepared {
    pub(crate) append: Append,
    /// The epoch the hashes were made for.
    pub(crate) epoch: Epoch,
    /// One per event, parts in order.
    pub(crate) hashes: Vec<[u8; 32]>,
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

impl Prepared {
    /// Whose turn it uses when appends wait.
    pub(crate) fn tenant(&self) -> &str {
        self.append.parts.first().map_or("", |part| &part.tenant)
    }
}

/// Checks an append and hashes its events.
pub(crate) fn prepare(mut append: Append, epoch: Epoch) -> Result<Prepared, AppendError> {
    let bytes = check(&append).map_err(AppendError::Invalid)?;
    append.vault = last_writes(std::mem::take(&mut append.vault));
    let events = append.parts.iter().map(|part| part.events.len()).sum();
    let mut hashes = Vec::with_capacity(events);
    for part in &append.parts {
        for (event, version) in part.events.iter().zip(part.expected + 1..) {
            hashes.push(content_hash(epoch, &append, part, version, event));
        }
    }
    Ok(Prepared { append, epoch, hashes, events, bytes })
}

fn check(append: &Append) -> Result<usize, String> {
    let (mut streams, mut events, mut bytes) = (HashSet::new(), 0, 0);
    text("actor id", &append.actor.id)?;
    text("actor name", &append.actor.name)?;
    text("client address", append.client_address.as_deref().unwrap_or(""))?;
    text("answer", append.answer.as_deref().unwrap_or(""))?;
    for part in &append.parts {
        name("stream", part.stream.as_str())?;
        name("tenant", &part.tenant)?;
        name("project", part.project.as_deref().unwrap_or("-"))?;
        if part.stream.stream_type().is_empty() || !part.stream.as_str().contains('-') {
            return Err(format!("a stream is named <type>-<id>, not {:?}", part.stream.as_str()));
        }
        if !streams.insert(&part.stream) {
            return Err(format!("{} appears twice", part.stream));
        }
        if part.events.is_empty() {
            return Err(format!("no events for {}", part.stream));
        }
        if part.expected > i64::MAX as u64 - MAX_EVENTS as u64 {
            return Err(format!("{} cannot be at version {}", part.stream, part.expected));
        }
        for event in &part.events {
            name("event type", &event.event_type)?;
            events += 1;
            bytes += event.payload.len();
            if bytes > MAX_PAYLOAD_BYTES {
                return Err(format!("the payloads are larger than {MAX_PAYLOAD_BYTES} bytes"));
            }
            payload(&event.payload).map_err(|why| format!("payload of {}: {why}", event.event_type))?;
        }
    }
    if events > MAX_EVENTS {
        return Err(format!("{events} events, at most {MAX_EVENTS} go into one append"));
    }
    for guard in &append.guards {
        name("guarded stream", guard.stream.as_str())?;
    }
    if let Some(fence) = &append.fence {
        name("fenced resource", &fence.resource)?;
    }
    for write in &append.vault {
        let (kind, key) = write.row();
        name("vault kind", kind)?;
        name("vault key", key)?;
    }
    Ok(bytes)
}

fn name(what: &str, value: &str) -> Result<(), String> {
    text(what, value)?;
    match value.len() {
        0 => Err(format!("the {what} is empty")),
        1..=MAX_NAME_BYTES => Ok(()),
        _ => Err(format!("the {what} is longer than {MAX_NAME_BYTES} bytes")),
    }
}

/// PostgreSQL's text cannot hold a NUL character.
fn text(what: &str, value: &str) -> Result<(), String> {
    if value.contains('\0') { Err(format!("the {what} holds a NUL character")) } else { Ok(()) }
}

fn payload(json: &str) -> Result<(), String> {
    // In canonical JSON a quote inside a string is escaped, so this can only be a key.
    if json.contains("\"$open\":") {
        return Err("a private field is not sealed".into());
    }
    if depth(json) > MAX_PAYLOAD_DEPTH {
        return Err(format!("nested deeper than {MAX_PAYLOAD_DEPTH} levels"));
    }
    serde_json::from_str::<IgnoredAny>(json).map_err(|error| format!("not JSON: {error}"))?;
    Ok(())
}

fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Of several writes to one vault row only the last counts.
fn last_writes(writes: Vec<VaultWrite>) -> Vec<VaultWrite> {
    if writes.len() < 2 {
        return writes;
    }
    let mut seen = HashSet::new();
    let mut kept: Vec<_> = writes
        .into_iter()
        .rev()
        .filter(|write| {
            let (kind, key) = write.row();
            seen.insert((kind.to_owned(), key.to_owned()))
        })
        .collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_marker_is_refused_but_the_word_is_not() {
        assert!(payload(r#"{"a":{"$open":{"subject":"s","value":1}}}"#).is_err());
        assert!(payload(r#"{"a":"$open","b":"\"$open\":1"}"#).is_ok());
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert_eq!(depth(r#"{"a":[1,"[[[\"[["]}"#), 2);
        assert!(payload(&format!("{}{}", "[".repeat(101), "]".repeat(101))).is_err());
        assert!(payload("{\"a\":1").is_err());
        assert!(payload(r#"{"a":"\u0000","b":123456789012345678901234567890}"#).is_ok());
    }

    #[test]
    fn the_last_vault_write_of_a_row_wins() {
        let put = |value: u8| VaultWrite::Put { kind: "k".into(), key: "a".into(), value: vec![value], expires: None };
        let other = VaultWrite::Delete { kind: "k".into(), key: "b".into() };
        assert_eq!(last_writes(vec![put(1), other.clone(), put(2)]), vec![other, put(2)]);
    }
}
