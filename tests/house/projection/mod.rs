//! The read models as those who run the platform administer them.

mod killed_rebuild;
mod parked_streams;
mod rebuild_projection;
