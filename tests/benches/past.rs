//! How fast the past is shown: lists and single things as of random points of a team's long history.
//!
//! One team with `BENCH_EVENTS` events (1,000,000), most of them of sessions; the views follow the journal and keep what was, which is timed
//! too, since it is what looking back costs. Then every question is asked `BENCH_ASKED` times (500), each as of another position, and as it is
//! now for comparison. Private fields are opened as for any answer. One session of a hundredth of the events is replayed, a tenth as often, by a
//! reader that has just come. `make bench` runs it in release mode on both databases.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opensail_domain::account::{self, AccountEvent};
use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::event::*;
use opensail_domain::agent_session::message::{Answer, CallOutcome, Tokens, ToolCall};
use opensail_domain::kernel::{AccountId, ApprovalId, InvitationId, Private, ProjectId, SessionId, TeamId};
use opensail_domain::project::{self, ProjectEvent, Source};
use opensail_domain::team::{self, Role, TeamEvent};
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Journal, StreamId};
use opensail_projections::audit::{AuditFilter, EventPage};
use opensail_projections::{Db, Order, PageRequest, Projections, Queries};
use opensail_tests::history::{History, founder, requested};
use opensail_tests::postgres::fresh_database;
use opensail_tests::timing::{Times, machine};
use rand::Rng;
use uuid::Uuid;

/// Events of one session, by steps of the model.
const PER_SESSION: usize = 500;
/// Sessions of one project, and renamings of each.
const PER_PROJECT: usize = 100;
const RENAMED: usize = 5;
/// Members, and changes of role of each.
const MEMBERS: u128 = 200;
const PROMOTED: usize = 20;
/// Invitations that are open while a project is worked at, and taken back with its end.
const INVITED: usize = 100;
/// Further teams that the founder is in, each with a project.
const OTHER_TEAMS: usize = 20;
/// Events of one question to people, and of a step of the session that is replayed.
const QUESTION: usize = 3;
const STEP: usize = 4;
/// Of how many events one is of the session that is replayed.
const REPLAYED: usize = 100;
/// What the issue asks for, p95.
const GOAL_MS: f64 = 100.0;

struct House {
    history: History,
    team: TeamId,
    /// All that the founder is in.
    teams: Vec<TeamId>,
    projects: Vec<ProjectId>,
    sessions: Vec<SessionId>,
    /// The one that is replayed.
    long: SessionId,
}

#[tokio::main]
async fn main() {
    let trial = std::env::args().any(|argument| argument == "--test");
    let given = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let events = if trial { 20_000 } else { given("BENCH_EVENTS").unwrap_or(1_000_000) };
    let asked = if trial { 20 } else { given("BENCH_ASKED").unwrap_or(500) };
    println!("{}", machine());
    println!("{:<12} {:<22} {:>9} {:>9} {:>9} {:>9}", "", "", "then p50", "p95 ms", "now p50", "p95 ms");
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
    let keys = Keyring::new(Arc::new(sqlite.clone()), b"a secret of the benchmark");
    let views = Db::sqlite(folder.path().join("views.db")).await.expect("views");
    measure("SQLite", House::new(Arc::new(sqlite), keys), views, events, asked).await;
    let database = fresh_database().await;
    let postgres = database.journal().await;
    let keys = Keyring::new(Arc::new(postgres.clone()), b"a secret of the benchmark");
    let views = Db::postgres(&database.app_url, Some(&database.owner_url)).await.expect("views");
    measure("PostgreSQL", House::new(Arc::new(postgres), keys), views, events, asked).await;
}

