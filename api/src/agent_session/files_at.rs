//! Which files a caller means: those at a position of the session, those a snapshot holds, or the last of another session.

use opensail_commands::Permission;
use opensail_commands::agent_session::SessionFiles;
use opensail_commands::journal::Position;
use opensail_domain::kernel::{AccountId, ProjectId, SessionId};

use crate::problem::{FieldError, Problem};
use crate::router::Api;

/// Length of a snapshot's name, in hexadecimal digits.
const NAME_DIGITS: usize = 64;

/// A snapshot of a project, and where in the session's history it belongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct FilesAt {
    pub(super) project: ProjectId,
    pub(super) snapshot: String,
    /// Of the last event at or before what was asked for; none for a snapshot that was named itself.
    pub(super) position: Option<Position>,
}

impl Api {
    /// `None` in `at`: the session's last files. The caller may see the session already.
    pub(super) async fn files_at(
        &self,
        account: AccountId,
        files: &SessionFiles,
        parameter: &'static str,
        at: Option<&str>,
    ) -> Result<FilesAt, Problem> {
        let Some(text) = at else { return last(files) };
        if text.len() == NAME_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            // Names are looked up under the project's key alone, so nobody else's are found.
            return Ok(FilesAt { project: files.project_id, snapshot: text.to_ascii_lowercase(), position: None });
        }
        if let Ok(other) = text.parse::<SessionId>() {
            return last(&self.other_session(account, files, parameter, other).await?);
        }
        let position = self.position(parameter, text).await?;
        let nothing = || Problem::invalid(vec![FieldError::parameter(parameter, "the session had not begun there")]);
        let version = files.version_at(position).ok_or_else(nothing)?;
        let snapshot = files.kept_at(version)?.snapshot.clone();
        Ok(FilesAt { project: files.project_id, snapshot, position: Some(files.position_of(version)) })
    }

    /// Another session of the same project, if the caller may see it.
    pub(super) async fn other_session(
        &self,
        account: AccountId,
        files: &SessionFiles,
        parameter: &'static str,
        other: SessionId,
    ) -> Result<SessionFiles, Problem> {
        self.commands().session_access(account, other, Permission::SeeSession).await?;
        let other = self.commands().read_session_files(other).await?;
        if other.project_id != files.project_id {
            let why = "a session of another project; only files of one project are compared";
            return Err(Problem::invalid(vec![FieldError::parameter(parameter, why)]));
        }
        Ok(other)
    }
}

fn last(files: &SessionFiles) -> Result<FilesAt, Problem> {
    let version = files.history.last().map_or(0, |(recorded, _)| recorded.stream_version);
    let snapshot = files.kept_at(version)?.snapshot.clone();
    Ok(FilesAt { project: files.project_id, snapshot, position: Some(files.position_of(version)) })
}
