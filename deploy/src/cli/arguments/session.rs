//! What may be typed about sessions.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Conflicts, LookBack, OnConflict, Side};

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
        #[command(flatten)]
        then: LookBack,
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
        #[command(flatten)]
        then: LookBack,
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
        #[command(flatten)]
        then: LookBack,
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
        /// What becomes of all others
        #[arg(long, value_enum)]
        on_conflict: Option<Side>,
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
        /// What becomes of all others
        #[arg(long, value_enum)]
        on_conflict: Option<OnConflict>,
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
