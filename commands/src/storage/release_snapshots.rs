//! Which snapshots a project's retention lets go, as an event of the stream that names them. Only events release; a sweep removes.

use std::collections::BTreeSet;

use async_trait::async_trait;
use opensail_domain::agent_session::snapshots::Cause;
use opensail_domain::agent_session::{AgentSession, AgentSessionCommand, AgentSessionDecider};
use opensail_domain::kernel::Decider;
use opensail_domain::kernel::{Micros, ProjectId, SessionId};
use opensail_domain::project::{ProjectCommand, ProjectDecider, ProjectEvent, Retention};
use opensail_eventstore::StreamId;

use super::named::Named as Names;
use crate::agent_session::SessionFiles;
use crate::{Change, Command, CommandError, Commands, Place, Shown};

const MICROS_PER_DAY: Micros = 24 * 3600 * 1_000_000;

/// A snapshot that something names, and when.
struct Named {
    snapshot: String,
    time: Micros,
    /// Whatever its age.
    always: bool,
    /// Counted when every n-th is kept; a plan's are not.
    step: bool,
}

/// Names to let go: of none that is kept for another reason.
fn let_go(named: &[Named], retention: Retention, now: Micros) -> Vec<String> {
    let oldest = now.saturating_sub(Micros::from(retention.days).saturating_mul(MICROS_PER_DAY));
    let mut steps = 0_u64;
    let mut kept = BTreeSet::new();
    let mut gone = BTreeSet::new();
    for one in named {
        let nth = one.step && steps.is_multiple_of(u64::from(retention.every));
        steps += u64::from(one.step);
        if one.always || nth || one.time >= oldest {
            kept.insert(one.snapshot.as_str());
        } else {
            gone.insert(one.snapshot.as_str());
        }
    }
    gone.difference(&kept).map(|snapshot| (*snapshot).to_owned()).collect()
}

/// Of a session: the steps, and what its undos and merges named.
pub(super) fn of_session(files: &SessionFiles, retention: Option<Retention>, now: Micros) -> Vec<String> {
    // One at work, or with an open plan, is left alone.
    let at_rest = matches!(files.snapshots.state(), AgentSession::Finished(core, _) if core.workspace.open().is_none());
    if !at_rest {
        return Vec::new();
    }
    // Of a forgotten one nothing is kept, whatever the project's retention.
    let forgotten = files.snapshots.state().core().is_some_and(|core| core.forgotten);
    let retention = match retention {
        _ if forgotten => Retention { days: 0, every: 1 },
        Some(retention) => retention,
        None => return Vec::new(),
    };
    let time_of = |version: u64| {
        let at = usize::try_from(version.saturating_sub(1)).unwrap_or(usize::MAX);
        files.history.get(at).map_or(now, |(recorded, _)| recorded.time)
    };
    let points = &files.snapshots.points;
    // What was let go before is counted too: the n-th stays the n-th.
    let mut named: Vec<Named> = points
        .iter()
        .enumerate()
        .map(|(at, point)| Named {
            snapshot: point.snapshot.clone(),
            time: time_of(point.version),
            always: !forgotten && (at == 0 || at + 1 == points.len() || point.name.is_some()),
            step: !forgotten && point.cause != Cause::Found,
        })
        .collect();
    let merged = files.snapshots.state().core().and_then(|core| core.workspace.merged.clone());
    for (recorded, event) in &files.history {
        for snapshot in Names::by_session(event).planned {
            let always = !forgotten && Some(snapshot) == merged.as_deref();
            named.push(Named { snapshot: snapshot.to_owned(), time: recorded.time, always, step: false });
        }
    }
    let released = released_of(files);
    let_go(&named, retention, now).into_iter().filter(|snapshot| !released.contains(snapshot)).collect()
}

/// What is released and was not named again since.
fn released_of(files: &SessionFiles) -> BTreeSet<String> {
    let mut released = BTreeSet::new();
    for event in files.events() {
        let names = Names::by_session(event);
        for named in names.snapshots() {
            released.remove(named);
        }
        released.extend(names.released.into_iter().map(str::to_owned));
    }
    released
}

/// Of a project: what was captured after people's writes.
pub(super) fn of_project(events: &[(Micros, ProjectEvent)], retention: Retention, now: Micros) -> Vec<String> {
    let captures: usize = events.iter().map(|(_, event)| Names::by_project(event).taken.len()).sum();
    let mut named = Vec::new();
    let mut released = BTreeSet::new();
    for (time, event) in events {
        let names = Names::by_project(event);
        for snapshot in names.taken {
            released.remove(snapshot);
            let always = named.len() + 1 == captures;
            named.push(Named { snapshot: snapshot.to_owned(), time: *time, always, step: true });
        }
        released.extend(names.released.into_iter().map(str::to_owned));
    }
    let_go(&named, retention, now).into_iter().filter(|snapshot| !released.contains(snapshot)).collect()
}

