//! The read models as those who run the platform administer them.

mod changed_view;
mod killed_rebuild;
mod metrics;
mod newer_event;
mod newer_session_event;
mod older_events;
mod parked_streams;
mod rebuild_projection;
mod unreadable_event;
mod upgrade;

pub(crate) use metrics::number;
pub(crate) use rebuild_projection::opensail;
