//! Why a command was not done, told apart by what the caller can do about it.
//!
//! What a client may read ([`CommandError::client_text`], also `Display`) and what the log says ([`CommandError::log_text`]) are two texts;
//! `Display` never prints a cause.

use std::time::Duration;

use opensail_domain::kernel::{DecodeError, Rejection, RejectionKind};
use opensail_eventstore::private::PrivateError;
use opensail_eventstore::vault::keyring::KeyError;
use opensail_eventstore::{AppendError, CommandId, Position, ReadError, StreamId, VaultError};

use crate::ports::passwords::PasswordError;
use crate::ports::project_files::FileError;
use crate::ports::snapshots::FileConflict;

/// Advice to a client when a back end is away, in seconds.
const UNAVAILABLE_RETRY: Duration = Duration::from_secs(1);

/// A rule's refusal, without its type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RejectionInfo {
    /// Stable.
    pub code: &'static str,
    pub kind: RejectionKind,
    /// A client may read it.
    pub message: String,
}

impl RejectionInfo {
    pub fn of(rejection: &impl Rejection) -> Self {
        RejectionInfo { code: rejection.code(), kind: rejection.kind(), message: rejection.to_string() }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommandError {
    /// A rule says no.
    #[error("{}", .0.message)]
    Rejected(RejectionInfo),
    /// The credential is wrong, expired or used up. `code` is stable.
    #[error("{message}")]
    Unauthenticated { code: &'static str, message: &'static str },
    /// The caller sees the thing but may not do this to it.
    #[error("your role does not allow this")]
    Forbidden,
    /// It is not there, or the caller may not know that it is.
    #[error("there is no such thing")]
    NotFound,
    /// Others kept changing the same thing.
    #[error("others are changing this at the same time; try again")]
    Conflict,
    /// A condition of the request (`If-Match`, `If-None-Match`) does not hold; `actual` is the hash of the file as it is.
    #[error("the file is not as the request's condition says")]
    PreconditionFailed { actual: Option<String> },
    /// Files that would be overwritten and that somebody changed; what is to become of each has to be decided.
    #[error("files changed on both sides: {}; decide what is to become of each", .conflicts.len())]
    FilesConflict { conflicts: Vec<FileConflict> },
    #[error("more than the limit of {limit} bytes")]
    TooLarge { limit: u64 },
    /// What had to be kept first cannot be, so nothing was done.
    #[error(
        "no room is left on the disk of the server's data folder, where files are kept; nothing was done, and nothing of the try is left there. Make room on that disk, or name large folders in `.gitignore`, which keeps them out of snapshots, and ask again. Letting old steps go (`opensail storage keep`, then `opensail storage sweep`) frees room only where they are more than a day old"
    )]
    StoreFull,
    /// The writer's lease went to somebody else.
    #[error("the work was taken over by another worker")]
    Fenced,
    #[error("nothing was done: too much is waiting to be written. Ask again in a moment")]
    Overloaded { retry_after: Duration },
    /// It may or may not have been done; repeating with the same command id tells.
    #[error(
        "whether it was done is not known. Asked again with the same Idempotency-Key it is done once and answered; asked without one, look first whether it is there"
    )]
    Unknown { command_id: CommandId },
    /// A back end is away; `log` is for the log alone.
    #[error("the service is unavailable for a moment; try again")]
    Unavailable { log: String },
    #[error("this Idempotency-Key was used for another request")]
    IdempotencyKeyReused,
    /// A newer version of the program has written into what this is about. Only this one thing is out of reach.
    #[error("event {event_type} v{version} at position {position} was written by a newer version of the program; upgrade this server")]
    NewerEvent { event_type: String, version: u32, position: Position },
    /// An event that is not what its type says. What it says stays out: why it cannot be read is told in the log and where its stream is parked.
    #[error(
        "event {event_type} v{version} of {stream} at position {position} cannot be read, so nothing can be done there; everything else goes on. \
         `opensail projection parked` says why"
    )]
    UnreadableEvent { event_type: String, version: u32, stream: StreamId, position: Position },
    /// What is stored cannot be read, or a command breaks a limit of the journal; `log` is for the log alone.
    #[error("the server could not do this; its log says why")]
    Broken { log: String },
}

impl CommandError {
    /// A wish that is malformed at `pointer`.
    pub fn invalid(pointer: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::rejected(code, RejectionKind::Invalid { pointer }, message)
    }

    pub fn rejected(code: &'static str, kind: RejectionKind, message: impl Into<String>) -> Self {
        CommandError::Rejected(RejectionInfo { code, kind, message: message.into() })
    }

    pub(crate) fn unavailable(log: impl ToString) -> Self {
        CommandError::Unavailable { log: log.to_string() }
    }

