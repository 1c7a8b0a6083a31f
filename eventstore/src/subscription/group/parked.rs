//! Streams that consumers have set aside, and what people order about them.
//!
//! An order is a row of the vault, named by the partition and the event that it is about, so that it can be written in one append with the event that tells who
//! gave it and why, and a newer one takes its place. It lies there until the member that has the partition carries it out, in the write that changes the
//! partition's row: killed in between, it is found again. About what is not parked any more it says nothing, and whoever takes the partition up clears it away.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::StandingError;
use super::row::{Aside, Failure, KIND, Row, place};
use crate::envelope::{Position, Recorded, StreamId};
use crate::journal::Journal;
use crate::vault::{Vault, VaultError, VaultWrite};

/// Of the vault's rows that hold an order each, under `<group>/<partition>/<id of the event>`.
const ORDERS: &str = "group-order";
/// When a row that was carried out expires: long ago.
const EXPIRED: i64 = 0;

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
    /// The stream goes on from the event.
    Retry,
    /// It goes on behind it.
    Skip,
}

/// Of all consumers, by their names and partitions.
pub async fn list(journal: &dyn Journal, vault: &dyn Vault) -> Result<Vec<ParkedStream>, StandingError> {
    let mut streams = Vec::new();
    let orders: BTreeMap<_, _> = orders(vault, "").await?.into_iter().map(|order| (order.key.clone(), order)).collect();
    let epoch = journal.head().await?.epoch;
    for (key, row) in vault.list(KIND, "").await? {
        let (Some((group, partition)), Some(row)) = (place(&key), Row::read(&row)) else { continue };
        let row = row.in_epoch(journal, epoch).await?;
        let mut positions: Vec<_> = row.aside.iter().map(|aside| aside.position).collect();
        positions.sort_unstable();
        let events = if positions.is_empty() { Vec::new() } else { journal.read_at(&positions).await? };
        for aside in row.aside {
            let order = aside.failure.as_ref().and_then(|failure| orders.get(&order_key(&key, failure.event)));
            let Some(condition) = condition(journal, &aside, &events, order.map(|order| order.what)).await? else { continue };
            let Aside { stream, position, .. } = aside;
            streams.push(ParkedStream { group: group.to_owned(), partition, stream, position, condition });
        }
    }
    Ok(streams)
}

/// `None`: the event is gone, since the journal is another now.
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

#[derive(Clone, PartialEq, Debug)]
pub enum Found {
    NoConsumer,
    /// Not at that position.
    NotParked,
    At(Box<ParkedAt>),
}

/// Where a stream is parked, for an order about it.
#[derive(Clone, PartialEq, Debug)]
pub struct ParkedAt {
    /// Key of the partition's row.
    partition: String,
    /// That could not be handled.
    pub event: Recorded,
}

/// Whether a stream is parked at a position.
pub async fn find(
    journal: &dyn Journal,
    vault: &dyn Vault,
    group: &str,
    stream: &StreamId,
    position: Position,
) -> Result<Found, StandingError> {
    let rows = vault.list(KIND, &format!("{group}/")).await?;
    if rows.is_empty() {
        return Ok(Found::NoConsumer);
    }
    let epoch = journal.head().await?.epoch;
    for (partition, row) in rows {
        let Some(row) = Row::read(&row) else { continue };
        let row = row.in_epoch(journal, epoch).await?;
        let aside = row.aside.into_iter().find(|aside| aside.stream == *stream && aside.position == position);
        let Some(Failure { event: id, .. }) = aside.and_then(|aside| aside.failure) else { continue };
        if let Some(event) = journal.read_at(&[position]).await?.into_iter().find(|event| event.event_id == id) {
            return Ok(Found::At(Box::new(ParkedAt { partition, event })));
        }
    }
    Ok(Found::NotParked)
}

impl ParkedAt {
    /// What has the stream go on, beside the event that tells of it.
    pub fn order(&self, what: Ordered) -> VaultWrite {
        let value = json!({ "skip": what == Ordered::Skip }).to_string().into_bytes();
        VaultWrite::Put { kind: ORDERS.into(), key: order_key(&self.partition, self.event.event_id), value, expires: None }
    }
}

fn order_key(partition: &str, event: Uuid) -> String {
    format!("{partition}/{event}")
}

/// To have the stream go on that is parked at an event.
pub(super) struct Order {
    key: String,
    row: Vec<u8>,
    /// Its id: the same position may hold another event in another history.
    pub(super) event: Uuid,
    pub(super) what: Ordered,
}

impl Order {
    fn read(key: &str, row: &[u8]) -> Option<Order> {
        let (_, event) = key.rsplit_once('/')?;
        let skip = serde_json::from_slice::<serde_json::Value>(row).ok()?["skip"].as_bool()?;
        let what = if skip { Ordered::Skip } else { Ordered::Retry };
        Some(Order { key: key.into(), row: row.into(), event: event.parse().ok()?, what })
    }

    /// It is over; another that was given meanwhile stays.
    pub(super) async fn remove(&self, vault: &dyn Vault) -> Result<(), VaultError> {
        vault.swap(ORDERS, &self.key, Some(&self.row), b"", Some(EXPIRED)).await.map(drop)
    }
}

/// To a partition, by the key of its row; to all of them, where that is nothing.
pub(super) async fn orders(vault: &dyn Vault, partition: &str) -> Result<Vec<Order>, VaultError> {
    let prefix = if partition.is_empty() { String::new() } else { format!("{partition}/") };
    let mut orders = Vec::new();
    for (key, row) in vault.list(ORDERS, &prefix).await? {
        match Order::read(&key, &row) {
            Some(order) => orders.push(order),
            None => tracing::error!(key, "an order about a parked stream cannot be read"),
        }
    }
    Ok(orders)
}

/// What was ordered about an event before it was parked is over: it was parked once before, in a history that is no more.
pub(super) async fn forget_orders(vault: &dyn Vault, partition: &str, event: Uuid) -> Result<(), VaultError> {
    vault.delete(ORDERS, &order_key(partition, event)).await
}
