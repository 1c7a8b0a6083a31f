//! Rows of `events` and what they become. Read one by one, value by value, a page would cost several times what the database needs to find it: the
//! driver copies and frees each value. So it comes as one text (decision 28).

use serde::Deserialize;
use sqlx::Error;
use uuid::Uuid;

use crate::envelope::{Actor, CommandId, Epoch, Recorded, StreamId};

/// Columns in the order that the writer binds.
pub(super) const COLUMNS: &str = "position, tenant_position, epoch, event_id, stream_type, stream_id, stream_version, \
    event_type, version, tenant, project, actor_kind, actor_id, actor_name, command_id, correlation_id, causation_id, \
    client_address, time, payload, content_hash";

/// Bytes of a payload that comes along in the text; a larger one is fetched by itself, so that no page is larger than a value may be.
pub(super) const INLINE_BYTES: usize = 64 * 1024;

/// One event as text: numbers, hexadecimal bytes, the length of the payload (`-1`: fetch it) each followed by a bar; then the names as a JSON
/// array, then the payload.
pub(super) fn packed() -> String {
    let numbers = ["position", "tenant_position", "stream_version", "version", "time"].map(str::to_owned);
    let bytes =
        ["epoch", "event_id", "command_id", "correlation_id", "causation_id", "content_hash"].map(|column| format!("hex({column})"));
    let inline = format!("octet_length(payload) <= {INLINE_BYTES}");
    let length = format!("iif({inline}, octet_length(payload), -1)");
    let fields: String = numbers.into_iter().chain(bytes).chain([length]).map(|field| format!("{field} || '|' || ")).collect();
    let names = "json_array(stream_type, stream_id, event_type, tenant, project, actor_kind, actor_id, actor_name, client_address)";
    format!("{fields}{names} || iif({inline}, payload, '')")
}

/// Everything in a text that is not a number or bytes.
#[derive(Deserialize)]
struct Names(String, String, String, String, Option<String>, String, String, String, Option<String>);

/// What is left of a text of packed events.
struct Packed<'a>(&'a [u8]);

impl<'a> Packed<'a> {
    /// Up to the next bar.
    fn field(&mut self) -> Result<&'a str, Error> {
        let end = self.0.iter().position(|byte| *byte == b'|').ok_or_else(|| unreadable("it ends too early"))?;
        let field = std::str::from_utf8(&self.0[..end]).map_err(unreadable)?;
        self.0 = &self.0[end + 1..];
        Ok(field)
    }

    fn number<N: std::str::FromStr<Err = std::num::ParseIntError>>(&mut self) -> Result<N, Error> {
        self.field()?.parse().map_err(unreadable)
    }

    fn uuid(&mut self) -> Result<Uuid, Error> {
        Uuid::try_parse(self.field()?).map_err(unreadable)
    }

    fn hash(&mut self) -> Result<[u8; 32], Error> {
        let text = self.field()?.as_bytes();
        let mut hash = [0; 32];
        if text.len() != 2 * hash.len() {
            return Err(unreadable("a content hash is not 32 bytes long"));
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_chunks::<2>().0) {
            let digits = std::str::from_utf8(pair).map_err(unreadable)?;
            *byte = u8::from_str_radix(digits, 16).map_err(unreadable)?;
        }
        Ok(hash)
    }

    fn names(&mut self) -> Result<Names, Error> {
        let mut texts = serde_json::Deserializer::from_slice(self.0).into_iter();
        let names = texts.next().ok_or_else(|| unreadable("it ends too early"))?.map_err(unreadable)?;
        self.0 = &self.0[texts.byte_offset()..];
        Ok(names)
    }

    fn payload(&mut self, length: usize) -> Result<String, Error> {
        let (payload, rest) = self.0.split_at_checked(length).ok_or_else(|| unreadable("it ends too early"))?;
        self.0 = rest;
        Ok(std::str::from_utf8(payload).map_err(unreadable)?.to_owned())
    }

    /// The next event, and whether its payload has to be fetched.
    fn event(&mut self) -> Result<(Recorded, bool), Error> {
        let (position, tenant_position, stream_version) = (self.number()?, self.number()?, self.number()?);
        let (version, time) = (self.number()?, self.number()?);
        let (epoch, event_id, command_id, correlation_id) = (self.uuid()?, self.uuid()?, self.uuid()?, self.uuid()?);
        let causation_id = Some(self.field()?).filter(|text| !text.is_empty()).map(Uuid::try_parse).transpose().map_err(unreadable)?;
        let content_hash = self.hash()?;
        let length: i64 = self.number()?;
        let Names(stream_type, stream_id, event_type, tenant, project, kind, id, name, client_address) = self.names()?;
        let payload = match usize::try_from(length) {
            Ok(length) => self.payload(length)?,
            Err(_) => String::new(),
        };
        let actor = Actor { kind: kind.parse().map_err(|why: String| Error::Decode(why.into()))?, id, name };
        let recorded = Recorded {
            position,
            tenant_position,
            epoch: Epoch(epoch),
            event_id,
            stream: StreamId::from_stored(format!("{stream_type}-{stream_id}")),
            stream_version,
            event_type,
            version,
            tenant,
            project,
            actor,
            command_id: CommandId(command_id),
            correlation_id,
            causation_id,
            client_address,
            time,
            payload,
            content_hash,
        };
        Ok((recorded, length < 0))
    }
}

/// The events in a text, in the order of their positions, and the positions of those whose payloads have to be fetched.
pub(super) fn unpacked(text: &[u8], count: usize) -> Result<(Vec<Recorded>, Vec<u64>), Error> {
    let (mut packed, mut events, mut large) = (Packed(text), Vec::with_capacity(count), Vec::new());
    for _ in 0..count {
        let (event, is_large) = packed.event()?;
        if is_large {
            large.push(event.position);
        }
        events.push(event);
    }
    if !packed.0.is_empty() {
        return Err(unreadable("more than was counted"));
    }
    // The database promises no order of what it joins; in fact it is this one.
    events.sort_by_key(|event| event.position);
    Ok((events, large))
}

fn unreadable(why: impl std::fmt::Display) -> Error {
    Error::Decode(format!("a row of events cannot be read: {why}").into())
}
