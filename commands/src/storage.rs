//! The room of storage: what the store keeps, for how long, and what goes.

mod release_snapshots;
mod roots;
mod set_retention;
mod sweep_storage;

pub use set_retention::SetRetention;
pub use sweep_storage::SweepStorage;
