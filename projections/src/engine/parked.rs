//! Streams that were set aside for a projection, because an event of theirs could not be applied.

use std::collections::HashSet;

use opensail_eventstore::{Position, Recorded, StreamId};

use super::orders::{self, Obeyed};
use super::step::apply_all;
use super::{Engine, EngineError, Follower, checkpoint};
use crate::db::{Db, Row, Tx, sql};
use crate::projection::{Incoming, Trouble};

pub(super) const DDL: &str = "CREATE TABLE IF NOT EXISTS parked (
    projection TEXT NOT NULL,
    stream TEXT NOT NULL,
    position BIGINT NOT NULL,
    stream_version BIGINT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (projection, stream))";

/// Events of a stream read at once for another try.
const PAGE: usize = 256;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Parked {
    pub(super) projection: String,
    pub(super) beside: bool,
    pub(super) stream: StreamId,
    pub(super) position: Position,
    pub(super) error: String,
    pub(super) stream_version: u64,
}

/// The same for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParkedStream {
    pub projection: String,
    /// Not in the tables that are read, but in those that are being built.
    pub beside: bool,
    pub stream: StreamId,
    /// The event that could not be applied, its type and version, and why.
    pub position: Position,
    pub event_type: String,
    pub version: u32,
    pub error: String,
    /// Events of the stream that wait behind it.
    pub waiting: u64,
}

fn read(row: &Row, beside: bool) -> Result<Parked, sqlx::Error> {
    Ok(Parked {
        projection: row.text(0)?,
        beside,
        stream: StreamId::from_stored(row.text(1)?),
        position: row.count(2)?,
        error: row.text(3)?,
        stream_version: row.count(4)?,
    })
}

/// Of the tables that are read and of those that are being built; by the names of the views.
pub(super) async fn list(db: &Db) -> Result<Vec<Parked>, sqlx::Error> {
    let text = "SELECT coalesce(g.projection, p.projection), p.stream, p.position, p.error, p.stream_version, coalesce(g.state, 'read')
        FROM parked p LEFT JOIN generations g ON p.projection = g.projection || '__g' || g.generation
        WHERE g.state IS NULL OR g.state = 'beside' ORDER BY 1, 6 DESC, 3";
    db.all(sql!(text)).await?.iter().map(|row| read(row, row.text(5)? != "read")).collect()
}

