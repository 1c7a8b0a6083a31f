//! What a call will do to files, fixed before it does it: each change with the content before and after. The contents lie in
//! the blob store before the event that names them, so that a call cut off by a crash is completed exactly, or undone.

use std::path::Path;

use bytes::Bytes;
use opensail_commands::ports::blobs::{BlobError, BlobHash, Blobs};
use opensail_commands::ports::project_files::{Applied, FileChange, FileData, FileError, ProjectFiles};
use opensail_domain::agent_session::event::PlannedChange;
use sha2::{Digest, Sha256};

use super::diff::unified;
use super::told;

/// The changes of one call, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    pub changes: Vec<Change>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub path: String,
    /// Content now; `None`: there is no such file.
    pub before: Option<Bytes>,
    /// Content then; `None`: it is deleted.
    pub after: Option<Bytes>,
    /// Permission bits then; `None` keeps them.
    pub mode: Option<u32>,
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// Somebody else changed a file; what this call had done is undone.
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    Files(String),
}

impl Change {
    pub fn new(path: impl Into<String>, before: Option<&FileData>, after: Option<Bytes>) -> Self {
        Change { path: path.into(), before: before.map(|file| file.bytes.clone()), after, mode: None }
    }

    fn forwards(&self) -> FileChange {
        FileChange { path: self.path.clone(), before: self.before.as_deref().map(hash), after: self.after.clone(), mode: self.mode }
    }

    fn backwards(&self) -> FileChange {
        FileChange { path: self.path.clone(), before: self.after.as_deref().map(hash), after: self.before.clone(), mode: None }
    }

    fn story(&self) -> String {
        let path = &self.path;
        match (&self.before, &self.after) {
            (None, Some(after)) => format!("Created {path} ({}).", size(after)),
            (Some(before), Some(after)) if before == after => format!("{path} has this content already; nothing was changed."),
            (Some(before), Some(after)) => format!("Changed {path}:\n{}", unified(path, Some(before), Some(after))),
            (Some(before), None) => format!("Deleted {path} ({}).", size(before)),
            (None, None) => format!("{path} does not exist; nothing was changed."),
        }
    }
}

impl Plan {
    /// What a person is shown before saying yes: the unified diff of everything.
    pub fn preview(&self) -> String {
        if let Some((from, to)) = self.moved() {
            return format!("rename {from} => {to}\n");
        }
        self.changes.iter().map(|c| unified(&c.path, c.before.as_deref(), c.after.as_deref())).collect()
    }

    /// What the model is told when it is done. Made from the plan alone, so that a call completed after a crash tells the same.
    pub fn story(&self) -> String {
        if let Some((from, to)) = self.moved() {
            return format!("Moved {from} to {to}.");
        }
        let stories: Vec<String> = self.changes.iter().map(Change::story).collect();
        stories.join("\n")
    }

    fn moved(&self) -> Option<(&str, &str)> {
        match self.changes.as_slice() {
            [to, from] if to.before.is_none() && from.after.is_none() && to.after == from.before => Some((&from.path, &to.path)),
            _ => None,
        }
    }

    /// Puts the contents into the store and names them, for the event.
    pub async fn store(&self, blobs: &dyn Blobs, subject: &str) -> Result<Vec<PlannedChange>, BlobError> {
        let mut planned = Vec::with_capacity(self.changes.len());
        for change in &self.changes {
            planned.push(PlannedChange {
                path: change.path.clone(),
                before: change.before.as_deref().map(hash),
                before_blob: put(blobs, subject, change.before.as_ref()).await?,
                after: change.after.as_deref().map(hash),
                after_blob: put(blobs, subject, change.after.as_ref()).await?,
                mode: change.mode,
            });
        }
        Ok(planned)
    }

    /// The plan that an event names.
    pub async fn load(blobs: &dyn Blobs, subject: &str, planned: &[PlannedChange]) -> Result<Plan, BlobError> {
        let mut changes = Vec::with_capacity(planned.len());
        for change in planned {
            changes.push(Change {
                path: change.path.clone(),
                before: get(blobs, subject, change.before_blob.as_ref()).await?,
                after: get(blobs, subject, change.after_blob.as_ref()).await?,
                mode: change.mode,
            });
        }
        Ok(Plan { changes })
    }

    /// Does it, or does nothing: when one change fails, those before it are undone. Doing it again is harmless.
    pub async fn apply(&self, files: &dyn ProjectFiles, root: &Path) -> Result<(), PlanError> {
        for (index, change) in self.changes.iter().enumerate() {
            let error = match files.apply(root, change.forwards()).await {
                Ok(Applied::Done | Applied::Already) => continue,
                Ok(Applied::Conflict { actual }) => conflict(&change.path, actual.is_some()),
                Err(error) => PlanError::Files(told(error)),
            };
            for done in self.changes[..index].iter().rev() {
                undo(files, root, done).await;
            }
            return Err(error);
        }
        Ok(())
    }
}

/// A file that somebody else has changed since is left as they made it.
async fn undo(files: &dyn ProjectFiles, root: &Path, change: &Change) {
    match files.apply(root, change.backwards()).await {
        Ok(Applied::Done | Applied::Already) => {}
        Ok(Applied::Conflict { .. }) => tracing::warn!("a file was changed by somebody else and is not put back"),
        Err(error) => tracing::warn!(kind = kind(&error), "a file could not be put back"),
    }
}

/// Paths are private to the session and stay out of the log.
const fn kind(error: &FileError) -> &'static str {
    match error {
        FileError::NotFound(_) => "not_found",
        FileError::Forbidden { .. } => "forbidden",
        FileError::Invalid { .. } => "invalid",
        FileError::TooLarge { .. } => "too_large",
        FileError::Full => "full",
        FileError::Failed { .. } => "failed",
    }
}

fn conflict(path: &str, exists: bool) -> PlanError {
    let now = if exists { "read it again and repeat the change on what it says now" } else { "it does not exist any more" };
    PlanError::Conflict(format!("{path} was changed meanwhile by somebody else, so nothing was changed; {now}"))
}

async fn put(blobs: &dyn Blobs, subject: &str, bytes: Option<&Bytes>) -> Result<Option<String>, BlobError> {
    match bytes {
        Some(bytes) => Ok(Some(blobs.put(subject, bytes.clone()).await?.0)),
        None => Ok(None),
    }
}

async fn get(blobs: &dyn Blobs, subject: &str, hash: Option<&String>) -> Result<Option<Bytes>, BlobError> {
    match hash {
        Some(hash) => Ok(Some(blobs.get(subject, &BlobHash(hash.clone())).await?)),
        None => Ok(None),
    }
}

/// Lower-case hex of the SHA-256.
fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn size(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => match text.lines().count() {
            1 => "1 line".into(),
            lines => format!("{lines} lines"),
        },
        Err(_) => format!("{} bytes", bytes.len()),
    }
}
