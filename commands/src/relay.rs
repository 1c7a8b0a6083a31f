//! The work queue's own words, for those who hold a [`crate::Commands`] and ask what was set aside.

pub use opensail_eventstore::relay::{RelayError, Work, WorkRelay};
