//! A person writes a file.

use bytes::Bytes;
use opensail_domain::kernel::ProjectId;
use serde::{Deserialize, Serialize};

use super::Precondition;
use crate::ports::project_files::FileHash;
use crate::{Caller, CommandError, Commands, Done};

#[derive(Clone, Debug)]
pub struct WriteFile {
    pub project_id: ProjectId,
    pub path: String,
    pub bytes: Bytes,
    pub precondition: Precondition,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileSaved {
    /// Also its ETag.
    pub hash: FileHash,
    pub size: u64,
    /// There was no such file before.
    pub created: bool,
}

impl Commands {
    pub async fn write_file(&self, caller: &Caller, wish: WriteFile) -> Result<Done<FileSaved>, CommandError> {
        let done = self.change_file(caller, wish.project_id, &wish.path, Some(wish.bytes), &wish.precondition).await?;
        let saved = done.answer.clone().ok_or_else(|| CommandError::broken("a file was written without an answer"))?;
        Ok(done.map(|_| saved))
    }
}
