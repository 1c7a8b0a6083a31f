//! What may be typed about the queue of work.

use clap::Subcommand;

#[derive(Subcommand)]
pub enum Work {
    /// Work that was delivered to workers too often without being done
    Parked {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Deliver a parked piece again, or all of them
    Retry {
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}
