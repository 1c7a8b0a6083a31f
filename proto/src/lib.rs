//! The gRPC contracts.
//!
//! The generated server traits are also how the same service is called in process: the desktop holds the implementation
//! and calls its methods, the cluster puts a channel in between, and neither caller nor service can tell.

pub mod fault;

/// File operations beneath a project's root.
pub mod fileops {
    /// Largest message in bytes, to be set on server and client alike: a file of 25 MiB and what surrounds it. (tonic's
    /// own limit is 4 MiB.)
    pub const MAX_MESSAGE_BYTES: usize = 32 * 1024 * 1024;

    /// Version 1; grows by optional fields only.
    pub mod v1 {
        tonic::include_proto!("opensail.fileops.v1");
    }
}