async fn measure(name: &str, mut house: House, views: Db, events: usize, asked: usize) {
    house.live_through(events).await;
    let head = house.history.store.head().await.expect("a head").position;
    let begun = Instant::now();
    let tail = Tail::start(house.history.store.clone()).await.expect("a tail");
    let projections = Projections::start(views.clone(), tail).await.expect("the views");
    while projections.overview().await.expect("the views").iter().any(|view| !view.served || view.position < head) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let rate = head as f64 / begun.elapsed().as_secs_f64();
    println!("{name:<12} {head} events taken into all views at {rate:.0} a second");
    let new_reader = || Queries::new(views.clone(), house.history.store.clone(), house.history.keys.clone());
    let queries = new_reader();
    let (page, team) = (PageRequest::default(), house.team);
    macro_rules! ask {
        ($label:literal, |$queries:ident| $question:expr) => {
            ask!($label, asked, |$queries| $question)
        };
        ($label:literal, $asked:expr, |$queries:ident| $question:expr) => {{
            let mut tables = Vec::new();
            for past in [true, false] {
                let mut times = Vec::with_capacity($asked);
                for _ in 0..$asked {
                    let position = rand::rng().random_range(1..=head);
                    let $queries = if past { queries.as_of(position) } else { queries.clone() };
                    let begun = Instant::now();
                    $question.await.expect("an answer");
                    times.push(begun.elapsed());
                }
                tables.push(Times::from(times));
            }
            report(name, $label, &tables[0], &tables[1]);
        }};
    }
    let project = |house: &House| house.projects[rand::rng().random_range(0..house.projects.len())];
    let session = |house: &House| house.sessions[rand::rng().random_range(0..house.sessions.len())];
    ask!("a team", |queries| queries.team(team));
    ask!("its members", |queries| queries.team_members(team, &page));
    ask!("its open invitations", |queries| queries.team_invitations(team, 0, &page));
    ask!("its projects", |queries| queries.projects_of_team(team, &page));
    ask!("a project", |queries| queries.project(project(&house)));
    ask!("sessions of a project", |queries| queries.sessions_of_project(project(&house), &page));
    ask!("a session", |queries| queries.session(session(&house)));
    // The past is told of those teams that one is still in.
    let among = |queries: &Queries| queries.position().map(|_| house.teams.as_slice());
    ask!("all teams", |queries| queries.teams_of_account(founder(), among(&queries), &page));
    ask!("projects of all teams", |queries| queries.projects_of_account(founder(), among(&queries), &page));
    ask!("questions of all teams", |queries| queries.approvals_of_account(founder(), among(&queries), &page));
    let of_team = AuditFilter { tenants: vec![team.to_string()], ..AuditFilter::default() };
    let newest = EventPage { order: Order::Desc, ..EventPage::default() };
    ask!("its audit", |queries| queries.audit_events(&of_team, &newest));
    ask!("a session's events", |queries| queries.events_of_stream(&StreamId::new("agent_session", session(&house)), &newest));
    ask!("a long replay", asked.div_ceil(10), |queries| new_reader().session_at(house.long, queries.position()));
    let times: Vec<_> = house.history.store.read_at(&[1, head / 2, head]).await.expect("events").iter().map(|event| event.time).collect();
    ask!("the place of a time", |queries| {
        let _ = queries;
        house.history.store.position_at(times[rand::rng().random_range(0..times.len())])
    });
}

fn report(name: &str, label: &str, then: &Times, now: &Times) {
    println!("{name:<12} {label:<22} {:>9.2} {:>9.2} {:>9.2} {:>9.2}", then.ms(0.5), then.ms(0.95), now.ms(0.5), now.ms(0.95));
    if then.ms(0.95) > GOAL_MS {
        println!("{name}: MISSED {GOAL_MS} ms (p95) for {label}");
    }
}

impl House {
    fn new(store: Arc<dyn Journal>, keys: Keyring) -> House {
        let team = TeamId(Uuid::now_v7());
        House {
            history: History { store, keys: Arc::new(keys) },
            team,
            teams: vec![team],
            projects: Vec::new(),
            sessions: Vec::new(),
            long: SessionId(Uuid::now_v7()),
        }
    }

