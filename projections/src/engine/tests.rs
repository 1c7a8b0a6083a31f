//! The engine over a view that fails, waits and changes its version when it is told to.

mod following;
mod orders;
mod parking;
mod rebuilding;
mod versions;
mod way_back;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use opensail_domain::kernel::ProjectId;
use opensail_domain::{project, projection};
use opensail_eventstore::StreamId;
use tokio::sync::watch;
use uuid::Uuid;

use super::{Projections, View};
use crate::db::sql;
use crate::projection::{ApplyError, Incoming, Projection};
use crate::rows::Rows;
use crate::table::{Past, Table};
use crate::testing::{PATIENCE, World, wire};

/// Keeps the positions of project events; fails, panics and changes its version when it is told to.
#[derive(Clone, Default)]
struct Moody {
    fails_at: Arc<Mutex<BTreeSet<i64>>>,
    panics: Arc<AtomicBool>,
    version: i64,
    /// Others take from its rows what they need when their events come.
    lends: bool,
    /// Waits before events from here on, until it is opened.
    gate: Arc<watch::Sender<Option<i64>>>,
    /// The first event this one applied.
    first: Arc<AtomicI64>,
}

impl Moody {
    fn failing_at(positions: impl IntoIterator<Item = i64>) -> Moody {
        let view = Moody::default();
        positions.into_iter().for_each(|position| view.fail(position));
        view
    }
    fn fail(&self, position: i64) {
        self.fails_at.lock().expect("no panic").insert(position);
    }
    fn mend(&self, position: i64) {
        self.fails_at.lock().expect("no panic").remove(&position);
    }
    fn shut_from(&self, position: i64) {
        self.gate.send_replace(Some(position));
    }
    fn open(&self) {
        self.gate.send_replace(None);
    }
}

const MOODY: Table = Table {
    name: "moody",
    key: &["position"],
    columns: &["position BIGINT NOT NULL", "stream TEXT NOT NULL"],
    indexes: &[],
    past: Past::Added("position"),
};

#[async_trait]
impl Projection for Moody {
    fn name(&self) -> &'static str {
        "moody"
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn tables(&self) -> &'static [Table] {
        &[MOODY]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["project"]
    }
    fn lends(&self, _: &Incoming<'_>) -> bool {
        self.lends
    }
    async fn apply(&self, rows: &mut Rows<'_>, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let position = incoming.recorded.position;
        let _ = self.first.compare_exchange(0, position as i64, Ordering::SeqCst, Ordering::SeqCst);
        let _ = self.gate.subscribe().wait_for(|shut| shut.is_none_or(|from| (position as i64) < from)).await;
        rows.insert(&MOODY, [("position", position.into()), ("stream", incoming.recorded.stream.as_str().into())]).await?;
        if self.fails_at.lock().expect("no panic").contains(&(position as i64)) {
            assert!(!self.panics.load(Ordering::SeqCst), "in a bad mood");
            return Err(ApplyError::Poison("in a bad mood".into()));
        }
        Ok(())
    }
}

async fn start(world: &World, view: &Moody) -> Projections {
    Projections::start_with(world.db.clone(), world.tail.clone(), vec![Box::new(view.clone())]).await.expect("the engine starts")
}

async fn positions(world: &World) -> Vec<i64> {
    let rows = world.db.all(sql!("SELECT position FROM moody ORDER BY position")).await.expect("rows");
    rows.iter().map(|row| row.int(0).expect("a position")).collect()
}

fn renamed(name: &str) -> Vec<project::ProjectEvent> {
    vec![project::Renamed { name: name.into() }.into()]
}

async fn order(world: &World, event: projection::ProjectionEvent) {
    world.append(&StreamId::new("projection", "moody"), &format!("account-{}", world.ada), None, vec![wire(event)]).await;
}

/// As an administrator orders it.
async fn retry(world: &World, stream: &StreamId, position: u64) {
    let (projection, stream, ordered_by) = ("moody".into(), stream.to_string(), world.ada);
    order(world, projection::RetryOrdered { projection, stream, position, reason: None, ordered_by }.into()).await;
}

async fn skip(world: &World, stream: &StreamId, position: u64) {
    let (projection, stream, ordered_by) = ("moody".into(), stream.to_string(), world.ada);
    order(world, projection::SkipOrdered { projection, stream, position, reason: "broken".into(), ordered_by }.into()).await;
}

/// Journal: 1 account, 2–3 team, 4 boat, 5 boat renamed, 6 raft, 7 boat renamed, 8 raft renamed.
async fn two_projects(world: &World) -> ProjectId {
    world.cast().await;
    let raft = ProjectId(Uuid::now_v7());
    world.on_project(world.boat, renamed("Ship")).await;
    world.on_project(raft, vec![world.project_created(raft, "Raft").into()]).await;
    world.on_project(world.boat, renamed("Boat again")).await;
    world.on_project(raft, renamed("Ferry")).await;
    raft
}

async fn change(world: &World, statement: &'static str) {
    let mut tx = world.db.begin().await.expect("a transaction");
    tx.run(sql!(statement)).await.expect("changed");
    tx.commit().await.expect("committed");
}

/// Until nothing is being built.
async fn built(projections: &Projections) {
    until(projections, |views| views.iter().all(|view| view.served && view.rebuilding.is_none())).await;
}

async fn until(projections: &Projections, holds: impl Fn(&[View]) -> bool) {
    let waiting = async {
        while !holds(&projections.overview().await.expect("an overview")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it comes to that");
}
