//! A person deletes a file.

use opensail_domain::kernel::ProjectId;

use super::Precondition;
use crate::{Caller, CommandError, Commands, Done};

#[derive(Clone, Debug)]
pub struct DeleteFile {
    pub project_id: ProjectId,
    pub path: String,
    pub precondition: Precondition,
}

impl Commands {
    /// `NotFound` when there is no such file.
    pub async fn delete_file(&self, caller: &Caller, wish: DeleteFile) -> Result<Done<()>, CommandError> {
        let done = self.change_file(caller, wish.project_id, &wish.path, None, &wish.precondition).await?;
        Ok(done.map(|_| ()))
    }
}
