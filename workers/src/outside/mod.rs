//! The systems outside: each folder serves a port of `commands`, chosen in `deploy`.

pub mod blobs;
pub mod checkpoint_bucket;
pub mod model;
pub mod passwords;
pub mod project_files;
pub mod sandbox;
pub mod snapshots;
