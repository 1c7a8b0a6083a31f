//! The ports: what commands and workers need of the world outside. Implemented in `workers/src/outside`, chosen in `deploy`.

pub mod blobs;
pub mod clock;
pub mod model;
pub mod passwords;
pub mod project_files;
pub mod sandbox;
pub mod snapshots;
