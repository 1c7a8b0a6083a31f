//! Which sessions are to be worked on, and by whom: for each working copy the one already begun, else the one queued first, under the
//! copy's lease. All others that work in a project's folder wait in order; while a question is open it stays held. A fork has a copy of its own
//! and waits for nobody.

mod held;

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use opensail_commands::agent_session::lease_of_fork;
use opensail_domain::agent_session::{AgentSessionCommand, Core, Status};
use opensail_domain::kernel::{ProjectId, SessionId};
use opensail_domain::project::Project;
use opensail_eventstore::{Fence, Lease, LeaseError};
use opensail_projections::agent_session::QueuedSession;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::held::Held;
use super::desk::{Desk, Halt};
use super::keep_lease::keep_lease;
use super::run_session::{WORKER_ERROR, run_session};
use crate::Hands;
use crate::project::{lease_of, load};
use crate::reconciler::Reconciler;
use crate::supervisor::panic_text;

/// Most sessions of this process that work at a time; those that wait for people or for a time are not counted.
pub const MAX_WORKING: usize = 32;
/// After a run that was given up the project is left alone for this long.
const REST: Duration = Duration::from_secs(5);
/// Runs of a session that may panic in a row before it fails.
const MAX_PANICS: u32 = 3;

pub struct TakeUpSessions {
    work: Arc<Work>,
}

struct Work {
    hands: Hands,
    halt: CancellationToken,
    copies: Mutex<HashMap<WorkingCopy, Place>>,
    tasks: TaskTracker,
    ended: Notify,
    /// Whether the last look left work for want of hands.
    full: watch::Sender<bool>,
    /// Panics of runs, by session, since its last run without one.
    panics: Mutex<HashMap<SessionId, u32>>,
}

/// What one session at a time works in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum WorkingCopy {
    Project(ProjectId),
    Fork(SessionId),
}

impl WorkingCopy {
    fn of(session: &QueuedSession) -> Self {
        if session.fork { WorkingCopy::Fork(session.session_id) } else { WorkingCopy::Project(session.project_id) }
    }
}

/// What this process knows of a working copy.
enum Place {
    Running(SessionId),
    Rests { until: Instant, held: Held },
}

/// How a working copy's turn ended.
enum Ended {
    /// There may be a next session at once.
    Settled,
    /// Looking again at once would not help.
    Later(Duration),
    /// Another worker has its lease.
    Held,
}

impl TakeUpSessions {
    pub fn new(hands: Hands) -> Self {
        let (halt, copies, tasks, ended, full, panics) = Default::default();
        TakeUpSessions { work: Arc::new(Work { hands, halt, copies, tasks, ended, full, panics }) }
    }
}

#[async_trait]
impl Reconciler for TakeUpSessions {
    async fn reconcile(&self) -> Result<(), String> {
        let queue = self.work.hands.queries.session_queue().await.map_err(|error| error.to_string())?;
        let statuses: HashMap<SessionId, Status> = queue.iter().map(|session| (session.session_id, session.status)).collect();
        let mut full = false;
        for session in first_of_each_copy(&queue) {
            let copy = WorkingCopy::of(session);
            let mut copies = self.work.copies();
            let held = match copies.get(&copy) {
                None => Held::default(),
                Some(Place::Rests { until, held }) if *until <= Instant::now() => *held,
                Some(Place::Running(_) | Place::Rests { .. }) => continue,
            };
            let works = |place: &&Place| match place {
                Place::Running(id) => !matches!(statuses.get(id), Some(Status::WaitingApproval | Status::Paused)),
                Place::Rests { .. } => false,
            };
            if copies.values().filter(works).count() >= MAX_WORKING {
                full = true;
                break;
            }
            copies.insert(copy, Place::Running(session.session_id));
            drop(copies);
            // A session that is begun may have lost its worker a moment ago. One that is queued goes to whoever was first.
            let held = if session.status == Status::Queued { Held::FOR_LONG } else { held };
            let (work, session_id, project_id) = (self.work.clone(), session.session_id, session.project_id);
            self.work.tasks.spawn(async move { work.take_up(copy, project_id, session_id, held).await });
        }
        let waiting: HashSet<WorkingCopy> = queue.iter().map(WorkingCopy::of).collect();
        self.work.copies().retain(|copy, place| match place {
            Place::Running(_) => true,
            Place::Rests { until, .. } => *until > Instant::now() || waiting.contains(copy),
        });
        self.work.full.send_if_modified(|was| std::mem::replace(was, full) != full);
        Ok(())
    }

