//! What the vault keeps of each partition, in one row that changes as a whole: how far it is, and which of its streams are set aside.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::parked::Ordered;
use crate::envelope::{Cursor, Epoch, Position, Recorded, StreamId};
use crate::journal::{Journal, ReadError};

/// Of these rows, under `<group>/<partition>`: `<token> <cursor>`, a line of JSON for each stream that is set aside, and one that says why it stands still.
pub(super) const KIND: &str = "group";
/// Streams of a partition that may be set aside, since the row is written whenever its checkpoint moves; with one more the partition stands still.
pub const MOST_PARKED: usize = 50;
/// What is kept of an error.
const ERROR_CHARS: usize = 300;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// Of the lease under which it was written.
    pub(super) token: u64,
    /// Everything of the partition up to here was handled, less what waits of the streams that are set aside.
    pub(super) cursor: Cursor,
    pub(super) aside: Vec<Aside>,
    /// Why it goes no further: the next event is of a newer program.
    pub(super) stopped: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Stopped { stopped: String },
    Aside(Aside),
}

/// A stream that does not go along with its partition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Aside {
    pub(super) stream: StreamId,
    /// Everything of it before this was handled; from here up to the partition's checkpoint it waits.
    pub(super) position: Position,
    /// Why it waits. `None`: people had it go on, and what waits is being handled.
    pub(super) failure: Option<Failure>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    /// Id of the event that cannot be handled.
    pub(super) event: Uuid,
    pub(super) error: String,
}

fn shortened(error: &str) -> String {
    error.chars().take(ERROR_CHARS).collect()
}

pub(super) fn key(group: &str, partition: u32) -> String {
    format!("{group}/{partition}")
}

/// Group and partition of a key.
pub(super) fn place(key: &str) -> Option<(&str, u32)> {
    let (group, partition) = key.rsplit_once('/')?;
    Some((group, partition.parse().ok()?))
}

impl Row {
    /// `None`: it cannot be read by this program.
    pub(super) fn read(row: &[u8]) -> Option<Row> {
        let mut lines = std::str::from_utf8(row).ok()?.lines();
        let (token, cursor) = lines.next()?.split_once(' ')?;
        let mut row = Row { token: token.parse().ok()?, cursor: cursor.parse().ok()?, aside: Vec::new(), stopped: None };
        for line in lines {
            match serde_json::from_str(line).ok()? {
                Line::Stopped { stopped } => row.stopped = Some(stopped),
                Line::Aside(aside) => row.aside.push(aside),
            }
        }
        Some(row)
    }

    pub(super) fn written(&self) -> Vec<u8> {
        let mut text = format!("{} {}", self.token, self.cursor);
        let stopped = self.stopped.iter().map(|stopped| json!({ "stopped": stopped }));
        for line in self.aside.iter().map(|aside| json!(aside)).chain(stopped) {
            text.push('\n');
            text.push_str(&line.to_string());
        }
        text.into_bytes()
    }

    /// As it is in the journal's epoch. It lies in the journal's own database and is set back together with it, so that what it stands at is there still, of an
    /// older history, and was handled. Where it is not, somebody put the row there from elsewhere: it goes back to what both histories have in common.
    pub(super) async fn in_epoch(mut self, journal: &dyn Journal, epoch: Epoch) -> Result<Row, ReadError> {
        if self.cursor.epoch == epoch {
            return Ok(self);
        }
        match journal.check_epoch(self.cursor.epoch).await {
            Err(ReadError::EpochChanged { common, .. }) => {
                let at = self.cursor.position;
                let is_there = at == 0 || journal.read_at(&[at]).await?.first().is_some_and(|event| event.epoch != epoch);
                if !is_there {
                    self.go_back(common);
                }
            }
            Err(error) => return Err(error),
            Ok(()) => {}
        }
        self.cursor.epoch = epoch;
        Ok(self)
    }

    /// A stream that was set aside behind it comes along again with everything else.
    fn go_back(&mut self, common: Position) {
        self.cursor.position = self.cursor.position.min(common);
        self.aside.retain(|aside| aside.position <= common);
        self.stopped = None;
    }

