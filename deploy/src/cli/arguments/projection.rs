//! What may be typed about the read models.

use clap::Subcommand;

#[derive(Subcommand)]
pub enum Projection {
    /// Each read model, how far it is and what it parked
    List {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Exit code 0 when every read model is at the journal's end
    Lag,
    /// Build one anew from the journal, beside the one that is read, and wait for the switch
    Rebuild {
        name: String,
        /// Only begin it
        #[arg(long)]
        no_wait: bool,
    },
    /// Go back to the tables that were read before the last switch
    Rollback { name: String },
    /// Let go of the tables that were read before the last switch
    DropOld { name: String },
    /// Streams that were set aside, because an event of theirs could not be applied
    Parked {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Apply a parked stream again, once the reason is mended, and tell what came of it
    Retry {
        name: String,
        stream: String,
        /// Readable for ever, so it should name nobody
        #[arg(long)]
        reason: Option<String>,
    },
    /// Leave the event out that a stream is parked at, for ever, and go on behind it
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
