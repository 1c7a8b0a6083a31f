//! How fast views are built from the journal: all of them at the first start, then each alone, beside the one that is read.
//!
//! A journal of `BENCH_EVENTS` events (100,000), as a house of many teams leaves it behind: nearly all are of agents' sessions, eight of which run
//! at a time, with private fields sealed. From the beginning of a rebuild until its view is the one that is read, the switch included. Beside the
//! rate stands what an event cost this process in time of its cores, which does not grow by what else the machine does; a server is not in it.
//! `make bench` runs it in release mode on both databases; a word on the command line runs only the database whose name contains it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opensail_domain::account::{self, AccountEvent};
use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::event::*;
use opensail_domain::agent_session::message::{Answer, CallOutcome, Tokens, ToolCall};
use opensail_domain::kernel::{AccountId, ApprovalId, Event, Private, ProjectId, SessionId, TeamId};
use opensail_domain::project::{self, ProjectEvent, Source};
use opensail_domain::team::{self, Role, TeamEvent};
use opensail_eventstore::conformance::append;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Journal, NewEvent, Part, StreamId, private};
use opensail_projections::{Db, Projections};
use opensail_tests::postgres::fresh_database;
use opensail_tests::timing::{cpu, machine};
use uuid::Uuid;

/// Turns of a session, sessions of a project, projects of a team, members of a team.
const TURNS: u64 = 20;
const SESSIONS: usize = 40;
const PROJECTS: usize = 3;
const MEMBERS: usize = 5;
/// Sessions that run at the same time: their events lie between each other's.
const AT_ONCE: usize = 8;
/// Events of a session that are appended together.
const TOGETHER: usize = 4;

#[tokio::main]
async fn main() {
    let trial = std::env::args().any(|argument| argument == "--test");
    let events = std::env::var("BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let events = if trial { 2_000 } else { events };
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).map(|word| word.to_lowercase());
    let wanted = |name: &str| only.as_ref().is_none_or(|word| name.to_lowercase().contains(word));
    println!("{}", machine());
    println!("{:<12} {:<16} {:>10} {:>12} {:>10} {:>10}", "", "view", "events", "events/s", "µs of CPU", "goal");
    if wanted("SQLite") {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
        let keys = Keyring::new(Arc::new(store.clone()), b"a secret of the benchmark");
        let house = House { store: Arc::new(store), keys };
        house.live_through(events).await;
        measure("SQLite", &house, Db::sqlite(folder.path().join("views.db")).await.expect("views"), 50_000.0).await;
    }
    if wanted("PostgreSQL") {
        let database = fresh_database().await;
        let store = database.journal().await;
        let keys = Keyring::new(Arc::new(store.clone()), b"a secret of the benchmark");
        let house = House { store: Arc::new(store), keys };
        house.live_through(events).await;
        let views = Db::postgres(&database.app_url, Some(&database.owner_url)).await.expect("views");
        measure("PostgreSQL", &house, views, 30_000.0).await;
    }
}

/// `goal`: events a second that `goals.md` asks for.
async fn measure(name: &str, house: &House, views: Db, goal: f64) {
    let head = house.store.head().await.expect("a head").position;
    let tail = Tail::start(house.store.clone()).await.expect("a tail");
    let begun = (Instant::now(), cpu());
    let projections = Projections::start(views, tail).await.expect("the views");
    wait(&projections, head).await;
    report(name, "all at once", head, begun, goal);
    for view in projections.names() {
        let begun = (Instant::now(), cpu());
        projections.rebuild(view).await.expect("begun");
        wait(&projections, head).await;
        report(name, view, head, begun, goal);
    }
}