    /// A team's life: people come and change their role, others are invited in vain, projects are made and renamed, sessions run side by side and
    /// ask questions.
    async fn live_through(&mut self, events: usize) {
        let owner = founder();
        let created = team::Created { team_id: self.team, name: "Sailors".into(), created_by: owner };
        self.of_team(vec![created.into()]).await;
        let account = |n: u128| AccountId(Uuid::from_u128(n));
        for n in 0..MEMBERS {
            let subject = format!("account-{}", account(n));
            let private = |text: String| Private::open(&subject, text);
            let (email, name) = (private(format!("sailor{n}@example.org")), private(format!("Sailor {n}")));
            let registered = account::Registered { account_id: account(n), email, name, platform_admin: false };
            self.history.append(self.team, StreamId::new("account", account(n)), vec![AccountEvent::from(registered)]).await;
        }
        self.of_team((0..MEMBERS).map(|n| team::MemberAdded { account_id: account(n), role: Role::Editor }.into()).collect()).await;
        self.live_elsewhere().await;
        let sessions = events / PER_SESSION;
        let projects = sessions.div_ceil(PER_PROJECT).max(1);
        for made in 0..projects {
            let id = ProjectId(Uuid::now_v7());
            let created =
                project::Created { project_id: id, team_id: self.team, name: "Boat".into(), source: Source::Empty, created_by: owner };
            self.of_project(id, vec![created.into(), project::Prepared {}.into()]).await;
            self.projects.push(id);
            if made == 0 {
                let begun = RunStarted { run: 1, worker: "w".into() };
                self.of_session(self.long, vec![requested(self.team, id, self.long, "build a ship").into(), begun.into()]).await;
            }
            let invited: Vec<_> = (0..INVITED).map(|_| InvitationId(Uuid::now_v7())).collect();
            self.of_team(invited.iter().map(|id| invitation(*id).into()).collect()).await;
            let roles = [Role::Viewer, Role::Editor, Role::Admin];
            for round in 0..PROMOTED.min(1 + made) {
                let role = roles[round % roles.len()];
                self.of_team((0..MEMBERS).map(|n| team::MemberRoleChanged { account_id: account(n), role }.into()).collect()).await;
            }
            // A hundred sessions take turns.
            let mine: Vec<_> = (0..PER_PROJECT.min(sessions - made * PER_PROJECT)).map(|_| SessionId(Uuid::now_v7())).collect();
            for session in &mine {
                self.of_session(
                    *session,
                    vec![
                        requested(self.team, id, *session, &"build a mast ".repeat(20)).into(),
                        RunStarted { run: 1, worker: "w".into() }.into(),
                    ],
                )
                .await;
            }
            for round in 0..RENAMED {
                self.of_project(id, vec![project::Renamed { name: format!("Boat {round}") }.into()]).await;
                let questions: Vec<_> = mine.iter().map(|session| (*session, ApprovalId(Uuid::now_v7()))).collect();
                for (session, question) in &questions {
                    let mut events = steps((PER_SESSION - 2) / RENAMED - QUESTION);
                    events.extend(asking(*session, *question));
                    self.of_session(*session, events).await;
                }
                for (session, approval_id) in questions {
                    let answered = ApprovalAnswered { approval_id, decision: Decision::AllowOnce, reason: None, answered_by: owner };
                    self.of_session(session, vec![answered.into()]).await;
                }
                let share = events / REPLAYED / STEP / projects / RENAMED;
                self.of_session(self.long, (0..share).flat_map(|_| step(self.long)).collect()).await;
            }
            self.of_team(invited.into_iter().map(|invitation_id| team::InvitationRevoked { invitation_id }.into()).collect()).await;
            self.sessions.extend(mine);
        }
    }

