//! The room of storage: what the store keeps, for how long, and what goes.

mod dead_copies;
mod named;
mod release_snapshots;
mod root_index;
mod roots;
mod set_retention;
mod sweep_storage;

pub(crate) use dead_copies::Which;
pub use set_retention::SetRetention;
pub use sweep_storage::{SweepStorage, SweptStorage};
