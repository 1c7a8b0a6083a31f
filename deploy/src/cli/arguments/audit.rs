//! What may be asked of the history.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::LookBack;

#[derive(Subcommand)]
pub enum Audit {
    /// Events, newest first
    Query {
        #[command(flatten)]
        filter: AuditFilter,
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        then: LookBack,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// All matching events as JSON lines that can be verified, or for a spreadsheet
    Export {
        #[command(flatten)]
        filter: AuditFilter,
        #[arg(long, value_enum, default_value = "jsonl")]
        format: AuditFormat,
        /// Where to write; standard output when absent
        #[arg(long)]
        output: Option<PathBuf>,
    },
    /// Is everything still as it was written? An exported file, without any server; without a file this machine's whole journal, or with
    /// OPENSAIL_URL all that you may see of that server's
    Verify {
        /// Written by `audit export`
        file: Option<PathBuf>,
        /// A key noted on an earlier day (printed by `audit checkpoint`); without one the key that comes along is believed
        #[arg(long)]
        key: Vec<String>,
        /// A signed checkpoint noted on an earlier day (printed by `audit checkpoint`): this machine's journal must still hold what it covers
        #[arg(long, conflicts_with = "file")]
        checkpoint: Vec<PathBuf>,
    },
    /// Print the newest signed checkpoint and the keys that sign
    Checkpoint {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Prove that an event is in the journal; prints the proof as JSON after checking it
    Proof {
        position: u64,
        /// Size of the tree; the newest checkpoint's when absent
        #[arg(long)]
        size: Option<u64>,
    },
    /// Sign with a new key from now on
    RotateKey,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    Jsonl,
    Csv,
}

#[derive(Args)]
pub struct AuditFilter {
    /// Id of the team; when absent that of the project or the stream, else your first one
    #[arg(long)]
    pub team: Option<String>,
    #[arg(long)]
    pub project: Option<String>,
    /// Id of an account, a model's name, a part of the platform
    #[arg(long)]
    pub actor: Option<String>,
    /// Like agent_session.tool_call_completed
    #[arg(long = "type")]
    pub event_type: Option<String>,
    /// Like agent_session-<id>
    #[arg(long)]
    pub stream: Option<String>,
    #[arg(long)]
    pub correlation: Option<String>,
    /// RFC 3339
    #[arg(long)]
    pub from: Option<String>,
    #[arg(long)]
    pub to: Option<String>,
}

impl AuditFilter {
    /// As query parameters.
    pub fn parameters(&self, team: Option<String>) -> Vec<(&'static str, String)> {
        let given = [
            ("team_id", team),
            ("project_id", self.project.clone()),
            ("actor", self.actor.clone()),
            ("type", self.event_type.clone()),
            ("stream", self.stream.clone()),
            ("correlation", self.correlation.clone()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}