    async fn live_elsewhere(&mut self) {
        let owner = founder();
        for _ in 0..OTHER_TEAMS {
            let (team_id, project_id) = (TeamId(Uuid::now_v7()), ProjectId(Uuid::now_v7()));
            let created = team::Created { team_id, name: "Divers".into(), created_by: owner };
            let joined = team::MemberAdded { account_id: owner, role: Role::Admin };
            self.history.append(team_id, StreamId::new("team", team_id), vec![TeamEvent::from(created), joined.into()]).await;
            let created = project::Created { project_id, team_id, name: "Bell".into(), source: Source::Empty, created_by: owner };
            let events = vec![ProjectEvent::from(created), project::Prepared {}.into()];
            self.history.append(team_id, StreamId::new("project", project_id), events).await;
            self.teams.push(team_id);
        }
    }

    async fn of_team(&self, events: Vec<TeamEvent>) {
        self.history.append(self.team, StreamId::new("team", self.team), events).await;
    }

    async fn of_project(&self, id: ProjectId, events: Vec<ProjectEvent>) {
        self.history.append(self.team, StreamId::new("project", id), events).await;
    }

    async fn of_session(&self, id: SessionId, events: Vec<AgentSessionEvent>) {
        self.history.append(self.team, StreamId::new("agent_session", id), events).await;
    }
}

fn invitation(invitation_id: InvitationId) -> team::InvitationCreated {
    let email = Some(Private::open(format!("invitation-{invitation_id}"), "sailor@example.org".to_owned()));
    team::InvitationCreated { invitation_id, role: Role::Viewer, email, expires_at: i64::MAX, invited_by: founder() }
}

/// The model wishes to run a command.
fn wish(session: SessionId) -> TurnCompleted {
    let call = ToolCall { call_id: "1-0".into(), tool: "bash_exec".into(), arguments: r#"{"command":"cargo test"}"#.into() };
    let calls = vec![CallName { call_id: call.call_id.clone(), tool: call.tool.clone() }];
    let answer = Private::open(format!("session-{session}"), Answer { text: "Now the tests. ".repeat(10), tool_calls: vec![call] });
    let tokens = Tokens { input: 9_000, output: 300, cached: 8_000 };
    TurnCompleted { turn: 1, attempt: 1, answer, calls, model: "scripted".into(), tokens, micro_usd: None, duration_ms: 2_000 }
}

/// And people are asked whether it may.
fn asking(session: SessionId, approval_id: ApprovalId) -> [AgentSessionEvent; QUESTION - 1] {
    let private = |text: &str| Private::open(format!("session-{session}"), text.to_owned());
    let (call_id, tool) = ("1-0".to_owned(), "bash_exec".to_owned());
    let (grant, preview) = (private("cargo test"), private("$ cargo test"));
    let asked = ApprovalRequested { approval_id, call_id, tool, grant, preview, expires_at: i64::MAX };
    [wish(session).into(), asked.into()]
}

/// Or it may anyway, and does.
fn step(session: SessionId) -> [AgentSessionEvent; STEP] {
    let (call_id, tool) = ("1-0".to_owned(), "bash_exec".to_owned());
    let started = ToolCallStarted { call_id: call_id.clone(), tool: tool.clone(), effect: Effect::Shell, changes: None };
    let output = Private::open(format!("session-{session}"), "test result: ok. 12 passed\n".repeat(15));
    let (outcome, exit_code) = (CallOutcome::Ok, Some(0));
    let completed = ToolCallCompleted { call_id, tool, outcome, output, full_output: None, exit_code, duration_ms: 900 };
    [TurnStarted { turn: 1, attempt: 1 }.into(), wish(session).into(), started.into(), completed.into()]
}

/// What a session does, without what it says.
fn steps(count: usize) -> Vec<AgentSessionEvent> {
    let step = |n: usize| match n % 10 {
        8 => Paused { reason: "model_unavailable".into(), until: 99 }.into(),
        9 => Resumed {}.into(),
        turn => TurnStarted { turn: turn as u64 + 1, attempt: 1 }.into(),
    };
    (0..count).map(step).collect()
}
