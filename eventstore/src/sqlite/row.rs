//! Rows of `events` and what they become. Read one by one, value by value, a page would cost several times what the database needs to find it: the
//! driver copies and frees each value. So it comes as one text (decision 28).

use serde::Deserialize;
use sqlx::Error;
use uuid::Uuid;

use crate::envelope::{Actor, CommandId, Epoch, Fact, NO_HASH, Recorded, StreamId};

/// Columns in the order that the writer binds.
pub(super) const COLUMNS: &str = "position, tenant_position, epoch, event_id, stream_type, stream_id, stream_version, \
    event_type, version, tenant, project, actor_kind, actor_id, actor_name, command_id, correlation_id, causation_id, \
    client_address, time, payload, content_hash";

/// Bytes of a payload that comes along in the text; a larger one is fetched by itself, so that no page is larger than a value may be.
pub(super) const INLINE_BYTES: usize = 64 * 1024;

/// What a row of `events` becomes, and as which text it comes.
pub(super) trait Packs: Sized {
    /// One event as text. A payload above [`INLINE_BYTES`] is left out, with a length of -1.
    fn packed() -> String;
    /// The next event, and whether its payload has to be fetched.
    fn unpack(packed: &mut Packed<'_>) -> Result<(Self, bool), Error>;
    fn position(&self) -> u64;
    fn take_payload(&mut self, payload: String);
}

/// Of a payload that comes along: the payload, and its length in bytes.
fn inline() -> [String; 2] {
    let inline = format!("octet_length(payload) <= {INLINE_BYTES}");
    [format!("iif({inline}, payload, '')"), format!("iif({inline}, octet_length(payload), -1)")]
}

/// Everything in a text that is not a number or bytes.
#[derive(Deserialize)]
struct Names(String, String, String, String, Option<String>, String, String, String, Option<String>);

/// What is left of a text of packed events.
pub(super) struct Packed<'a>(&'a [u8]);

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
        let mut hash = NO_HASH;
        if text.len() != 2 * hash.len() {
            return Ok(NO_HASH);
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

    fn text(&mut self, length: usize) -> Result<String, Error> {
        let (text, rest) = self.0.split_at_checked(length).ok_or_else(|| unreadable("it ends too early"))?;
        self.0 = rest;
        Ok(std::str::from_utf8(text).map_err(unreadable)?.to_owned())
    }

    /// Nothing where it did not come along.
    fn payload(&mut self, length: i64) -> Result<String, Error> {
        usize::try_from(length).map_or(Ok(String::new()), |length| self.text(length))
    }
}

impl Packs for Recorded {
    /// Numbers, hexadecimal bytes, the length of the payload, each followed by a bar; then the names as a JSON array, then the payload.
    fn packed() -> String {
        let numbers = ["position", "tenant_position", "stream_version", "version", "time"].map(str::to_owned);
        let bytes =
            ["epoch", "event_id", "command_id", "correlation_id", "causation_id", "content_hash"].map(|column| format!("hex({column})"));
        let [payload, length] = inline();
        let fields: String = numbers.into_iter().chain(bytes).chain([length]).map(|field| format!("{field} || '|' || ")).collect();
        let names = "json_array(stream_type, stream_id, event_type, tenant, project, actor_kind, actor_id, actor_name, client_address)";
        format!("{fields}{names} || {payload}")
    }

    fn unpack(packed: &mut Packed<'_>) -> Result<(Self, bool), Error> {
        let (position, tenant_position, stream_version) = (packed.number()?, packed.number()?, packed.number()?);
        let (version, time) = (packed.number()?, packed.number()?);
        let (epoch, event_id, command_id, correlation_id) = (packed.uuid()?, packed.uuid()?, packed.uuid()?, packed.uuid()?);
        let causation_id = Some(packed.field()?).filter(|text| !text.is_empty()).map(Uuid::try_parse).transpose().map_err(unreadable)?;
        let content_hash = packed.hash()?;
        let length: i64 = packed.number()?;
        let Names(stream_type, stream_id, event_type, tenant, project, kind, id, name, client_address) = packed.names()?;
        let payload = packed.payload(length)?;
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

    fn position(&self) -> u64 {
        self.position
    }

    fn take_payload(&mut self, payload: String) {
        self.payload = payload;
    }
}

impl Packs for Fact {
    /// Numbers, the lengths of type and payload, each followed by a bar; then type and payload.
    fn packed() -> String {
        let [payload, length] = inline();
        let numbers = format!("position, '|', stream_version, '|', version, '|', time, '|', octet_length(event_type), '|', {length}, '|'");
        format!("concat({numbers}, event_type, {payload})")
    }

    fn unpack(packed: &mut Packed<'_>) -> Result<(Self, bool), Error> {
        let (position, stream_version, version, time) = (packed.number()?, packed.number()?, packed.number()?, packed.number()?);
        let (type_length, length) = (packed.number()?, packed.number()?);
        let (event_type, payload) = (packed.text(type_length)?, packed.payload(length)?);
        Ok((Fact { position, stream_version, event_type, version, time, payload }, length < 0))
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn take_payload(&mut self, payload: String) {
        self.payload = payload;
    }
}

/// The events in a text, in the order of their positions, and the positions of those whose payloads have to be fetched.
pub(super) fn unpacked<E: Packs>(text: &[u8], count: usize) -> Result<(Vec<E>, Vec<u64>), Error> {
    let (mut packed, mut events, mut large) = (Packed(text), Vec::with_capacity(count), Vec::new());
    for _ in 0..count {
        let (event, is_large) = E::unpack(&mut packed)?;
        if is_large {
            large.push(event.position());
        }
        events.push(event);
    }
    if !packed.0.is_empty() {
        return Err(unreadable("more than was counted"));
    }
    // The database promises no order of what it joins; in fact it is this one.
    events.sort_by_key(E::position);
    Ok((events, large))
}

fn unreadable(why: impl std::fmt::Display) -> Error {
    Error::Decode(format!("a row of events cannot be read: {why}").into())
}
