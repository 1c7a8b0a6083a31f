//! What may be typed about consumers that several workers share.

use clap::Subcommand;

#[derive(Subcommand)]
pub enum Consumer {
    /// Each consumer, how far it is and what it parked
    List {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Streams that were set aside, because an event of theirs could not be handled
    Parked {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Handle a parked stream again, once the reason is mended, and tell what came of it
    Retry {
        name: String,
        stream: String,
        /// Readable for ever, so it should name nobody
        #[arg(long)]
        reason: Option<String>,
    },
    /// Go on with a parked stream behind the event that it is parked at, and tell what came of it
    Skip {
        name: String,
        stream: String,
        /// Of the event, as `parked` tells it
        #[arg(long)]
        position: u64,
        /// Readable for ever, so it should name nobody
        #[arg(long)]
        reason: String,
    },
}
