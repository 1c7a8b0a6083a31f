//! The whole house from outside.

pub mod people;
pub mod postgres;
pub mod watch;
pub mod world;