struct ReleaseOfSession {
    session_id: SessionId,
    retention: Option<Retention>,
}

#[async_trait]
impl Command for ReleaseOfSession {
    /// How many snapshots were let go.
    type Answer = u64;
    async fn decide(&self, change: &mut Change) -> Result<u64, CommandError> {
        change.require_system()?;
        // What is named meanwhile is looked at anew.
        change.lean_on::<AgentSessionDecider>(self.session_id).await?;
        let files = change.commands().read_session_files(self.session_id).await?;
        let core = files.core()?;
        let place = Place::project(core.team_id, core.project_id);
        let gone = of_session(&files, self.retention, change.now());
        let count = gone.len() as u64;
        change.decide::<AgentSessionDecider>(self.session_id, place, AgentSessionCommand::ReleaseSnapshots(gone)).await?;
        Ok(count)
    }
    fn shows(&self, _: &u64) -> Shown {
        Shown::Nothing
    }
}

struct ReleaseOfProject {
    project_id: ProjectId,
    retention: Retention,
}

#[async_trait]
impl Command for ReleaseOfProject {
    /// How many snapshots were let go.
    type Answer = u64;
    async fn decide(&self, change: &mut Change) -> Result<u64, CommandError> {
        change.require_system()?;
        let project = change.lean_on::<ProjectDecider>(self.project_id).await?;
        let team_id = project.home().ok_or(CommandError::NotFound)?.team_id;
        let events = change.commands().project_events(self.project_id).await?;
        let gone = of_project(&events, self.retention, change.now());
        let (count, release) = (gone.len() as u64, ProjectCommand::ReleaseSnapshots(gone));
        change.decide::<ProjectDecider>(self.project_id, Place::project(team_id, self.project_id), release).await?;
        Ok(count)
    }
    fn shows(&self, _: &u64) -> Shown {
        Shown::Nothing
    }
}

impl Commands {
    pub(super) async fn project_events(&self, project: ProjectId) -> Result<Vec<(Micros, ProjectEvent)>, CommandError> {
        let stream = StreamId::new(ProjectDecider::TYPE, project);
        let events = self.read_events::<ProjectEvent>(&stream, None).await?;
        Ok(events.into_iter().map(|(recorded, event)| (recorded.time, event)).collect())
    }

    pub(super) async fn retention_of(&self, project: ProjectId) -> Result<Option<Retention>, CommandError> {
        let loaded = self.load::<ProjectDecider>(project, true).await?;
        Ok(loaded.state.home().and_then(|home| home.retention))
    }

    /// How many snapshots were let go.
    pub(super) async fn release(&self, project_id: ProjectId, sessions: &[SessionId]) -> Result<u64, CommandError> {
        let mut released = 0;
        let retention = self.retention_of(project_id).await?;
        let platform = crate::Caller::system("retention");
        if let Some(retention) = retention {
            released += self.execute(&platform.clone().next_command(), &ReleaseOfProject { project_id, retention }).await?.answer;
        }
        for session_id in sessions {
            let release = ReleaseOfSession { session_id: *session_id, retention };
            released += self.execute(&platform.clone().next_command(), &release).await?.answer;
        }
        Ok(released)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(snapshot: &str, day: i64, always: bool) -> Named {
        Named { snapshot: snapshot.into(), time: day * MICROS_PER_DAY, always, step: true }
    }

    #[test]
    fn the_last_days_every_nth_and_the_always_kept_stay() {
        let steps: Vec<Named> = (0..10).map(|day| named(&format!("s{day}"), day, day == 5)).collect();
        let gone = let_go(&steps, Retention { days: 2, every: 4 }, 9 * MICROS_PER_DAY);
        assert_eq!(gone, ["s1", "s2", "s3", "s6"]);
        assert!(let_go(&steps, Retention { days: 0, every: 1 }, 99 * MICROS_PER_DAY).is_empty());
    }

    #[test]
    fn the_same_files_at_another_step_keep_a_snapshot() {
        let steps = [named("a", 0, true), named("b", 1, false), named("b", 9, false)];
        assert!(let_go(&steps, Retention { days: 2, every: 100 }, 9 * MICROS_PER_DAY).is_empty());
    }
}
