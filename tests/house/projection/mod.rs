//! The read models as those who run the platform administer them.

mod killed_rebuild;
mod rebuild_projection;
