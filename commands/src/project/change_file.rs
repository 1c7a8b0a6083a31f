//! A person's change of one file.
//!
//! The file is changed first, by compare-and-set, and the event appended after it: the answer comes when both are durable, so nothing
//! acknowledged is lost, and the journal never tells of a write that did not happen. If the append is refused for certain, the change is
//! undone by compare-and-set, which leaves alone what somebody wrote since. If its outcome is unknown, the file stays: the event may be
//! there. A request repeated under its idempotency key after a crash in between finds the file as wished and appends the event that was
//! missing, whatever its precondition was. A caller that goes away half-way stops nothing.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use opensail_domain::kernel::ProjectId;
use opensail_domain::project::{FileDeleted, FileWritten, ProjectCommand, ProjectDecider, ProjectRejection};
use sha2::{Digest, Sha256};

use super::write_file::FileSaved;
use crate::ports::project_files::{Applied, FileChange, FileData, FileHash, MAX_FILE_BYTES};
use crate::{Caller, Change, Command, CommandError, Commands, Done, MAX_TRIES, Permission, Place, RejectionInfo, Shown};

/// What the file must be like before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Precondition {
    #[default]
    Any,
    /// `If-Match: *`.
    Exists,
    /// `If-Match` with one or more hashes.
    Matches(Vec<FileHash>),
    /// `If-None-Match: *`.
    Absent,
}

impl Precondition {
    fn holds(&self, actual: Option<&FileHash>) -> bool {
        match self {
            Precondition::Any => true,
            Precondition::Exists => actual.is_some(),
            Precondition::Matches(hashes) => actual.is_some_and(|actual| hashes.contains(actual)),
            Precondition::Absent => actual.is_none(),
        }
    }
}

/// The event of a change that was made.
#[derive(Clone)]
struct RecordChange {
    project_id: ProjectId,
    path: String,
    before: Option<FileHash>,
    /// Hash and size; none when it was deleted.
    after: Option<(FileHash, u64)>,
}

#[async_trait]
impl Command for RecordChange {
    type Answer = Option<FileSaved>;
    async fn decide(&self, change: &mut Change) -> Result<Option<FileSaved>, CommandError> {
        let access = change.project_access(self.project_id, Permission::WriteFiles).await?;
        let (path, before) = (self.path.clone(), self.before.clone());
        let created = before.is_none();
        let (command, answer) = match (&self.after, before) {
            (Some((hash, size)), before) => {
                let written = FileWritten { path, before, after: hash.clone(), size: *size };
                (ProjectCommand::RecordWrite(written), Some(FileSaved { hash: hash.clone(), size: *size, created }))
            }
            (None, Some(before)) => (ProjectCommand::RecordDelete(FileDeleted { path, before }), None),
            (None, None) => return Err(CommandError::NotFound),
        };
        change.decide::<ProjectDecider>(self.project_id, Place::project(access.team_id, self.project_id), command).await?;
        Ok(answer)
    }
    fn shows(&self, _: &Option<FileSaved>) -> Shown {
        Shown::Project(self.project_id)
    }
}

pub(super) fn not_ready() -> CommandError {
    CommandError::Rejected(RejectionInfo::of(&ProjectRejection::NotReady))
}

impl Commands {
    /// `after: None` deletes. In a task of its own: dropped between the change and its event, it would leave a change that nobody tells of.
    pub(super) async fn change_file(
        &self,
        caller: &Caller,
        project_id: ProjectId,
        path: &str,
        after: Option<Bytes>,
        precondition: &Precondition,
    ) -> Result<Done<Option<FileSaved>>, CommandError> {
        let (commands, caller, path, precondition) = (self.clone(), caller.clone(), path.to_owned(), precondition.clone());
        let task = tokio::spawn(async move { commands.change_and_record(&caller, project_id, &path, after, &precondition).await });
        task.await.map_err(CommandError::broken)?
    }

    async fn change_and_record(
        &self,
        caller: &Caller,
        project_id: ProjectId,
        path: &str,
        after: Option<Bytes>,
        precondition: &Precondition,
    ) -> Result<Done<Option<FileSaved>>, CommandError> {
        if let Some(first) = self.known(caller).await? {
            return self.repeat(caller, first, |_| Shown::Project(project_id)).await;
        }
        if after.as_ref().is_some_and(|bytes| bytes.len() > MAX_FILE_BYTES) {
            return Err(CommandError::TooLarge { limit: MAX_FILE_BYTES as u64 });
        }
        let mut asking = Change::new(self.clone(), caller.clone(), true);
        let access = asking.project_access(project_id, Permission::WriteFiles).await?;
        if !access.ready {
            return Err(not_ready());
        }
        let keyed = caller.fingerprint.is_some();
        let (before, made) = self.apply(&access.root, path, after.clone(), precondition, keyed).await?;
        let record = RecordChange {
            project_id,
            path: path.into(),
            before: before.as_ref().map(|file| file.hash.clone()),
            after: after.map(|bytes| (sha256(&bytes), bytes.len() as u64)),
        };
        match self.execute(caller, &record).await {
            Err(error) if made && !matches!(error, CommandError::Unknown { .. }) => {
                self.undo(&access.root, record, before).await;
                Err(error)
            }
            outcome => outcome,
        }
    }

    /// Makes the change; answers the file as it was, and false when somebody else (or this request, before a crash) has made it.
    async fn apply(
        &self,
        root: &Path,
        path: &str,
        after: Option<Bytes>,
        precondition: &Precondition,
        keyed: bool,
    ) -> Result<(Option<FileData>, bool), CommandError> {
        let wished = after.as_deref().map(sha256);
        let mut actual = None;
        for _ in 0..MAX_TRIES {
            let before = self.files().read(root, path).await?;
            let hash = before.as_ref().map(|file| file.hash.clone());
            // RFC 9110, 13.1.1: a change that appears to have been made already may succeed.
            let repeated = keyed && wished.is_some() && hash == wished;
            if !repeated && !precondition.holds(hash.as_ref()) {
                return Err(CommandError::PreconditionFailed { actual: hash });
            }
            if after.is_none() && before.is_none() {
                return Err(CommandError::NotFound);
            }
            let change = FileChange { path: path.into(), before: hash, after: after.clone(), mode: None };
            match self.files().apply(root, change).await? {
                Applied::Done => return Ok((before, true)),
                Applied::Already => return Ok((before, false)),
                Applied::Conflict { actual: found } => actual = found,
            }
        }
        match precondition {
            Precondition::Any | Precondition::Exists => Err(CommandError::Conflict),
            Precondition::Matches(_) | Precondition::Absent => Err(CommandError::PreconditionFailed { actual }),
        }
    }

    async fn undo(&self, root: &Path, made: RecordChange, before: Option<FileData>) {
        let (after, mode) = before.map_or((None, None), |file| (Some(file.bytes), Some(file.mode)));
        let change = FileChange { path: made.path, before: made.after.map(|(hash, _)| hash), after, mode };
        match self.files().apply(root, change).await {
            Ok(Applied::Done | Applied::Already) => {}
            Ok(Applied::Conflict { .. }) => tracing::warn!("a refused file change was not undone: somebody changed the file since"),
            Err(error) => tracing::error!(%error, "a refused file change could not be undone"),
        }
    }
}

fn sha256(bytes: &[u8]) -> FileHash {
    Sha256::digest(bytes)
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'))
        .collect()
}