    /// An event that cannot be decoded.
    pub fn unreadable(stream: &StreamId, position: Position, error: &DecodeError) -> Self {
        match error {
            DecodeError::Unknown { event_type, version } => {
                CommandError::NewerEvent { event_type: event_type.clone(), version: *version, position }
            }
            DecodeError::Malformed { event_type, version, why } => {
                tracing::error!(event_type, version, %stream, position, why, "an event cannot be read");
                let (event_type, stream) = (event_type.clone(), stream.clone());
                CommandError::UnreadableEvent { event_type, version: *version, stream, position }
            }
        }
    }

    pub(crate) fn broken(log: impl ToString) -> Self {
        CommandError::Broken { log: log.to_string() }
    }

    /// Whether the same request, sent again as it is, can succeed without anybody doing anything.
    pub fn retryable(&self) -> bool {
        match self {
            CommandError::Conflict | CommandError::Overloaded { .. } | CommandError::Unknown { .. } | CommandError::Unavailable { .. } => {
                true
            }
            CommandError::Rejected(info) => match info.kind {
                RejectionKind::Limit { retry_after } => retry_after.is_some(),
                RejectionKind::Invalid { .. } | RejectionKind::State | RejectionKind::Exists => false,
            },
            CommandError::Unauthenticated { .. }
            | CommandError::Forbidden
            | CommandError::NotFound
            | CommandError::PreconditionFailed { .. }
            | CommandError::FilesConflict { .. }
            | CommandError::TooLarge { .. }
            | CommandError::StoreFull
            | CommandError::Fenced
            | CommandError::IdempotencyKeyReused
            | CommandError::NewerEvent { .. }
            | CommandError::UnreadableEvent { .. }
            | CommandError::Broken { .. } => false,
        }
    }

    /// How long a client should wait before it asks again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            CommandError::Overloaded { retry_after } => Some(*retry_after),
            CommandError::Unavailable { .. } | CommandError::Unknown { .. } => Some(UNAVAILABLE_RETRY),
            CommandError::Rejected(RejectionInfo { kind: RejectionKind::Limit { retry_after }, .. }) => {
                retry_after.map(Duration::from_secs)
            }
            _ => None,
        }
    }

    /// For the client.
    pub fn client_text(&self) -> String {
        self.to_string()
    }

    /// For the log: with the cause.
    pub fn log_text(&self) -> String {
        match self {
            CommandError::Unavailable { log } => format!("unavailable: {log}"),
            CommandError::Broken { log } => format!("broken: {log}"),
            CommandError::Unknown { command_id } => format!("outcome of command {command_id} unknown"),
            other => other.to_string(),
        }
    }

    /// Decided by reading state, so that another state could have decided otherwise.
    pub(crate) fn rests_on_state(&self) -> bool {
        matches!(self, CommandError::Rejected(_) | CommandError::Forbidden | CommandError::NotFound)
    }
}

impl From<ReadError> for CommandError {
    fn from(error: ReadError) -> Self {
        CommandError::unavailable(error)
    }
}

impl From<VaultError> for CommandError {
    fn from(error: VaultError) -> Self {
        CommandError::unavailable(error)
    }
}

impl From<PasswordError> for CommandError {
    fn from(error: PasswordError) -> Self {
        CommandError::unavailable(error)
    }
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Vault(error) => error.into(),
            KeyError::Destroyed(_) => {
                CommandError::rejected("forgotten", RejectionKind::State, "this was forgotten and takes nothing more")
            }
            other => CommandError::broken(other),
        }
    }
}

impl From<PrivateError> for CommandError {
    fn from(error: PrivateError) -> Self {
        match error {
            PrivateError::Key(error) => error.into(),
            other => CommandError::broken(other),
        }
    }
}

impl From<AppendError> for CommandError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict { .. } | AppendError::EpochChanged(_) => CommandError::Conflict,
            AppendError::Fenced { .. } => CommandError::Fenced,
            AppendError::Reused(_) => CommandError::IdempotencyKeyReused,
            AppendError::Overloaded { retry_after } => CommandError::Overloaded { retry_after },
            AppendError::Unknown(command_id) => CommandError::Unknown { command_id },
            AppendError::Invalid(why) => CommandError::broken(why),
            AppendError::Unavailable(why) => CommandError::unavailable(why),
        }
    }
}

impl From<FileError> for CommandError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::NotFound(_) => CommandError::NotFound,
            FileError::Forbidden { .. } => CommandError::invalid("/path", "path_forbidden", error.to_string()),
            FileError::Invalid { .. } => CommandError::invalid("/path", "path_invalid", error.to_string()),
            FileError::TooLarge { limit, .. } => CommandError::TooLarge { limit },
            FileError::Full => CommandError::rejected("disk_full", RejectionKind::Limit { retry_after: None }, error.to_string()),
            FileError::Failed { .. } => CommandError::unavailable(error),
        }
    }
}
