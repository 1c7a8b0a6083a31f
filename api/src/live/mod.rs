//! Live: the journal's events as server-sent events, or over a WebSocket, without gap or repeat, and beside them the text that a model
//! is writing and a command is printing just now.
//!
//! A stream holds a place in the journal and no queue: the one reader of the journal wakes it, it reads what concerns it, and what the
//! client does not take stays where it is. A client resumes by the cursor of the last event it saw. Whoever is taken out of a team, or
//! signed out, loses his streams with the event that says so.

pub(crate) mod frame;
pub(crate) mod live_stream;
mod pieces;
pub(crate) mod resume;
pub(crate) mod socket;
pub(crate) mod stream_many;
