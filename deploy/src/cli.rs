//! The command line: everything that a person does without a browser. It speaks the same HTTP as everybody else.

#[macro_use]
mod out;

pub mod account;
pub mod arguments;
pub mod audit;
pub mod client;
pub mod config;
pub mod connect;
pub mod consumer;
pub mod doctor;
pub mod download;
pub mod events;
pub mod folder;
pub mod paint;
pub mod projection;
pub mod session;
pub mod storage;
pub mod work;
pub mod working;

/// Why a command ended badly; becomes the exit code.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Exit code 1.
    #[error("{0}")]
    Failed(String),
    /// Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Exit code 130: stopped with Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl CliError {
    /// The process's exit code.
    pub const fn code(&self) -> i32 {
        match self {
            CliError::Failed(_) => 1,
            CliError::Usage(_) => 2,
            CliError::Interrupted => 130,
        }
    }
}

impl From<client::ClientError> for CliError {
    fn from(error: client::ClientError) -> Self {
        CliError::Failed(error.to_string())
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        CliError::Failed(error.to_string())
    }
}