    async fn free(&self) {
        // The sender lives as long as this.
        let _ = self.work.full.subscribe().wait_for(|full| !full).await;
    }

    async fn woken(&self) {
        self.work.ended.notified().await;
    }

    /// The runs are abandoned, not ended: their commands are killed, their leases given back, and another start takes them up.
    async fn stop(&self) {
        self.work.halt.cancel();
        self.work.tasks.close();
        self.work.tasks.wait().await;
    }
}

/// For each working copy the session that is begun, else the one queued first; the queue comes by project and in order.
fn first_of_each_copy(queue: &[QueuedSession]) -> Vec<&QueuedSession> {
    let mut chosen: HashMap<WorkingCopy, &QueuedSession> = HashMap::new();
    for session in queue {
        let first = chosen.entry(WorkingCopy::of(session)).or_insert(session);
        if first.status == Status::Queued && session.status != Status::Queued {
            *first = session;
        }
    }
    let mut first: Vec<&QueuedSession> = chosen.into_values().collect();
    // Whoever waits longest goes first when not all can.
    first.sort_by_key(|session| session.queued);
    first
}

impl Work {
    fn copies(&self) -> MutexGuard<'_, HashMap<WorkingCopy, Place>> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `held`: what was found when it was asked for before.
    async fn take_up(&self, copy: WorkingCopy, project_id: ProjectId, session_id: SessionId, held: Held) {
        let ended = match AssertUnwindSafe(self.under_lease(copy, project_id, session_id)).catch_unwind().await {
            Ok(ended) => ended,
            Err(panic) => {
                tracing::error!(%session_id, panic = panic_text(panic.as_ref()), "a run panicked; it is taken up again");
                Ended::Later(REST)
            }
        };
        let (rest, held) = match ended {
            Ended::Settled => {
                self.copies().remove(&copy);
                self.ended.notify_one();
                return;
            }
            Ended::Later(rest) => (rest, Held::default()),
            Ended::Held => (held.again().pause(), held.again()),
        };
        let until = Instant::now() + rest;
        self.copies().insert(copy, Place::Rests { until, held });
        tokio::select! {
            () = self.halt.cancelled() => {}
            () = tokio::time::sleep_until(until) => self.ended.notify_one(),
        }
    }

    async fn under_lease(&self, copy: WorkingCopy, project_id: ProjectId, session_id: SessionId) -> Ended {
        let resource = match copy {
            WorkingCopy::Project(project_id) => lease_of(project_id),
            WorkingCopy::Fork(session_id) => lease_of_fork(session_id),
        };
        let lease = match self.hands.leases.acquire(&resource, &self.hands.worker, self.hands.lease).await {
            Ok(lease) => lease,
            Err(LeaseError::Held { .. }) => return Ended::Held,
            Err(LeaseError::Unavailable(why)) => {
                tracing::warn!(error = why, "the lease of a working copy cannot be had");
                return Ended::Later(REST);
            }
        };
        let halt = self.halt.child_token();
        // Also when the run panics, the keeper ends and the lease is free.
        let stop_keeping = halt.clone().drop_guard();
        let keeper = tokio::spawn(keep_lease(self.hands.leases.clone(), lease.clone(), self.hands.lease, halt.clone()));
        let run = self.run(project_id, session_id, &lease, halt.clone());
        let ran = match AssertUnwindSafe(run).catch_unwind().await {
            Ok(ended) => {
                self.panics.lock().unwrap_or_else(PoisonError::into_inner).remove(&session_id);
                ended
            }
            Err(panic) => self.after_panic(session_id, panic_text(panic.as_ref()), lease.fence(), halt.clone()).await,
        };
        drop(stop_keeping);
        if let Err(error) = keeper.await {
            tracing::error!(%error, "keeping a lease panicked");
        }
        if let Err(error) = self.hands.leases.release(&lease).await {
            tracing::warn!(%error, "a lease could not be given back; it runs out by itself");
        }
        match ran {
            Ok(()) => Ended::Settled,
            Err(Halt::Lost) => Ended::Later(REST),
            Err(Halt::Broken(why)) => {
                tracing::error!(%session_id, error = why, "a run was given up; it is tried again");
                Ended::Later(REST)
            }
        }
    }

