//! Rows of `journal.events` and what they become.

use sqlx::postgres::PgRow;
use sqlx::{Error, Row};

use crate::envelope::{Actor, CommandId, Epoch, Fact, NO_HASH, Recorded, StreamId};

/// Columns in the order that [`recorded`] reads; the payload as the text it was written as.
pub(super) const COLUMNS: &str = "position, tenant_position, epoch, event_id, stream_type, stream_id, stream_version, \
    event_type, version, tenant, project, actor_kind, actor_id, actor_name, command_id, correlation_id, causation_id, \
    client_address, time, payload::text, content_hash";

pub(super) fn recorded(row: &PgRow) -> Result<Recorded, Error> {
    let hash: Vec<u8> = row.try_get(20)?;
    Ok(Recorded {
        position: row.try_get::<i64, _>(0)? as u64,
        tenant_position: row.try_get::<i64, _>(1)? as u64,
        epoch: Epoch(row.try_get(2)?),
        event_id: row.try_get(3)?,
        stream: StreamId::from_stored(format!("{}-{}", row.try_get::<&str, _>(4)?, row.try_get::<&str, _>(5)?)),
        stream_version: row.try_get::<i64, _>(6)? as u64,
        event_type: row.try_get(7)?,
        version: row.try_get::<i32, _>(8)? as u32,
        tenant: row.try_get(9)?,
        project: row.try_get(10)?,
        actor: Actor {
            kind: row.try_get::<&str, _>(11)?.parse().map_err(|why: String| Error::Decode(why.into()))?,
            id: row.try_get(12)?,
            name: row.try_get(13)?,
        },
        command_id: CommandId(row.try_get(14)?),
        correlation_id: row.try_get(15)?,
        causation_id: row.try_get(16)?,
        client_address: row.try_get(17)?,
        time: row.try_get(18)?,
        payload: row.try_get(19)?,
        content_hash: hash.try_into().unwrap_or(NO_HASH),
    })
}

/// The same for [`fact`].
pub(super) const FACT: &str = "position, stream_version, event_type, version, time, payload::text";

pub(super) fn fact(row: &PgRow) -> Result<Fact, Error> {
    Ok(Fact {
        position: row.try_get::<i64, _>(0)? as u64,
        stream_version: row.try_get::<i64, _>(1)? as u64,
        event_type: row.try_get(2)?,
        version: row.try_get::<i32, _>(3)? as u32,
        time: row.try_get(4)?,
        payload: row.try_get(5)?,
    })
}
