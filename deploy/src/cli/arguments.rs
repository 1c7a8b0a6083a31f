//! What may be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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

#[derive(Subcommand)]
pub enum Session {
    /// Give an agent a task and watch it work
    Run(Run),
    /// List the sessions of a project
    List {
        /// Folder or id of the project
        #[arg(long, default_value = ".")]
        project: String,
        #[command(flatten)]
        then: LookBack,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Follow a session live, from its first step
    Watch {
        /// Id of the session
        session: String,
        /// Start after this cursor
        #[arg(long)]
        after: Option<String>,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
        /// Answer every question with "allow once"
        #[arg(long)]
        yes: bool,
    },
    /// Say something to a session; a finished one goes on
    Say {
        /// Id of the session
        session: String,
        /// What is said
        text: String,
    },
    /// Answer a session's open question
    Answer {
        /// Id of the session
        session: String,
        /// What is answered
        #[arg(value_enum)]
        decision: Decision,
        /// Told to the agent
        #[arg(long)]
        reason: Option<String>,
    },
    /// Show a session step by step, from the server or from an exported file
    Replay {
        /// Id of a session, or a file written by `session export`
        session: String,
        /// Stop after this position
        #[arg(long)]
        until: Option<u64>,
        /// Wait for Enter after each step
        #[arg(long)]
        step: bool,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Write a session's history to a file
    Export {
        /// Id of the session
        session: String,
        #[arg(long, value_enum, default_value = "jsonl")]
        format: ExportFormat,
        /// Where to write; standard output when absent
        #[arg(long)]
        output: Option<PathBuf>,
    },
    /// Stop a session
    Cancel {
        /// Id of the session
        session: String,
    },
    /// Forget what was said in a finished session, for ever; the events stay
    Forget {
        /// Id of the session
        session: String,
        /// Readable for ever, so it should name nobody
        #[arg(long)]
        reason: String,
    },
    /// What changed in the files, by whatever and whomever: since a session began, or between two of its events
    Diff {
        /// Id of the session
        session: String,
        /// A position, a session of the project, or a snapshot; the session's first files when absent
        #[arg(long)]
        from: Option<String>,
        /// The same; the session's last files when absent
        #[arg(long)]
        to: Option<String>,
        #[command(flatten)]
        then: LookBack,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Name the files at a position, so that they are always kept; without a name, take it away
    Name {
        /// Id of the session
        session: String,
        /// The last event at or before this position
        position: u64,
        /// What the files are called from now on
        name: Option<String>,
    },
    /// The steps of a session that have files of their own
    Snapshots {
        /// Id of the session
        session: String,
        #[command(flatten)]
        then: LookBack,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Which event wrote each line of a file
    Blame {
        /// Id of the session
        session: String,
        /// Of the file, beneath the project's folder, as a diff tells it
        path: String,
        /// A position; the session's last files when absent
        #[arg(long)]
        at: Option<u64>,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Take a session back to an event, files and conversation
    Undo {
        /// Id of the session
        session: String,
        /// The position to go back to
        #[arg(long)]
        to: u64,
        #[command(flatten)]
        conflicts: Conflicts,
    },
    /// Go on from an event in a new session with its own copy of the files
    Fork {
        /// Id of the session
        session: String,
        /// The position to leave at; the session's last event when absent
        #[arg(long)]
        at: Option<u64>,
        /// Said to the fork, which begins to work; without it the fork waits for a word
        #[arg(long)]
        message: Option<String>,
        /// Which model; the origin's when absent
        #[arg(long)]
        model: Option<String>,
        /// As for `session run`; the origin's when absent
        #[arg(long, value_enum)]
        edit_mode: Option<EditMode>,
        /// Begin to work without a message
        #[arg(long)]
        start: bool,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Two sessions since they parted: steps, cost, outcome, files
    Compare {
        /// Id of a session
        left: String,
        /// Id of another one of the project
        right: String,
        #[command(flatten)]
        then: LookBack,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// The tree of forks that a session is in
    Tree {
        /// Id of the session
        session: String,
        #[command(flatten)]
        then: LookBack,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Merge a fork's files into those of the session it left
    Merge {
        /// Id of the session
        session: String,
        #[command(flatten)]
        conflicts: Conflicts,
        /// Paths of texts in which both sides stand between markers
        #[arg(long, value_name = "PATH")]
        marked: Vec<String>,
    },
    /// Throw a fork's working copy away; its history stays
    Discard {
        /// Id of the session
        session: String,
        /// Also where what is in it cannot be kept first
        #[arg(long)]
        force: bool,
    },
}

/// A point of the past, seen with the rights of today.
#[derive(Args)]
pub struct LookBack {
    /// Look back: as of this position, cursor or time (RFC 3339)
    #[arg(long, value_name = "POINT")]
    pub as_of: Option<String>,
}

impl LookBack {
    /// As a query parameter.
    pub fn parameter(&self) -> Option<(&'static str, String)> {
        self.as_of.clone().map(|point| ("as_of", point))
    }
}

/// What is to become of files that both sides changed; those not named are shown, and nothing is done.
#[derive(Args)]
pub struct Conflicts {
    /// Paths that stay as they are
    #[arg(long, value_name = "PATH")]
    pub keep: Vec<String>,
    /// Paths that are overwritten
    #[arg(long, value_name = "PATH")]
    pub take: Vec<String>,
    /// What becomes of all others
    #[arg(long, value_enum)]
    pub on_conflict: Option<OnConflict>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    Keep,
    Take,
    /// Both sides between markers; merges of texts only
    Marked,
}

impl Conflicts {
    /// As fields of a request.
    pub fn fields(&self, marked: &[String]) -> serde_json::Value {
        let kept = self.keep.iter().map(|path| (path.clone(), "keep".into()));
        let taken = self.take.iter().map(|path| (path.clone(), "take".into()));
        let marked = marked.iter().map(|path| (path.clone(), "marked".into()));
        let mut body = serde_json::json!({});
        let decisions: serde_json::Map<String, serde_json::Value> = kept.chain(taken).chain(marked).collect();
        if !decisions.is_empty() {
            body["decisions"] = decisions.into();
        }
        if let Some(all) = self.on_conflict {
            body["on_conflict"] = match all {
                OnConflict::Keep => "keep",
                OnConflict::Take => "take",
                OnConflict::Marked => "marked",
            }
            .into();
        }
        body
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Decision {
    AllowOnce,
    AllowSession,
    Deny,
}

impl Decision {
    pub const fn as_str(self) -> &'static str {
        match self {
            Decision::AllowOnce => "allow_once",
            Decision::AllowSession => "allow_session",
            Decision::Deny => "deny",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Our own: every event, and the blobs
    Jsonl,
    /// Agent Trajectory Interchange Format
    Atif,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EditMode {
    Ask,
    Allow,
    Plan,
}

#[derive(Args)]
pub struct Run {
    /// What is to be done
    pub task: String,
    /// Folder or id of the project; a folder that is no project yet becomes one
    #[arg(long, default_value = ".")]
    pub project: String,
    /// Which model; the server's usual one when absent
    #[arg(long)]
    pub model: Option<String>,
    /// ask: people approve what has effects; allow: nothing is asked; plan: nothing with effects is done
    #[arg(long, value_enum, default_value = "ask")]
    pub edit_mode: EditMode,
    /// Ends the session after so many answers of the model
    #[arg(long)]
    pub max_steps: Option<u64>,
    /// … so many seconds of work
    #[arg(long)]
    pub max_seconds: Option<u64>,
    /// … so many tokens, read and written
    #[arg(long)]
    pub max_tokens: Option<u64>,
    /// … so many millionths of a dollar
    #[arg(long)]
    pub max_micro_usd: Option<u64>,
    /// One JSON line per event
    #[arg(long)]
    pub json: bool,
    /// Answer every question with "allow once"
    #[arg(long)]
    pub yes: bool,
}

#[derive(Subcommand)]
pub enum Account {
    /// Forget a person, for ever: name and addresses are gone, the events stay
    Forget {
        /// Id of the account
        account: String,
        /// Readable for ever, so it should name nobody
        #[arg(long)]
        reason: String,
    },
}

#[derive(Subcommand)]
pub enum Audit {
    /// Events, newest first
    Query(AuditFilter),
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
    /// Id of the team; your first one when absent
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
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// As JSON, for programs
    #[arg(long)]
    pub json: bool,
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
