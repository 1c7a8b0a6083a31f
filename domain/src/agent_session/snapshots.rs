//! Which files belong to which event, folded from a session's events.

use super::event::{AgentSessionEvent, CaptureFailed, Tree};
use super::state::AgentSession;
use super::{AgentSessionDecider, Merges, state::Core};
use crate::kernel::private::FORGOTTEN;
use crate::kernel::{Decider, Private};

/// What was captured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The origin's files, which a fork begins with.
    Fork,
    Run,
    /// Id of the call.
    Call(String),
    /// Back to a version.
    Undo {
        to: u64,
    },
    /// A fork was merged in; `found`: the version that tells what was there before.
    Merge {
        found: u64,
        /// The fork's files.
        theirs: String,
    },
    /// What an undo or a merge found before it changed anything; of a fork that is merged, its own files.
    Found,
    /// As it was when it was thrown away.
    Discard,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Point {
    /// From this version on, until the next point's, these are the files.
    pub version: u64,
    pub snapshot: String,
    pub cause: Cause,
    /// Absent for a fork's first, which the origin's events tell of.
    pub tree: Option<Tree>,
    /// Paths that differ from the point before.
    pub changed: Option<u64>,
    pub paths: Vec<String>,
    /// It was made up by a later run.
    pub late: bool,
    pub name: Option<String>,
    /// No longer kept.
    pub released: bool,
}

/// All snapshots of a session, in order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Snapshots {
    pub points: Vec<Point>,
    pub merges: Merges,
    /// Captures that failed and were not made up since, in order.
    pub failed: Vec<CaptureFailed>,
    /// Versions whose files were never captured: until the next point nothing tells what they were.
    lost: Vec<u64>,
    state: AgentSession,
}

impl Snapshots {
    pub fn of<'a>(events: impl IntoIterator<Item = &'a AgentSessionEvent>) -> Self {
        let mut snapshots = Snapshots::default();
        for event in events {
            snapshots.apply(event);
        }
        snapshots
    }

    /// The files at a version; before the first point they are the first's. `None`: nothing was captured, or not after the last change.
    pub fn at(&self, version: u64) -> Option<&Point> {
        let point = self.points.iter().rev().find(|point| point.version <= version).or_else(|| self.points.first())?;
        let unknown = if point.version <= version { point.version + 1..=version } else { 1..=point.version - 1 };
        let lost = |lost: &u64| unknown.contains(lost);
        (!self.lost.iter().any(lost)).then_some(point)
    }

    pub fn last(&self) -> Option<&Point> {
        self.points.last()
    }

    /// Files at this version are still to be captured.
    pub fn awaited(&self, version: u64) -> bool {
        self.core().and_then(|core| core.workspace.uncaptured.as_ref()).is_some_and(|(_, at)| *at <= version)
    }

    /// The capture that would tell the files at this version, if it failed.
    pub fn failed_at(&self, version: u64) -> Option<&CaptureFailed> {
        let failed = self.failed.iter().rev().find(|failed| failed.version <= version)?;
        let known = |point: &Point| (failed.version..=version).contains(&point.version);
        (!self.points.iter().any(known)).then_some(failed)
    }

    pub fn state(&self) -> &AgentSession {
        &self.state
    }

    fn core(&self) -> Option<&Core> {
        self.state.core()
    }

    pub fn apply(&mut self, event: &AgentSessionEvent) {
        use AgentSessionEvent as E;
        let uncaptured = |state: &AgentSession| state.core().and_then(|core| core.workspace.uncaptured.as_ref()).map(|(_, at)| *at);
        let before = uncaptured(&self.state);
        AgentSessionDecider::evolve(&mut self.state, event);
        let version = self.core().map_or(0, |core| core.version);
        let captured = matches!(event, AgentSessionEvent::WorkspaceCaptured(e) if Some(e.version) == before);
        self.lost.extend(before.filter(|at| !captured && uncaptured(&self.state) != Some(*at)));
        match event {
            E::Forked(e) => _ = self.add(version, &e.origin.snapshot, Cause::Fork, None),
            E::WorkspaceCaptured(e) => {
                let cause = e.call_id.clone().map_or(Cause::Run, Cause::Call);
                let point = self.add(e.version, &e.tree.snapshot, cause, Some(&e.tree));
                point.changed = e.changed;
                point.late = e.late;
                point.paths = e.paths.as_ref().and_then(Private::value).cloned().unwrap_or_default();
                self.failed.retain(|failed| failed.version != e.version);
            }
            E::CaptureFailed(e) => {
                // Of a call's it is known by then that they are still to be captured.
                self.lost.extend(e.call_id.is_none().then_some(e.version));
                self.failed.push(e.clone());
            }
            E::Undone(e) => {
                self.add(version, &e.tree.snapshot, Cause::Undo { to: e.to }, Some(&e.tree)).changed = Some(e.changed);
                self.merges.undone(version, e.to);
            }
            E::UndoStarted(e) => _ = self.add(version, &e.before, Cause::Found, None),
            E::MergeStarted(e) => _ = self.add(version, &e.theirs, Cause::Found, None),
            E::WorkspaceDiscarded(e) => {
                if let Some(last) = &e.last {
                    self.add(version, &last.snapshot, Cause::Discard, Some(last));
                }
            }
            E::ForkMergeStarted(e) => _ = self.add(version, &e.before, Cause::Found, None),
            E::ForkMerged(e) => {
                let found = self.points.iter().rev().find(|point| point.cause == Cause::Found).map_or(version, |point| point.version);
                let cause = Cause::Merge { found, theirs: e.theirs.clone() };
                self.add(version, &e.tree.snapshot, cause, Some(&e.tree)).changed = Some(e.changed);
                self.merges.merged(version, e.fork, &e.theirs);
            }
            E::SnapshotNamed(e) => {
                let name = e.name.as_ref().map(|name| name.value().cloned().unwrap_or_else(|| FORGOTTEN.into()));
                let at = self.at(e.version).map(|point| point.version);
                if let Some(point) = self.points.iter_mut().find(|point| Some(point.version) == at) {
                    point.name = name;
                }
            }
            E::SnapshotsReleased(e) => {
                for point in self.points.iter_mut().filter(|point| e.snapshots.contains(&point.snapshot)) {
                    point.released = true;
                }
            }
            // None of these says what the files are. What a fork's merge made of them, its origin is told.
            E::Requested(_)
            | E::RunStarted(_)
            | E::TurnStarted(_)
            | E::TurnCompleted(_)
            | E::TurnFailed(_)
            | E::ApprovalRequested(_)
            | E::ApprovalAnswered(_)
            | E::ApprovalTimedOut(_)
            | E::ToolCallStarted(_)
            | E::ToolCallCompleted(_)
            | E::MessageAdded(_)
            | E::Requeued(_)
            | E::Paused(_)
            | E::Resumed(_)
            | E::CancelRequested(_)
            | E::Completed(_)
            | E::Failed(_)
            | E::Cancelled(_)
            | E::LimitReached(_)
            | E::Forgotten(_)
            | E::Merged(_) => {}
        }
    }

    /// In the order of versions: a capture that is made up names an earlier one.
    fn add(&mut self, version: u64, snapshot: &str, cause: Cause, tree: Option<&Tree>) -> &mut Point {
        let (snapshot, tree) = (snapshot.to_owned(), tree.cloned());
        let (changed, paths, late, name, released) = (None, Vec::new(), false, None, false);
        let at = self.points.partition_point(|point| point.version <= version);
        self.points.insert(at, Point { version, snapshot, cause, tree, changed, paths, late, name, released });
        &mut self.points[at]
    }
}
