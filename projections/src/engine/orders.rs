//! Orders to parked streams, obeyed where they stand in the journal (decision 0023).
//!
//! A retry applies what waits of a stream from the event on that it is parked at. A skip says that this event does not count for the view, whenever
//! it is read: a view that is built later knows it beforehand and passes over the event, and so comes to the same rows.

use std::collections::HashSet;

use opensail_domain::AnyEvent;
use opensail_domain::kernel::Decider;
use opensail_domain::projection::{ProjectionDecider, ProjectionEvent};
use opensail_eventstore::{Journal, Position, ReadError, Recorded, StreamId};

use super::generation::{self, State};
use super::{Engine, Follower, parked, prepare};
use crate::db::{Tx, sql};
use crate::projection::{ApplyError, Incoming, Projection, Trouble};

/// Events that a set has passed over because they were skipped.
pub(super) const DDL: &str = "CREATE TABLE IF NOT EXISTS passed (
    projection TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (projection, position))";

/// Type of the streams that orders stand in; each view has one.
pub(super) const STREAMS: &str = ProjectionDecider::TYPE;

/// Events of that stream read at once.
const PAGE: usize = 256;

/// Places of the events that do not count for a view.
pub(super) type Skipped = HashSet<Position>;

pub(super) enum Obeyed {
    Done,
    /// What the order is about was applied already, or others took from its rows before it came: only a view that is built anew is right.
    Anew,
}

fn stream_of(view: &dyn Projection) -> StreamId {
    StreamId::new(STREAMS, view.name())
}

/// Whether it stands among the orders to this view.
pub(super) fn is_for(view: &dyn Projection, event: &Recorded) -> bool {
    event.stream.stream_type() == STREAMS && event.stream == stream_of(view)
}

/// All that was ever left out of a view. What a newer program ordered stops the view where it stands.
pub(super) async fn skipped(journal: &dyn Journal, view: &dyn Projection) -> Result<Skipped, ReadError> {
    let (stream, mut version, mut skipped) = (stream_of(view), 0, Skipped::new());
    loop {
        let page = journal.read_stream(&stream, version, PAGE).await?;
        let Some(last) = page.last() else { return Ok(skipped) };
        version = last.stream_version;
        for event in &page {
            if let Ok(AnyEvent::Projection(ProjectionEvent::SkipOrdered(order))) = Incoming::new(event).event() {
                skipped.insert(order.position);
            }
        }
    }
}

/// Remembers that the set holds nothing of an event.
pub(super) async fn pass(tx: &mut Tx, key: &str, position: Position) -> Result<(), sqlx::Error> {
    tx.run(sql!("INSERT INTO passed (projection, position) VALUES ($1, $2) ON CONFLICT DO NOTHING", key, position)).await?;
    Ok(())
}

async fn was_passed(tx: &mut Tx, key: &str, position: Position) -> Result<bool, sqlx::Error> {
    Ok(tx.one(sql!("SELECT position FROM passed WHERE projection = $1 AND position = $2", key, position)).await?.is_some())
}

impl Engine {
    /// Does what the event orders, in the transaction that moves the checkpoint over it.
    pub(super) async fn obey(&self, tx: &mut Tx, follower: &Follower, incoming: &Incoming<'_>) -> Result<Obeyed, ApplyError> {
        let view = self.views[follower.view].as_ref();
        let (stream, position, skip) = match incoming.event() {
            Ok(AnyEvent::Projection(ProjectionEvent::RetryOrdered(order))) => (&order.stream, order.position, false),
            Ok(AnyEvent::Projection(ProjectionEvent::SkipOrdered(order))) => (&order.stream, order.position, true),
            Ok(_) => return Ok(Obeyed::Done),
            Err(ApplyError::Poison(error)) => {
                tracing::error!(projection = view.name(), position = incoming.recorded.position, error, "an order cannot be read");
                return Ok(Obeyed::Done);
            }
            Err(error) => return Err(error),
        };
        let stream = StreamId::from_stored(stream.clone());
        // A version of the view that read other streams was meant.
        if !view.streams().is_empty() && !view.streams().contains(&stream.stream_type()) {
            return Ok(Obeyed::Done);
        }
        match parked::find(tx, &follower.set.key, &stream).await? {
            Some(parked) if parked.position == position => Ok(self.flow(tx, follower, &parked, incoming.recorded.position).await?),
            // It counts when the stream comes to it.
            Some(parked) if skip && parked.position < position => Ok(Obeyed::Done),
            _ if skip && !was_passed(tx, &follower.set.key, position).await? => Ok(Obeyed::Anew),
            _ => {
                tracing::info!(projection = view.name(), %stream, position, "an order about what is not parked any more is passed over");
                Ok(Obeyed::Done)
            }
        }
    }

    /// Only a view that is built anew is right: begins it. A set beside begins again itself.
    pub(super) async fn build_anew(&self, tx: &mut Tx, follower: &Follower) -> Result<(), Trouble> {
        let view = self.views[follower.view].as_ref();
        tracing::info!(projection = view.name(), "the view is built anew, since an order came after what it is about");
        let head = self.tail.journal().head().await?;
        if follower.set.names.is_some()
            && let Some(beside) = generation::find(tx, view.name(), State::Beside).await?
        {
            generation::drop_set(tx, &beside).await?;
        }
        prepare::begin_beside(tx, view, head).await?;
        self.wanted.notify_one();
        Ok(())
    }
}
