//! What grows with the journal: an append, a page of a tenant's audit list, lists of projects and sessions, a stream that is resumed, each at
//! 10^4, 10^6 and 10^7 events. The goal is that nothing does.
//!
//! Two teams live in one journal: a busy one, and one with a thousandth of the events, whose pages must not walk through the other's. Both begin with
//! more than fills a page, so that every answer is as long at the smallest size as at the largest; and streams are resumed from the journal, not
//! from what a reader of it has just seen. A server is asked when it is done with its upkeep of what was written: VACUUM, ANALYZE, a checkpoint.
//! That takes half an hour and more, and some 20 GB under the temporary folder; a size that finds no room there is left out, and said so.
//! `OPENSAIL_SCALE` names other sizes, with commas (`OPENSAIL_SCALE=10000,1000000`); a word on the command line (`sqlite`, `postgres`) runs only
//! that database. `make bench` runs it in release mode.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::event::{Paused, Resumed};
use opensail_domain::kernel::{ProjectId, SessionId, TeamId};
use opensail_domain::project::{self, ProjectEvent, Source};
use opensail_domain::team::{self, Role, TeamEvent};
use opensail_eventstore::conformance::append;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Append, Filter, Journal, NewEvent, Part, StreamId};
use opensail_projections::audit::{AuditFilter, EventPage};
use opensail_projections::{Db, PageRequest, Projections, Queries};
use opensail_tests::history::{History, founder, requested};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::timing::{Times, machine, wanted};
use sqlx::Executor;
use uuid::Uuid;

const SIZES: [u64; 3] = [10_000, 1_000_000, 10_000_000];
/// Bytes of an event with all views.
const BYTES: u64 = 2_500;
/// Events of one session, sessions of one project, and busy sessions between two words of the quiet team.
const PER_SESSION: usize = 200;
const PER_PROJECT: u64 = 100;
/// Projects of the busy team, and sessions in the project that is asked for, at the beginning; and of how many new ones one comes there.
const FIRST: usize = 60;
const ONE_IN: u64 = 20;
const BUSY_FOR_ONE: u64 = 5;
/// How often each question is asked, at positions spread over all that have a full answer. Each is asked twice: the first time may have to wait
/// for the disk, the second shows what the answer costs by itself.
const ASKED: u64 = 300;
/// Events that a stream is resumed with, the longest of the answers.
const RESUMED: usize = 64;
/// Growth of a median between the smallest and the largest journal that still counts as none: what caches and a deeper index make of it.
const SAME: f64 = 2.0;

/// A team with its projects and sessions.
struct Team {
    id: TeamId,
    /// Whose sessions are asked for.
    asked: ProjectId,
    project: ProjectId,
    session: SessionId,
    sessions: u64,
}

struct House {
    name: &'static str,
    history: History,
    busy: Team,
    quiet: Team,
    /// Ends of the journal before the quiet team's last words: of each that fill an answer.
    silences: VecDeque<u64>,
    /// Median milliseconds of each question, asked for the first time and at once again, at the smallest size.
    first: Vec<(&'static str, [f64; 2])>,
}

#[tokio::main]
async fn main() {
    let trial = std::env::args().any(|argument| argument == "--test");
    let wanted = wanted();
    let sizes = match std::env::var("OPENSAIL_SCALE") {
        _ if trial => vec![2_000],
        Ok(text) => text.split(',').map(|size| size.trim().parse().expect("OPENSAIL_SCALE: numbers with commas")).collect(),
        Err(_) => SIZES.to_vec(),
    };
    let sizes: Vec<u64> = sizes.into_iter().filter(|size| has_room(*size)).collect();
    println!("{}", machine());
    if "sqlite".contains(&wanted) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
        let views = Db::sqlite(folder.path().join("views.db")).await.expect("views");
        let keys = Keyring::new(Arc::new(store.clone()), b"a secret of the benchmark");
        House::new("SQLite", Arc::new(store), keys).grow(&sizes, views, None).await;
    }
    if "postgres".contains(&wanted) {
        let database = fresh_database().await;
        let store = database.journal().await;
        let views = Db::postgres(&database.app_url, Some(&database.owner_url)).await.expect("views");
        let keys = Keyring::new(Arc::new(store.clone()), b"a secret of the benchmark");
        House::new("PostgreSQL", Arc::new(store), keys).grow(&sizes, views, Some(&database)).await;
    }
}

