//! Storage: the content-addressed store and the file operations beneath a project's root.
//!
//! It runs on storage nodes, and as a library on the desktop. It knows the gRPC contracts and nothing of the domain.

pub mod bucket;
pub mod cas;
mod direct;
pub mod fileops;
pub mod names;
mod side_by_side;
#[cfg(test)]
mod small_disk;
mod temp_file;
pub mod tree;
