//! Which files a caller means: those at a position of the session, those a snapshot holds, or the last of another session.

use opensail_commands::agent_session::SessionFiles;
use opensail_commands::journal::{Cursor, Position};
use opensail_commands::ports::snapshots::SnapshotError;
use opensail_commands::{CommandError, RejectionInfo};
use opensail_domain::agent_session::AgentSessionRejection;
use opensail_domain::kernel::{AccountId, ProjectId, SessionId};

use opensail_projections::MAX_LIMIT;
use opensail_projections::audit::{AuditFilter, EventPage};

use crate::problem::{FieldError, Problem};
use crate::router::Api;

/// Type of the event that says so.
const FORGOTTEN: &str = "agent_session.forgotten";
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

impl FilesAt {
    /// A snapshot that was named itself and is not known here is not found: nobody said that it was ever kept.
    pub(super) fn problem(&self, error: SnapshotError) -> Problem {
        match error {
            SnapshotError::Missing | SnapshotError::Forgotten if self.position.is_none() => Problem::not_found(),
            error => Problem::from_snapshot(error),
        }
    }
}

impl Api {
    /// A session's files, and with `as_of` the position they are looked at; a session that had not begun there is not found, and a forgotten one's are
    /// shown to nobody.
    pub(super) async fn session_files(
        &self,
        account: AccountId,
        id: SessionId,
        as_of: Option<&str>,
    ) -> Result<(SessionFiles, Option<Position>), Problem> {
        let (files, then) = self.session_snapshots(account, id, as_of).await?;
        not_forgotten(&files)?;
        Ok((files, then))
    }

    /// The same, for who shows that there were snapshots and nothing of what is in them.
    pub(super) async fn session_snapshots(
        &self,
        account: AccountId,
        id: SessionId,
        as_of: Option<&str>,
    ) -> Result<(SessionFiles, Option<Position>), Problem> {
        self.may_see_session(account, id, as_of.is_some()).await?;
        let then = self.then(as_of).await?;
        let files = self.commands().read_session_files(id).await?;
        if then.is_some_and(|then| files.version_at(then).is_none()) {
            return Err(Problem::not_found());
        }
        Ok((files, then))
    }

    /// `None` in `at`: the session's last files, or its last `then`. The caller may see the session already.
    pub(super) async fn files_at(
        &self,
        account: AccountId,
        files: &SessionFiles,
        then: Option<Position>,
        parameter: &'static str,
        at: Option<&str>,
    ) -> Result<FilesAt, Problem> {
        let Some(text) = at else { return last(files, then) };
        if text.len() == NAME_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            // Names are looked up under the project's key alone, so nobody else's are found.
            let snapshot = text.to_ascii_lowercase();
            match files.snapshots.points.iter().find(|point| point.snapshot == snapshot) {
                // One of this session's own: when it was taken is known, and whether it is kept.
                Some(point) => {
                    if then.is_some_and(|then| files.version_at(then).is_none_or(|at| point.version > at)) {
                        return Err(after_as_of(parameter));
                    }
                    files.kept_at(point.version)?;
                }
                None => {
                    self.not_of_a_forgotten_session(files, &snapshot).await?;
                    if then.is_some() {
                        let why = "is no snapshot of this session: when it was taken is not known, so it is not shown with as_of";
                        return Err(Problem::invalid(vec![FieldError::parameter(parameter, why)]));
                    }
                }
            }
            return Ok(FilesAt { project: files.project_id, snapshot, position: None });
        }
        if let Ok(other) = text.parse::<SessionId>() {
            return last(&self.other_session(account, files, then, parameter, other).await?, then);
        }
        if text.parse::<Position>().is_err() && text.parse::<Cursor>().is_err() {
            let why = format!(
                "is none of: a position (`session snapshots` tells them), a cursor, a session's id, a snapshot's name of {NAME_DIGITS} digits"
            );
            return Err(Problem::invalid(vec![FieldError::parameter(parameter, why)]));
        }
        let version = self.version_at(files, then, parameter, text).await?;
        let snapshot = files.kept_at(version)?.snapshot.clone();
        Ok(FilesAt { project: files.project_id, snapshot, position: Some(files.position_of(version)) })
    }

    /// Of the session at a position or cursor, which must lie neither beyond the journal's end nor after `then`.
    pub(super) async fn version_at(
        &self,
        files: &SessionFiles,
        then: Option<Position>,
        parameter: &'static str,
        text: &str,
    ) -> Result<u64, Problem> {
        let position = self.position(parameter, text).await?;
        let end = self.commands().journal().head().await?.position;
        if position > end {
            return Err(Problem::invalid(vec![FieldError::parameter(parameter, format!("the journal ends at {end}"))]));
        }
        if then.is_some_and(|then| position > then) {
            return Err(after_as_of(parameter));
        }
        let nothing = || Problem::invalid(vec![FieldError::parameter(parameter, "the session had not begun there")]);
        files.version_at(position).ok_or_else(nothing)
    }

    /// Names of snapshots stand open in events, and the project's key opens them until a sweep.
    async fn not_of_a_forgotten_session(&self, files: &SessionFiles, snapshot: &str) -> Result<(), Problem> {
        let queries = self.wait_for(self.commands().journal().head().await?.position).await?;
        let filter = AuditFilter {
            tenants: vec![files.core()?.team_id.to_string()],
            project: Some(files.project_id.to_string()),
            event_type: Some(FORGOTTEN.into()),
            ..AuditFilter::default()
        };
        let mut page = EventPage { limit: Some(MAX_LIMIT), ..EventPage::default() };
        loop {
            let found = queries.audit_events(&filter, &page).await?;
            for id in found.items.iter().filter_map(|item| item.stream.split_once('-')?.1.parse().ok()) {
                let forgotten = self.commands().read_session_files(id).await?;
                if forgotten.snapshots.points.iter().any(|point| point.snapshot == snapshot) {
                    return not_forgotten(&forgotten);
                }
            }
            match found.next.and_then(|next| next.parse::<Cursor>().ok()) {
                Some(next) => page.after = Some(next.position),
                None => return Ok(()),
            }
        }
    }

    /// Another session of the same project, if the caller may see it.
    pub(super) async fn other_session(
        &self,
        account: AccountId,
        files: &SessionFiles,
        then: Option<Position>,
        parameter: &'static str,
        other: SessionId,
    ) -> Result<SessionFiles, Problem> {
        self.may_see_session(account, other, then.is_some()).await?;
        let other = self.commands().read_session_files(other).await?;
        not_forgotten(&other)?;
        if other.project_id != files.project_id {
            let why = "a session of another project; only files of one project are compared";
            return Err(Problem::invalid(vec![FieldError::parameter(parameter, why)]));
        }
        Ok(other)
    }
}

/// What was said in a forgotten session may stand in its files: they are shown to nobody from then on, though the next sweep removes them.
fn not_forgotten(files: &SessionFiles) -> Result<(), Problem> {
    match files.core()?.forgotten {
        true => Err(CommandError::Rejected(RejectionInfo::of(&AgentSessionRejection::Forgotten)).into()),
        false => Ok(()),
    }
}

fn after_as_of(parameter: &'static str) -> Problem {
    Problem::invalid(vec![FieldError::parameter(parameter, "lies after as_of")])
}

fn last(files: &SessionFiles, then: Option<Position>) -> Result<FilesAt, Problem> {
    let version = files.version_at(then.unwrap_or(Position::MAX)).ok_or_else(Problem::not_found)?;
    let snapshot = files.kept_at(version)?.snapshot.clone();
    Ok(FilesAt { project: files.project_id, snapshot, position: Some(files.position_of(version)) })
}