fn has_room(events: u64) -> bool {
    let disk = rustix::fs::statvfs(std::env::temp_dir()).expect("a disk");
    let enough = disk.f_bavail * disk.f_frsize > events * BYTES;
    if !enough {
        println!("{events} events: SKIPPED, they need {} GB under {}", events * BYTES / 1_000_000_000, std::env::temp_dir().display());
    }
    enough
}

impl Team {
    fn new() -> Team {
        let nobodys = ProjectId(Uuid::nil());
        Team { id: TeamId(Uuid::now_v7()), asked: nobodys, project: nobodys, session: SessionId(Uuid::nil()), sessions: 0 }
    }
}

impl House {
    fn new(name: &'static str, store: Arc<dyn Journal>, keys: Keyring) -> House {
        House {
            name,
            history: History { store, keys: Arc::new(keys) },
            busy: Team::new(),
            quiet: Team::new(),
            silences: VecDeque::new(),
            first: Vec::new(),
        }
    }

    async fn grow(mut self, sizes: &[u64], views: Db, server: Option<&Database>) {
        let tail = Tail::start(self.history.store.clone()).await.expect("a tail");
        let projections = Projections::start(views.clone(), tail).await.expect("the views");
        for team in [&self.busy, &self.quiet] {
            let owner = founder();
            let created = team::Created { team_id: team.id, name: "Sailors".into(), created_by: owner };
            let joined = team::MemberAdded { account_id: owner, role: Role::Admin };
            self.history.append(team.id, StreamId::new("team", team.id), vec![TeamEvent::from(created), joined.into()]).await;
        }
        self.begin().await;
        println!("{:<11} {:>10} {:<34} {:>9} {:>9} {:>9} {:>9}", "", "events", "", "p50 ms", "p95", "p99", "again");
        for size in sizes {
            while self.end().await < *size {
                self.live_on().await;
            }
            let head = self.end().await;
            while projections.overview().await.expect("the views").iter().any(|view| !view.served || view.position < head) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if let Some(server) = server {
                let mut owner = server.owner().await;
                for upkeep in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
                    owner.execute(upkeep).await.expect("upkeep");
                }
            }
            let queries = Queries::new(views.clone(), self.history.store.clone(), self.history.keys.clone());
            self.measure(head, &queries).await;
        }
    }

    /// More than a page of whatever is asked for.
    async fn begin(&mut self) {
        for _ in 0..FIRST {
            self.busy.asked = self.new_project(self.busy.id).await;
        }
        for _ in 0..FIRST {
            self.new_session(self.busy.id, self.busy.asked, 2).await;
        }
        self.quiet.asked = self.new_project(self.quiet.id).await;
        let silence = self.end().await;
        self.quiet.session = self.new_session(self.quiet.id, self.quiet.asked, PER_SESSION).await;
        self.silences.extend([silence; RESUMED]);
    }

    /// One more session of the busy team, and now and then a word of the quiet one.
    async fn live_on(&mut self) {
        if self.busy.sessions.is_multiple_of(PER_PROJECT) {
            self.busy.project = self.new_project(self.busy.id).await;
        }
        let project = if self.busy.sessions.is_multiple_of(ONE_IN) { self.busy.asked } else { self.busy.project };
        self.busy.session = self.new_session(self.busy.id, project, PER_SESSION).await;
        self.busy.sessions += 1;
        if self.busy.sessions.is_multiple_of(BUSY_FOR_ONE) {
            self.silences.pop_front();
            self.silences.push_back(self.end().await);
            self.history.append(self.quiet.id, StreamId::new("agent_session", self.quiet.session), steps(1)).await;
        }
    }

    async fn end(&self) -> u64 {
        self.history.store.head().await.expect("a head").position
    }

    async fn new_project(&self, team_id: TeamId) -> ProjectId {
        let (project_id, created_by) = (ProjectId(Uuid::now_v7()), founder());
        let created = project::Created { project_id, team_id, name: "Boat".into(), source: Source::Empty, created_by };
        let events = vec![ProjectEvent::from(created), project::Prepared {}.into()];
        self.history.append(team_id, StreamId::new("project", project_id), events).await;
        project_id
    }

    async fn new_session(&self, team: TeamId, project: ProjectId, events: usize) -> SessionId {
        let session = SessionId(Uuid::now_v7());
        let mut all = vec![requested(team, project, session, "build a mast").into()];
        all.extend(steps(events - 1));
        self.history.append(team, StreamId::new("agent_session", session), all).await;
        session
    }

    async fn measure(&mut self, head: u64, queries: &Queries) {
        let page = PageRequest::default();
        // It has seen nothing of what was written before it.
        let tail = Tail::start(self.history.store.clone()).await.expect("a tail");
        let last_full = self.silences.front().copied().unwrap_or(head);
        macro_rules! ask {
            ($label:literal, |$at:ident| $question:expr) => {
                ask!($label, head, |$at| $question)
            };
            ($label:literal, $until:expr, |$at:ident| $question:expr) => {{
                let (mut times, mut again) = (Vec::new(), Vec::new());
                for number in 0..ASKED {
                    let $at = 1 + $until * number / ASKED;
                    for times in [&mut times, &mut again] {
                        let begun = Instant::now();
                        $question.await.expect("an answer");
                        times.push(begun.elapsed());
                    }
                }
                self.report(head, $label, &Times::from(times), &Times::from(again));
            }};
        }
        ask!("an append alone", |_at| self.history.store.append(alone(self.busy.id)));
        let audit = |team: &Team| AuditFilter { tenants: vec![team.id.to_string()], ..AuditFilter::default() };
        let (of_busy, of_quiet) = (audit(&self.busy), audit(&self.quiet));
        let after = |position| EventPage { after: Some(position), ..EventPage::default() };
        ask!("a page of the busy team's audit", |at| queries.audit_events(&of_busy, &after(at)));
        ask!("a page of the quiet team's audit", last_full, |at| queries.audit_events(&of_quiet, &after(at)));
        let (team, project) = (self.busy.id, self.busy.asked);
        ask!("projects of a team", |_at| queries.projects_of_team(team, &page));
        ask!("sessions of a project", |_at| queries.sessions_of_project(project, &page));
        let of = |team: &Team| Filter { tenants: vec![team.id.to_string()], ..Filter::default() };
        let (busy, quiet) = (of(&self.busy), of(&self.quiet));
        ask!("the busy team's stream, resumed", |at| resumed(&tail, at, &busy));
        ask!("the quiet team's stream, resumed", last_full, |at| resumed(&tail, at, &quiet));
        let session = StreamId::new("agent_session", self.busy.session);
        ask!("a session's events", |_at| self.history.store.read_stream(&session, 0, PER_SESSION));
    }

    fn report(&mut self, events: u64, label: &'static str, times: &Times, again: &Times) {
        let medians = [times.ms(0.5), again.ms(0.5)];
        let grown = match self.first.iter().find(|(of, _)| *of == label) {
            None => {
                self.first.push((label, medians));
                String::new()
            }
            Some((_, first)) => {
                let [at_first, again] = [medians[0] / first[0], medians[1] / first[1]];
                let missed = if at_first > SAME || again > SAME { ": MISSED" } else { "" };
                format!("   {at_first:.1} and {again:.1} times the smallest{missed}")
            }
        };
        let [median, again] = medians;
        println!(
            "{:<11} {events:>10} {label:<34} {median:>9.3} {:>9.3} {:>9.3} {again:>9.3}{grown}",
            self.name,
            times.ms(0.95),
            times.ms(0.99)
        );
    }
}

/// The first events after a position.
async fn resumed(tail: &Tail, at: u64, filter: &Filter) -> Result<(), opensail_eventstore::ReadError> {
    let mut subscription = tail.subscribe(at.saturating_sub(1), filter.clone());
    subscription.next_batch(RESUMED).await.map(drop)
}

fn alone(team: TeamId) -> Append {
    let event = NewEvent { event_id: Uuid::now_v7(), event_type: "bench.appended".into(), version: 1, payload: "{}".into() };
    let stream = StreamId::new("bench", Uuid::now_v7());
    append(vec![Part { stream, expected: 0, tenant: team.to_string(), project: None, events: vec![event] }])
}

/// What a session does, without what it says.
fn steps(count: usize) -> Vec<AgentSessionEvent> {
    let step = |n: usize| match n % 2 {
        0 => Paused { reason: "model_unavailable".into(), until: 99 }.into(),
        _ => Resumed {}.into(),
    };
    (0..count).map(step).collect()
}
