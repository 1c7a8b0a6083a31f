//! Everything that works in the background, started together.

use std::sync::Arc;
use std::time::Duration;

use opensail_commands::Commands;
use opensail_commands::ports::sandbox::Sandbox;
use opensail_eventstore::Leases;
use opensail_eventstore::relay::WorkRelay;
use opensail_eventstore::subscription::Tail;
use opensail_projections::{Feed, Queries};
use tokio::sync::watch;

use crate::agent_session::{SettleSessions, TakeUpSessions};
use crate::project::{CaptureProjects, PrepareProjects};
use crate::reconciler::{self, Reconciler};
use crate::supervisor::{OnError, OnStop, Supervisor};
use crate::take_work::TakeWork;

/// The reconcilers look at least this often, whether they were woken or not.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What the workers work with, handed over once by the composition root; clones share everything.
#[derive(Clone)]
pub struct Hands {
    pub commands: Commands,
    pub queries: Queries,
    /// Wakes the reconcilers when the views have moved.
    pub feed: Feed,
    pub tail: Tail,
    pub leases: Arc<dyn Leases>,
    /// Brings what there is to look at.
    pub work: Arc<dyn WorkRelay>,
    pub sandbox: Arc<dyn Sandbox>,
    /// Node and boot id of this process; also the holder of its leases.
    pub worker: String,
    /// How long its leases last without renewal: who falls silent is replaced after that.
    pub lease: Duration,
}

/// Starts the reconcilers under the supervisor, whose `stop` ends them: runs are abandoned, not ended, their commands killed and
/// their leases given back. The work queue says when there is something to look at; the timer stands behind it.
pub fn start(supervisor: &Supervisor, hands: Hands) {
    let (feed, work, journal) = (hands.feed.clone(), hands.work.clone(), hands.tail.journal().clone());
    let take_up: Arc<dyn Reconciler> = Arc::new(TakeUpSessions::new(hands.clone()));
    let capture: Arc<dyn Reconciler> = Arc::new(CaptureProjects::new(hands.clone()));
    let prepare: Arc<dyn Reconciler> = Arc::new(PrepareProjects::new(hands.clone()));
    let lookers = vec![take_up.clone(), prepare.clone(), capture.clone()];
    let by_timer = || watch::channel(0).1;
    let reconcilers = [
        ("take_up_sessions", take_up, by_timer()),
        ("capture_projects", capture, by_timer()),
        ("prepare_projects", prepare, by_timer()),
        ("settle_sessions", Arc::new(SettleSessions::new(hands)), feed.watch()),
    ];
    for (name, reconciler, signal) in reconcilers {
        supervisor.spawn(name, OnError::Restart, OnStop::Finish, move |stop| {
            reconciler::run(reconciler.clone(), signal.clone(), LOOK_EVERY, stop)
        });
    }
    let take = TakeWork { work, journal, feed, lookers };
    supervisor.spawn("take_work", OnError::Restart, OnStop::Finish, move |stop| {
        let take = take.clone();
        async move { take.run(stop).await }
    });
}
