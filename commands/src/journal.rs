//! The journal's own words, for those who hold a [`crate::Commands`] and follow what it has written: cursors, positions, the live tail.

pub use opensail_eventstore::seal::{Checkpoint, ExportEnd, Seal, SealError, Sealed};
pub use opensail_eventstore::subscription::{Batch, Subscription, Tail};
pub use opensail_eventstore::{Cursor, Epoch, Filter, Head, Journal, Position, ReadError, Recorded, StreamId};
