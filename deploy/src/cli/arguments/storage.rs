//! What may be typed about the store.

use clap::Subcommand;

#[derive(Subcommand)]
pub enum Storage {
    /// Sizes: what is live, and what a sweep would remove
    Show {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Let go of what the projects' retention no longer keeps, and remove what nothing names
    Sweep {
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// How long a project's snapshots are kept
    Keep {
        /// Folder or id of the project
        #[arg(long, default_value = ".")]
        project: String,
        /// All steps of this many days are kept …
        #[arg(long, required_unless_present = "all")]
        days: Option<u32>,
        /// … and of older ones every N-th; named ones, and a session's first and last, always
        #[arg(long, default_value_t = 10)]
        every: u32,
        /// Every step is kept
        #[arg(long, conflicts_with = "days")]
        all: bool,
    },
}
