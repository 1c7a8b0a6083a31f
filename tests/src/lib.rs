//! The whole house from outside.

pub mod appending;
pub mod authority;
pub mod behind;
pub mod btrfs;
pub mod bucket;
pub mod cluster;
pub mod copies;
pub mod far;
pub mod history;
pub mod later;
pub mod mortal_postgres;
pub mod people;
pub mod small_disk;
pub mod timing;
pub mod watch;
pub mod wire;
pub mod world;

/// Databases of a private PostgreSQL server, one for each test.
pub use opensail_eventstore::conformance::server as postgres;
