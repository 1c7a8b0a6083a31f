//! Streams that consumers have set aside, and what people order about them.
//!
//! An order is a row of the vault, so that it can be written in one append with the event that tells who gave it and why. It lies there until the member that has
//! the partition carries it out, in the write that changes the partition's row: killed in between, it is found again. Of several about one event the newest
//! counts; about what is not parked any more it says nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::StandingError;
use super::row::{Aside, Failure, KIND, Row, place};
use crate::envelope::{Position, Recorded, StreamId};
use crate::journal::Journal;
use crate::vault::{Vault, VaultError, VaultWrite};

/// Of the vault's rows that hold an order each, under `<group>/<partition>/<UUIDv7>`.
pub(super) const ORDERS: &str = "group-order";

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParkedStream {
    pub group: String,
    pub partition: u32,
    pub stream: StreamId,
    /// Everything of it before this was handled.
    pub position: Position,
    pub condition: Condition,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// It waits at the event of its position, which could not be handled.
    Parked {
        event_type: String,
        version: u32,
        error: String,
        /// Events of the stream behind it, those included that do not concern the consumer.
        waiting: u64,
        /// What is to be carried out as soon as a member looks.
        ordered: Option<Ordered>,
    },
    /// It was ordered to go on, and what waits is being handled.
    GoingOn,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ordered {
    Retry,
    Skip,
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
    let orders = newest(orders(vault, "").await?);
    for (key, row) in vault.list(KIND, "").await? {
        let (Some((group, partition)), Some(row)) = (place(&key), Row::read(&row)) else { continue };
        let mut positions: Vec<_> = row.aside.iter().map(|aside| aside.position).collect();
        positions.sort_unstable();
        let events = if positions.is_empty() { Vec::new() } else { journal.read_at(&positions).await? };
        for aside in row.aside {
            let ordered = aside.failure.as_ref().and_then(|failure| orders.get(&(key.clone(), failure.event)));
            let Some(condition) = condition(journal, &aside, &events, ordered.map(Order::kind)).await? else { continue };
            let Aside { stream, position, .. } = aside;
            streams.push(ParkedStream { group: group.to_owned(), partition, stream, position, condition });
        }
    }
    Ok(streams)
}

/// `None`: of a journal that is another now the event is gone; who takes the partition up goes back to before it.
async fn condition(
    journal: &dyn Journal,
    aside: &Aside,
    events: &[Recorded],
    ordered: Option<Ordered>,
) -> Result<Option<Condition>, StandingError> {
    let Some(Failure { event, error }) = &aside.failure else { return Ok(Some(Condition::GoingOn)) };
    let Some(found) = events.iter().find(|found| found.event_id == *event) else { return Ok(None) };
    let waiting = journal.stream_version(&aside.stream).await?.saturating_sub(found.stream_version);
    let (event_type, version, error) = (found.event_type.clone(), found.version, error.clone());
    Ok(Some(Condition::Parked { event_type, version, error, waiting, ordered }))
}

/// Where a stream is parked, for an order about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParkedAt {
    /// Key of the partition's row.
    partition: String,
    event: Uuid,
}

/// Where the stream is parked; `Some(None)` where it is not parked at that position, and `None` where there is no such consumer.
pub async fn find(vault: &dyn Vault, group: &str, stream: &StreamId, position: Position) -> Result<Option<Option<ParkedAt>>, VaultError> {
    let rows = vault.list(KIND, &format!("{group}/")).await?;
    let parked = rows.iter().find_map(|(key, row)| {
        let row = Row::read(row)?;
        let aside = row.aside.into_iter().find(|aside| aside.stream == *stream && aside.position == position)?;
        Some(ParkedAt { partition: key.clone(), event: aside.failure?.event })
    });
    Ok((!rows.is_empty()).then_some(parked))
}

impl ParkedAt {
    /// Has the stream handled again, from the event on that it is parked at.
    pub fn retry(&self) -> VaultWrite {
        self.order(None)
    }

    /// Has the event left out that the stream is parked at, and what waits behind it handled. The reason is told in the log.
    pub fn skip(&self, reason: &str) -> VaultWrite {
        self.order(Some(reason.into()))
    }

    fn order(&self, skip: Option<String>) -> VaultWrite {
        let (key, order) = (format!("{}/{}", self.partition, Uuid::now_v7()), Order { event: self.event, skip });
        VaultWrite::Put { kind: ORDERS.into(), key, value: json!(order).to_string().into_bytes(), expires: None }
    }
}

impl Order {
    fn kind(&self) -> Ordered {
        if self.skip.is_some() { Ordered::Skip } else { Ordered::Retry }
    }
}

/// By the keys of their rows, the oldest first. `None`: one that cannot be read. `partition`: the key of its row, or nothing for all.
pub(super) async fn orders(vault: &dyn Vault, partition: &str) -> Result<Vec<(String, Option<Order>)>, VaultError> {
    let prefix = if partition.is_empty() { String::new() } else { format!("{partition}/") };
    let found = vault.list(ORDERS, &prefix).await?;
    Ok(found.into_iter().map(|(key, order)| (key, serde_json::from_slice(&order).ok())).collect())
}

/// Of each event, by the key of its partition's row and its id.
pub(super) fn newest(orders: Vec<(String, Option<Order>)>) -> BTreeMap<(String, Uuid), Order> {
    let partition = |key: &str| key.rsplit_once('/').map_or_else(String::new, |(partition, _)| partition.to_owned());
    orders.into_iter().filter_map(|(key, order)| order.map(|order| ((partition(&key), order.event), order))).collect()
}
