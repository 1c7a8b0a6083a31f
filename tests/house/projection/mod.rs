//! The read models as those who run the platform administer them.

mod rebuild_projection;
