//! Streams that consumers have set aside, and what people order about them.
//!
//! An order lies in the vault until the member that has the partition carries it out, in the write that changes the partition's row. Killed in between, it is
//! found again; about what is not parked any more it says nothing.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::StandingError;
use super::row::{Aside, Failure, KIND, Row, place};
use crate::envelope::{Position, StreamId};
use crate::journal::Journal;
use crate::vault::{Vault, VaultError};

/// Of the vault's rows that hold an order each, under `<group>/<partition>/<UUIDv7>`.
pub(super) const ORDERS: &str = "group-order";

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParkedStream {
    pub group: String,
    pub partition: u32,
    pub stream: StreamId,
    /// The event that could not be handled, its type and version, and why.
    pub position: Position,
    pub event_type: String,
    pub version: u32,
    pub error: String,
    /// Events of the stream behind it, those included that do not concern the consumer.
    pub waiting: u64,
}

/// To have the stream go on that is parked at an event.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    /// Its id: the same position may hold another event in another history.
    pub(super) event: Uuid,
    /// Why it is left out, if so.
    pub(super) skip: Option<String>,
}

/// Of all consumers, by their names and partitions.
pub async fn list(journal: &dyn Journal, vault: &dyn Vault) -> Result<Vec<ParkedStream>, StandingError> {
    let mut streams = Vec::new();
    for (key, row) in vault.list(KIND, "").await? {
        let (Some((group, partition)), Some(row)) = (place(&key), Row::read(&row)) else { continue };
        let mut positions: Vec<_> = row.aside.iter().map(|aside| aside.position).collect();
        positions.sort_unstable();
        let events = if positions.is_empty() { Vec::new() } else { journal.read_at(&positions).await? };
        for Aside { stream, position, failure } in row.aside {
            let Some(Failure { event, error }) = failure else { continue };
            // Of a journal that is another now it is gone; who takes the partition up goes back to before it.
            let Some(event) = events.iter().find(|found| found.event_id == event) else { continue };
            let waiting = journal.stream_version(&stream).await?.saturating_sub(event.stream_version);
            let (group, event_type, version) = (group.to_owned(), event.event_type.clone(), event.version);
            streams.push(ParkedStream { group, partition, stream, position, event_type, version, error, waiting });
        }
    }
    Ok(streams)
}

/// Has a parked stream handled again, from the event on that it is parked at. False when it is not parked there.
pub async fn retry(vault: &dyn Vault, group: &str, stream: &StreamId, position: Position) -> Result<bool, VaultError> {
    order(vault, group, stream, position, None).await
}

/// Has the event left out that a stream is parked at, and what waits behind it handled. False when it is not parked there. The reason is told in the log; who
/// wants it kept keeps it.
pub async fn skip(vault: &dyn Vault, group: &str, stream: &StreamId, position: Position, reason: &str) -> Result<bool, VaultError> {
    order(vault, group, stream, position, Some(reason)).await
}

async fn order(vault: &dyn Vault, group: &str, stream: &StreamId, position: Position, skip: Option<&str>) -> Result<bool, VaultError> {
    for (key, row) in vault.list(KIND, &format!("{group}/")).await? {
        let Some(row) = Row::read(&row) else { continue };
        let aside = row.aside.into_iter().find(|aside| aside.stream == *stream && aside.position == position);
        if let Some(Failure { event, .. }) = aside.and_then(|aside| aside.failure) {
            let order = Order { event, skip: skip.map(Into::into) };
            vault.put(ORDERS, &format!("{key}/{}", Uuid::now_v7()), json!(order).to_string().as_bytes(), None).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// To a partition, by the keys of their rows, the oldest first. `None`: one that cannot be read.
pub(super) async fn orders(vault: &dyn Vault, partition: &str) -> Result<Vec<(String, Option<Order>)>, VaultError> {
    let found = vault.list(ORDERS, &format!("{partition}/")).await?;
    Ok(found.into_iter().map(|(key, order)| (key, serde_json::from_slice(&order).ok())).collect())
}