    /// A session whose runs panic again and again fails, so that it does not hold its project for ever.
    async fn after_panic(&self, session_id: SessionId, said: &str, fence: Fence, halt: CancellationToken) -> Result<(), Halt> {
        let panics = {
            let mut panics = self.panics.lock().unwrap_or_else(PoisonError::into_inner);
            let count = panics.entry(session_id).or_default();
            *count += 1;
            *count
        };
        tracing::error!(%session_id, panic = said, panics, "a run panicked");
        if panics < MAX_PANICS {
            return Err(Halt::Lost);
        }
        self.fail(session_id, WORKER_ERROR, "an error of the server ended this session's runs; its log says which", fence, halt).await
    }

    async fn fail(&self, session_id: SessionId, reason: &str, detail: &str, fence: Fence, halt: CancellationToken) -> Result<(), Halt> {
        let mut desk = Desk::new(self.hands.commands.clone(), session_id, fence, halt);
        desk.refresh().await?;
        desk.send(AgentSessionCommand::Fail { reason: reason.into(), detail: detail.into() }).await?;
        Ok(())
    }

    /// What a crash left open in these files is ended first, so that a run finds them whole and does not keep whoever would end it waiting.
    async fn settle_first(&self, lease: &Lease) -> Result<(), Halt> {
        let commands = &self.hands.commands;
        let head = commands.journal().head().await.map_err(|error| Halt::Broken(error.to_string()))?;
        if let Err(behind) = self.hands.feed.wait_for(head.position).await {
            tracing::debug!(%behind, "what is open may not all be known yet");
        }
        let open = self.hands.queries.unsettled_sessions().await.map_err(|error| Halt::Broken(error.to_string()))?;
        for session in open {
            match commands.settle_held_files(session, lease).await {
                Ok(_) => {}
                Err(error) if error.retryable() => return Err(Halt::Broken(error.log_text())),
                // It would keep this run waiting for ever.
                Err(error) => tracing::error!(%session, error = error.log_text(), "an open undo or merge cannot be ended"),
            }
        }
        Ok(())
    }

    async fn run(&self, project_id: ProjectId, session_id: SessionId, lease: &Lease, halt: CancellationToken) -> Result<(), Halt> {
        let (commands, fence) = (&self.hands.commands, lease.fence());
        let project = load(commands, project_id).await.map_err(|error| Halt::Broken(error.log_text()))?;
        match project {
            Project::Ready(_) => {
                self.settle_first(lease).await?;
                let root = async |core: &Core| commands.prepare_copy(core).await.map_err(|error| Halt::Broken(error.log_text()));
                run_session(self.hands.clone(), session_id, root, fence, halt).await
            }
            // Its preparation wakes us.
            Project::Preparing(_) => Err(Halt::Lost),
            Project::Absent | Project::Failed(_) | Project::Deleted(_) => {
                self.fail(session_id, "project_missing", "the project's files are not there; see the project's status", fence, halt).await
            }
        }
    }
}
