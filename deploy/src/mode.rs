//! How a deployment is put together; one file per mode.

pub mod desktop;