/// Key of the set and stream of all.
pub(super) async fn all(tx: &mut Tx) -> Result<HashSet<(String, String)>, sqlx::Error> {
    tx.all(sql!("SELECT projection, stream FROM parked")).await?.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// By the key of a set.
pub(super) async fn find(tx: &mut Tx, key: &str, stream: &StreamId) -> Result<Option<Parked>, sqlx::Error> {
    let text = "SELECT projection, stream, position, error, stream_version FROM parked WHERE projection = $1 AND stream = $2";
    tx.one(sql!(text, key, stream.as_str())).await?.map(|row| read(&row, false)).transpose()
}

pub(super) async fn park(tx: &mut Tx, key: &str, event: &Recorded, error: &str) -> Result<(), sqlx::Error> {
    tx.run(sql!(
        "INSERT INTO parked (projection, stream, position, stream_version, error) VALUES ($1, $2, $3, $4, $5)",
        key,
        event.stream.as_str(),
        event.position,
        event.stream_version,
        error,
    ))
    .await?;
    Ok(())
}

async fn unpark(tx: &mut Tx, key: &str, stream: &StreamId) -> Result<(), sqlx::Error> {
    tx.run(sql!("DELETE FROM parked WHERE projection = $1 AND stream = $2", key, stream.as_str())).await?;
    Ok(())
}

impl Engine {
    pub(super) async fn parked(&self) -> Result<Vec<ParkedStream>, EngineError> {
        let (parked, journal) = (list(&self.db).await?, self.tail.journal());
        let mut positions: Vec<_> = parked.iter().map(|parked| parked.position).collect();
        positions.sort_unstable();
        positions.dedup();
        let events = journal.read_at(&positions).await?;
        let mut streams = Vec::with_capacity(parked.len());
        for Parked { projection, beside, stream, position, error, stream_version } in parked {
            // Of a journal that is another now it is gone, and the view is built anew at once.
            let Some(event) = events.iter().find(|event| event.position == position) else { continue };
            let waiting = journal.stream_version(&stream).await?.saturating_sub(stream_version);
            let (event_type, version) = (event.event_type.clone(), event.version);
            streams.push(ParkedStream { projection, beside, stream, position, event_type, version, error, waiting });
        }
        Ok(streams)
    }

    /// Applies what waits of a parked stream, up to a place of the journal: it flows again, or is parked at the next event that cannot be
    /// applied. An event of a newer program is such a one too: the stream waits already, and the others go on.
    pub(super) async fn flow(&self, tx: &mut Tx, follower: &Follower, parked: &Parked, end: Position) -> Result<Obeyed, Trouble> {
        let (view, key, stream) = (self.views[follower.view].as_ref(), &follower.set.key, &parked.stream);
        let journal = self.tail.journal();
        let skipped = orders::skipped(journal.as_ref(), view).await?;
        unpark(tx, key, stream).await?;
        let (mut version, mut late, mut parked_again) = (parked.stream_version - 1, false, false);
        loop {
            let page = journal.read_stream(stream, version, PAGE).await?;
            let Some(last) = page.last().filter(|_| page[0].position <= end) else { break };
            version = last.stream_version;
            let (left_out, due): (Vec<_>, Vec<_>) =
                page.iter().filter(|event| event.position <= end).partition(|event| skipped.contains(&event.position));
            for event in left_out {
                orders::pass(tx, key, event.position).await?;
            }
            let due: Vec<_> = due.into_iter().map(Incoming::new).collect();
            let failed = self.apply_apart(tx, follower, &due).await?;
            let applied =
                due.iter().take_while(|incoming| failed.as_ref().is_none_or(|(event, _)| incoming.recorded.position < event.position));
            late |= applied.into_iter().any(|incoming| view.lends(incoming));
            if let Some((event, error)) = failed {
                tracing::error!(projection = view.name(), %stream, position = event.position, error, "a stream stays set aside");
                park(tx, key, event, &error).await?;
                parked_again = true;
                break;
            }
        }
        if !parked_again {
            tracing::info!(projection = view.name(), %stream, "a parked stream flows again");
        }
        Ok(if late && follower.set.names.is_none() { Obeyed::Anew } else { Obeyed::Done })
    }

    /// Applies them together, and one by one when something in it fails. Answers the first that cannot be applied; nothing of it and of those
    /// behind it is done.
    async fn apply_apart<'a>(
        &self,
        tx: &mut Tx,
        follower: &Follower,
        due: &[Incoming<'a>],
    ) -> Result<Option<(&'a Recorded, String)>, Trouble> {
        let view = self.views[follower.view].as_ref();
        let all: Vec<_> = due.iter().collect();
        let mut failed = None;
        tx.call(follower.set.names.clone());
        tx.mark().await?;
        let applied = apply_all(view, tx, &all).await;
        if tx.keep(applied).await?.is_some() {
            for incoming in due {
                tx.mark().await?;
                let applied = apply_all(view, tx, &[incoming]).await;
                if let Some(fault) = tx.keep(applied).await? {
                    failed = Some((incoming.recorded, fault.to_string()));
                    break;
                }
            }
        }
        tx.call(None);
        Ok(failed)
    }

    /// What was set aside gets another chance at the start: this program may be a better one.
    pub(super) async fn retry_all(&self, followers: &[Follower]) -> Result<(), EngineError> {
        for parked in list(&self.db).await?.into_iter().filter(|parked| !parked.beside) {
            let follower = followers.iter().find(|follower| self.views[follower.view].name() == parked.projection);
            let Some(follower) = follower.filter(|follower| follower.follows()) else { continue };
            let mut tx = self.db.begin().await?;
            // Another process may have been faster.
            let Some(parked) = find(&mut tx, &follower.set.key, &parked.stream).await? else { continue };
            let end = checkpoint::one(&mut tx, &follower.set.key).await?.map_or(0, |checkpoint| checkpoint.position);
            if let Obeyed::Anew = self.flow(&mut tx, follower, &parked, end).await? {
                self.build_anew(&mut tx, follower).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}