    /// How far a stream that is set aside is, or the partition.
    pub(super) fn reached(&self, stream: Option<&StreamId>) -> Position {
        let aside = stream.and_then(|stream| self.aside.iter().find(|aside| aside.stream == *stream));
        aside.map_or(self.cursor.position, |aside| aside.position.saturating_sub(1))
    }

    pub(super) fn reach(&mut self, stream: Option<&StreamId>, seen: Position) {
        match stream {
            None => (self.cursor.position, self.stopped) = (seen, None),
            Some(stream) => {
                if let Some(aside) = self.aside.iter_mut().find(|aside| aside.stream == *stream && aside.failure.is_none()) {
                    aside.position = seen + 1;
                }
            }
        }
    }

    /// Whether an event is not to be handled with those of the partition, or of a stream that goes on: it was handled, or it waits.
    pub(super) fn leaves_out(&self, stream: Option<&StreamId>, event: &Recorded) -> bool {
        let aside = self.aside.iter().find(|aside| aside.stream == event.stream);
        event.position <= self.reached(stream) || aside.is_some_and(|aside| stream.is_none() || aside.failure.is_some())
    }

    /// From the event on the stream waits. False when as many wait as may.
    pub(super) fn set_aside(&mut self, event: &Recorded, error: &str) -> bool {
        let failure = Some(Failure { event: event.event_id, error: shortened(error) });
        let waits = Aside { stream: event.stream.clone(), position: event.position, failure };
        match self.aside.iter().position(|aside| aside.stream == event.stream) {
            Some(known) => self.aside[known] = waits,
            None if self.aside.len() >= MOST_PARKED => return false,
            None => self.aside.push(waits),
        }
        if self.cursor.position < event.position {
            (self.cursor.position, self.stopped) = (event.position, None);
        }
        true
    }

    /// The partition goes no further.
    pub(super) fn stop(&mut self, why: &str) {
        self.stopped = Some(shortened(why));
    }

    /// Has a stream go on; false when it is not parked at that event any more.
    pub(super) fn obey(&mut self, event: Uuid, what: Ordered) -> bool {
        let parked = self.aside.iter_mut().find(|aside| aside.failure.as_ref().is_some_and(|failure| failure.event == event));
        let Some(aside) = parked else { return false };
        aside.position += u64::from(what == Ordered::Skip);
        aside.failure = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aside(stream: &str, position: Position) -> Aside {
        let failure = Failure { event: Uuid::from_u128(position.into()), error: "a \"bad\" mood\nof two lines".into() };
        Aside { stream: StreamId::new("test", stream), position, failure: Some(failure) }
    }

    fn row() -> Row {
        let cursor = Cursor { epoch: Epoch(Uuid::from_u128(7)), position: 9 };
        Row { token: 3, cursor, aside: vec![aside("a", 4), aside("b\nc", 8)], stopped: None }
    }

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let alone = Row { aside: Vec::new(), ..row() };
        assert_eq!(alone.written(), format!("3 {}", alone.cursor).into_bytes());
        let stopped = Row { stopped: Some("upgrade\nit".into()), ..row() };
        for row in [row(), alone, stopped] {
            assert_eq!(Row::read(&row.written()), Some(row));
        }
        assert_eq!(Row::read(b"3 nothing"), None);
    }

    #[test]
    fn who_goes_back_takes_along_what_was_set_aside_since() {
        let mut back = row();
        back.go_back(6);
        assert_eq!(back, Row { cursor: Cursor { position: 6, ..row().cursor }, aside: vec![aside("a", 4)], ..row() });
    }

    #[test]
    fn an_order_is_obeyed_once_and_by_the_stream_that_is_parked_there() {
        let mut row = row();
        let stream = StreamId::new("test", "a");
        let event = Uuid::from_u128(4);
        assert!(row.obey(event, Ordered::Retry) && !row.obey(event, Ordered::Skip));
        assert_eq!((row.reached(Some(&stream)), row.reached(None)), (3, 9));
        row.reach(Some(&stream), 6);
        assert_eq!((row.reached(Some(&stream)), row.reached(None)), (6, 9));
        row.aside[0] = aside("a", 4);
        assert!(row.obey(event, Ordered::Skip));
        assert_eq!(row.reached(Some(&stream)), 4);
        assert_eq!(row.aside[1], aside("b\nc", 8));
    }
}
