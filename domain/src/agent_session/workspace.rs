//! The facts about a session's files: which snapshot they were after which event, and how they were taken back, forked off and
//! merged. Names of snapshots are keyed hashes of the project's store and tell nothing; paths are private.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message::Message;
use crate::kernel::{AccountId, Private, SessionId};

/// A snapshot and how much is in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Tree {
    /// Name in the store: 64 hexadecimal digits.
    pub snapshot: String,
    /// Files and links.
    pub files: u64,
    /// Bytes of the files.
    pub bytes: u64,
    /// Paths that were not kept (caches, sockets, what is too large …); the snapshot lists them.
    pub left_out: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceCaptured {
    /// Version of this stream whose files these are.
    pub version: u64,
    /// The call that was completed there; absent: a run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    #[serde(flatten)]
    pub tree: Tree,
    /// Paths that differ from the capture before; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<u64>,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Private<Vec<String>>>,
    /// Made up by a later run, so that it may hold changes of others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

/// The files could not be recorded, and the session goes on without: what they were there is known to nobody, unless the capture is made up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CaptureFailed {
    /// Version of this stream whose files these would have been.
    pub version: u64,
    /// The call that was completed there; absent: a run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    pub reason: CaptureFailure,
    /// What was said about it; it may name paths.
    pub detail: Private<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaptureFailure {
    /// No room is left where files are kept.
    StoreFull,
    /// The folder could not be read.
    FilesFailed,
    /// The store could not keep them for another reason.
    StoreFailed,
}

impl CaptureFailure {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StoreFull => "store_full",
            Self::FilesFailed => "files_failed",
            Self::StoreFailed => "store_failed",
        }
    }
}

/// The files are about to be taken back; what will be done is fixed here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UndoStarted {
    /// Version of this stream to go back to.
    pub to: u64,
    /// Snapshot of what is there.
    pub before: String,
    /// Snapshot of what shall be there.
    pub goal: String,
    pub requested_by: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Undone {
    pub to: u64,
    /// What is there now.
    #[serde(flatten)]
    pub tree: Tree,
    /// Paths that were changed.
    pub changed: u64,
    /// Paths left as they are, because somebody changed them meanwhile, snapshots leave them out, or they could not be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spared: Option<Private<Vec<String>>>,
    /// Those that could not be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Private<Vec<Refused>>>,
}

/// A path that could not be changed; all others were.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    pub path: String,
    pub reason: Refusal,
}

/// Why the file system let a path not be changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Its owner and mode, or a flag on it, forbid it.
    NotPermitted,
    ReadOnly,
    /// Something is mounted there, or it is a program that runs.
    Busy,
    NameTooLong,
    NotAFolder,
    /// A symbolic link stands in the way.
    Link,
}

impl Refusal {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotPermitted => "not_permitted",
            Self::ReadOnly => "read_only",
            Self::Busy => "busy",
            Self::NameTooLong => "name_too_long",
            Self::NotAFolder => "not_a_folder",
            Self::Link => "link",
        }
    }
}

/// Where a fork comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    pub session_id: SessionId,
    /// Version of its stream at which this session leaves it.
    pub version: u64,
    /// The files there; this session's own copy begins with them.
    pub snapshot: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Forked {
    #[serde(flatten)]
    pub origin: Origin,
    /// What was said until there, calls without a result told as not run.
    pub conversation: Private<Vec<Message>>,
    /// Turns go on counting from here, so that call ids stay unique in the conversation.
    pub turn: u64,
    /// Attempts at answers so far, for models that count them.
    pub attempts: u64,
    /// The model has the last word in the conversation.
    pub answered: bool,
}

/// This session's files are about to be merged into its origin's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MergeStarted {
    /// Whose working copy it goes into: that of the origin.
    pub into: SessionId,
    pub base: String,
    /// Snapshot of what is there.
    pub before: String,
    /// This session's files.
    pub theirs: String,
    /// What shall be there.
    pub goal: String,
    pub requested_by: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Merged {
    pub into: SessionId,
    /// This session's files that are in it now.
    pub theirs: String,
    /// What is there now.
    #[serde(flatten)]
    pub tree: Tree,
    pub changed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spared: Option<Private<Vec<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Private<Vec<Refused>>>,
}

/// A fork's files are about to be merged into this session's. Told in the same append as the fork's `merge_started`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ForkMergeStarted {
    pub fork: SessionId,
    /// Snapshot of what is there.
    pub before: String,
}

/// A fork's files were merged into this session's. Told in the same append as the fork's `merged`, which names the paths that were left as they
/// are. Nothing in it is private, so a forgotten session is told as well.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ForkMerged {
    pub fork: SessionId,
    /// The fork's files that are in it now.
    pub theirs: String,
    /// Snapshot of what was there.
    pub before: String,
    /// What is there now.
    #[serde(flatten)]
    pub tree: Tree,
    /// Paths that were changed.
    pub changed: u64,
}

/// The fork's working copy was thrown away; its snapshots stay.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceDiscarded {
    pub discarded_by: AccountId,
    /// What was in it at last, where no capture before has just that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Tree>,
}

/// A snapshot with a name is always kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotNamed {
    /// Version whose files it is.
    pub version: u64,
    /// Absent: the name was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Private<String>>,
    pub named_by: AccountId,
}

/// These are no longer kept; a sweep may remove them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotsReleased {
    pub snapshots: Vec<String>,
}
