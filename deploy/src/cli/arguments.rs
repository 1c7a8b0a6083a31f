//! What may be typed. Each room has a file of its own.

mod account;
mod audit;
mod conflicts;
mod consumer;
mod look_back;
mod projection;
mod session;
mod storage;
mod work;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use account::Account;
pub use audit::{Audit, AuditFilter, AuditFormat};
pub use conflicts::{Conflicts, OnConflict, Side};
pub use consumer::Consumer;
pub use look_back::LookBack;
pub use projection::Projection;
pub use session::{Decision, EditMode, ExportFormat, Run, Session};
pub use storage::Storage;
pub use work::Work;

#[derive(Parser)]
#[command(name = "opensail", version, about = "Runs AI agents; every change is an event in one journal that is the audit log itself.")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve the API, the pages and the workers
    Serve(Serve),
    /// Give tasks to agents, watch them, look back
    #[command(subcommand)]
    Session(Session),
    /// Ask the history who did what, and prove it
    #[command(subcommand)]
    Audit(Audit),
    /// People
    #[command(subcommand)]
    Account(Account),
    /// The read models
    #[command(subcommand)]
    Projection(Projection),
    /// Consumers that several workers share
    #[command(subcommand)]
    Consumer(Consumer),
    /// What the work queue has set aside
    #[command(subcommand)]
    Work(Work),
    /// What the store holds, and what may go
    #[command(subcommand)]
    Storage(Storage),
    /// Bring the database's tables up to date
    Migrate,
    /// Write the whole data folder into one file; the server may run
    Backup { file: PathBuf },
    /// Bring a backup back into an empty data folder
    Restore {
        file: PathBuf,
        /// The file forgotten.jsonl of the lost data folder: what was forgotten after the backup stays forgotten
        #[arg(long)]
        forgotten: Option<PathBuf>,
    },
    /// After the journal's database was restored, or failed over with a loss: begin a new history, so that no reader misses or repeats anything
    NewEpoch,
    /// Every setting, its value, where it comes from and its default
    Config {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Check the data folder, the back ends and the sandbox; say what to do
    Doctor {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Print a one-time link that signs you in, valid for 15 minutes
    SignInLink,
}

#[derive(Args)]
pub struct Serve {
    /// Which parts to run in this process
    #[arg(long, value_enum, default_value = "all")]
    pub role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    Api,
    Worker,
    All,
}
