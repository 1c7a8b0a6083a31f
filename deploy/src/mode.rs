//! How a deployment is put together: one file per mode for what is its own, [`assemble`] for what all share.

pub mod assemble;
mod desktop;
mod docker;
mod follow_model;
pub mod probes;
mod relays;
pub mod sealing;
pub mod set_back;
pub mod stores;

use crate::settings::{Mode, Settings};
pub use assemble::{Parts, Server, StartError};

impl Server {
    /// Opens what the mode has, hands it round, serves.
    pub async fn start(settings: Settings, parts: Parts) -> Result<Server, StartError> {
        match settings.mode {
            Mode::Desktop => desktop::start(settings, parts).await,
            Mode::Docker => docker::start(settings, parts).await,
        }
    }
}