async fn wait(projections: &Projections, head: u64) {
    let stands = |view: &opensail_projections::View| view.served && view.rebuilding.is_none() && view.position >= head;
    while !projections.overview().await.expect("the views").iter().all(stands) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn report(name: &str, view: &str, events: u64, (begun, used): (Instant, Duration), goal: f64) {
    let rate = events as f64 / begun.elapsed().as_secs_f64();
    let each = (cpu() - used).as_secs_f64() * 1e6 / events as f64;
    let missed = if rate < goal { "  MISSED" } else { "" };
    println!("{name:<12} {view:<16} {events:>10} {rate:>12.0} {each:>10.1} {goal:>10.0}{missed}");
}

struct House {
    store: Arc<dyn Journal>,
    keys: Keyring,
}

impl House {
    /// Teams come one after the other until there are enough events.
    async fn live_through(&self, events: usize) {
        while (self.store.head().await.expect("a head").position as usize) < events {
            self.a_team(events).await;
        }
    }

    async fn a_team(&self, events: usize) {
        let id = TeamId(Uuid::now_v7());
        let mut members = Vec::new();
        for n in 0..MEMBERS {
            let account_id = AccountId(Uuid::now_v7());
            let subject = format!("account-{account_id}");
            let private = |text: String| Private::open(&subject, text);
            let (email, name) = (private(format!("sailor{n}@example.org")), private(format!("Sailor {n}")));
            let registered = account::Registered { account_id, email, name, platform_admin: false };
            self.append(StreamId::new("account", account_id), &subject, None, vec![AccountEvent::from(registered)]).await;
            members.push(account_id);
        }
        let tenant = id.to_string();
        let mut of_team: Vec<TeamEvent> = vec![team::Created { team_id: id, name: "Sailors".into(), created_by: members[0] }.into()];
        of_team.extend(members.iter().map(|account_id| team::MemberAdded { account_id: *account_id, role: Role::Editor }.into()));
        of_team.push(team::MemberRoleChanged { account_id: members[0], role: Role::Admin }.into());
        self.append(StreamId::new("team", id), &tenant, None, of_team).await;
        for _ in 0..PROJECTS {
            let project_id = ProjectId(Uuid::now_v7());
            let created = project::Created { project_id, team_id: id, name: "Boat".into(), source: Source::Empty, created_by: members[0] };
            let of_project: Vec<ProjectEvent> =
                vec![created.into(), project::Prepared {}.into(), project::Renamed { name: "Ship".into() }.into()];
            let project = Some(project_id.to_string());
            self.append(StreamId::new("project", project_id), &tenant, project.clone(), of_project).await;
            for _ in 0..SESSIONS / AT_ONCE {
                let mut running: Vec<_> = (0..AT_ONCE)
                    .map(|_| {
                        let session = SessionId(Uuid::now_v7());
                        (session, a_session(session, project_id, id, members[1]))
                    })
                    .collect();
                while running.iter().any(|(_, events)| !events.is_empty()) {
                    for (session, events) in &mut running {
                        let due = events.drain(..TOGETHER.min(events.len())).collect();
                        self.append(StreamId::new("agent_session", *session), &tenant, project.clone(), due).await;
                    }
                }
                if self.store.head().await.expect("a head").position as usize >= events {
                    return;
                }
            }
        }
    }

    async fn append(&self, stream: StreamId, tenant: &str, project: Option<String>, events: Vec<impl Event>) {
        if events.is_empty() {
            return;
        }
        let mut sealed = Vec::with_capacity(events.len());
        for event in events {
            let payload = private::canonical(&private::seal(&self.keys, event.encode()).await.expect("sealed"));
            let (event_type, version) = (event.event_type().to_owned(), event.version());
            sealed.push(NewEvent { event_id: Uuid::now_v7(), event_type, version, payload });
        }
        let expected = self.store.stream_version(&stream).await.expect("a version");
        let part = Part { stream, expected, tenant: tenant.into(), project, events: sealed };
        self.store.append(append(vec![part])).await.expect("appended");
    }
}

/// What an agent does in a task: it is asked, calls a tool in every turn, asks people in every fifth, and ends.
fn a_session(session_id: SessionId, project_id: ProjectId, team_id: TeamId, requested_by: AccountId) -> Vec<AgentSessionEvent> {
    let subject = format!("session-{session_id}");
    let private = |text: &str, times: usize| Private::open(&subject, text.repeat(times));
    let mut events: Vec<AgentSessionEvent> = vec![
        Requested {
            session_id,
            project_id,
            team_id,
            task: private("build a mast ", 20),
            title: private("build a mast", 1),
            model: "scripted".into(),
            edit_mode: EditMode::Ask,
            budget: Budget::default(),
            requested_by,
        }
        .into(),
        RunStarted { run: 1, worker: "w".into() }.into(),
    ];
    for turn in 1..=TURNS {
        let (call_id, tool) = (format!("{turn}-0"), "bash_exec".to_owned());
        let call = ToolCall { call_id: call_id.clone(), tool: tool.clone(), arguments: r#"{"command":"cargo test"}"#.into() };
        let answer = Answer { text: "Now the tests. ".repeat(10), tool_calls: vec![call] };
        events.push(TurnStarted { turn, attempt: 1 }.into());
        let answered = TurnCompleted {
            turn,
            attempt: 1,
            answer: Private::open(&subject, answer),
            calls: vec![CallName { call_id: call_id.clone(), tool: tool.clone() }],
            model: "scripted-1".into(),
            tokens: Tokens { input: 9_000, output: 300, cached: 8_000 },
            micro_usd: Some(12_000),
            duration_ms: 2_000,
        };
        events.push(answered.into());
        if turn.is_multiple_of(5) {
            let approval_id = ApprovalId(Uuid::now_v7());
            let (grant, preview) = (private("cargo test", 1), private("$ cargo test", 1));
            let asked =
                ApprovalRequested { approval_id, call_id: call_id.clone(), tool: tool.clone(), grant, preview, expires_at: i64::MAX };
            events.push(asked.into());
            events.push(ApprovalAnswered { approval_id, decision: Decision::AllowOnce, reason: None, answered_by: requested_by }.into());
        }
        events.push(ToolCallStarted { call_id: call_id.clone(), tool: tool.clone(), effect: Effect::Shell, changes: None }.into());
        let output = private("test result: ok. 12 passed\n", 15);
        let (outcome, exit_code) = (CallOutcome::Ok, Some(0));
        events.push(ToolCallCompleted { call_id, tool, outcome, output, full_output: None, exit_code, duration_ms: 900 }.into());
    }
    events.push(Completed {}.into());
    events
}
