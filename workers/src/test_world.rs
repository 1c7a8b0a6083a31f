//! What the tests of this crate stand on: a real journal in a fresh folder, real files and blobs, a model and a sandbox that do as told,
//! and a clock that can be moved.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use opensail_commands::live::LiveTurns;
use opensail_commands::ports::clock::{Clock, RandomIds, SystemClock};
use opensail_commands::ports::model::{Model, ModelError, ModelErrorKind, ModelRequest, ModelTurn, Price, WantedCall};
use opensail_commands::ports::sandbox::{OutputChunk, Sandbox, SandboxEnd, SandboxError, SandboxOutcome, SandboxReport, SandboxRequest};
use opensail_commands::{Caller, Change, Command, CommandError, Commands, Mode, Parts, Place, Registration, Settings, Shown};
use opensail_csi::cas::LocalStore;
use opensail_csi::tree::Rules;
use opensail_domain::agent_session::event::{Budget, EditMode, Requested};
use opensail_domain::agent_session::message::Tokens;
use opensail_domain::agent_session::{AgentSession, AgentSessionCommand, AgentSessionDecider, AgentSessionEvent, Transcript};
use opensail_domain::kernel::{AccountId, Private, ProjectId, SessionId, TeamId};
use opensail_domain::project::{Created, ProjectCommand, ProjectDecider, Source};
use opensail_domain::team::{TeamCommand, TeamDecider};
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Filter, Journal, Lease, StreamId};
use opensail_projections::{Db, Projections, Queries};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Hands;
use crate::outside::blobs::EncryptedBlobs;
use crate::outside::passwords::Bcrypt;
use crate::outside::project_files::ServedProjectFiles;
use crate::outside::snapshots::LocalSnapshots;
use crate::project::lease_of;

/// A hang shows as a failure after this.
const PATIENCE: Duration = Duration::from_secs(30);
const SECRET: &[u8] = b"a secret for tests, long enough to be one";

pub(crate) struct World {
    pub(crate) hands: Hands,
    pub(crate) model: Arc<TestModel>,
    pub(crate) sandbox: Arc<TestSandbox>,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) root: PathBuf,
    pub(crate) team: TeamId,
    pub(crate) project: ProjectId,
    pub(crate) account: AccountId,
    _projections: Projections,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().canonicalize().expect("its path");
        let root = home.join("work");
        std::fs::create_dir(&root).expect("a project folder");
        let store = SqliteStore::open(home.join("journal.db")).await.expect("a journal");
        let views = Db::sqlite(home.join("views.db")).await.expect("views");
        let journal: Arc<dyn Journal> = Arc::new(store.clone());
        let keyring = Arc::new(Keyring::new(Arc::new(store.clone()), SECRET));
        let (model, sandbox, clock) = (Arc::new(TestModel::default()), Arc::new(TestSandbox::default()), Arc::new(MovedClock::default()));
        let cas = LocalStore::open(&home.join("blobs")).expect("a store");
        let parts = Parts {
            journal: journal.clone(),
            vault: Arc::new(store.clone()),
            keyring: keyring.clone(),
            clock: clock.clone(),
            ids: Arc::new(RandomIds),
            passwords: Arc::new(Bcrypt::default()),
            files: Arc::new(ServedProjectFiles::in_process()),
            snapshots: Arc::new(LocalSnapshots::new(
                cas.clone(),
                keyring.clone(),
                home.join("indexes"),
                home.join("forks"),
                Rules::default(),
            )),
            roots: Arc::new(store.clone()),
            leases: Arc::new(store.clone()),
            blobs: Arc::new(EncryptedBlobs::new(Arc::new(cas), keyring.clone())),
            model: model.clone(),
            live: LiveTurns::default(),
            settings: Settings {
                mode: Mode::Desktop,
                registration: Registration::Closed,
                home: home.clone(),
                project_roots: vec![home.clone()],
                templates: crate::project::templates::names(),
            },
        };
        let tail = Tail::start(journal.clone()).await.expect("a tail");
        let projections = Projections::start(views.clone(), tail.clone()).await.expect("an engine");
        let hands = Hands {
            commands: Commands::new(parts, SECRET),
            queries: Queries::new(views, journal, keyring),
            feed: projections.feed().clone(),
            tail,
            leases: Arc::new(store),
            work: Arc::new(opensail_eventstore::relay::InProcessWork::default()),
            sandbox: sandbox.clone(),
            worker: "node/boot".into(),
            lease: Duration::from_secs(30),
        };
        let (team, project, account) = (TeamId(Uuid::now_v7()), ProjectId(Uuid::now_v7()), AccountId(Uuid::now_v7()));
        World { hands, model, sandbox, clock, root, team, project, account, _projections: projections, _folder: folder }
    }

    /// Most tests need none; what is decided by a session's team does.
    pub(crate) async fn create_team(&self) {
        self.put(PutTeam(TeamCommand::Create { team_id: self.team, name: "crew".into(), created_by: self.account })).await;
    }

    /// Puts a project with this source into the journal; a folder is ready at once.
    pub(crate) async fn create_project(&self, project_id: ProjectId, source: Source) {
        let ready = matches!(source, Source::Folder { .. });
        let created = Created { project_id, team_id: self.team, name: "work".into(), source, created_by: self.account };
        self.put(PutProject(self.team, project_id, ProjectCommand::Create(created))).await;
        if ready {
            self.put(PutProject(self.team, project_id, ProjectCommand::FinishPreparation)).await;
        }
    }

    pub(crate) async fn request(&self, edit_mode: EditMode, budget: Budget) -> SessionId {
        let session_id = SessionId(Uuid::now_v7());
        let subject = format!("session-{session_id}");
        let requested = Requested {
            session_id,
            project_id: self.project,
            team_id: self.team,
            task: Private::open(&subject, "do it".into()),
            title: Private::open(&subject, "do it".into()),
            model: "test".into(),
            edit_mode,
            budget,
            requested_by: self.account,
        };
        self.tell(session_id, AgentSessionCommand::Request { requested: Box::new(requested), model_has_price: true }).await;
        session_id
    }

    /// Puts a command to a session, as people and earlier runs would.
    pub(crate) async fn tell(&self, session_id: SessionId, command: AgentSessionCommand) {
        self.put(PutSession(Place::project(self.team, self.project), session_id, command)).await;
    }

    async fn put(&self, command: impl Command) {
        loop {
            match self.hands.commands.execute(&Caller::system("test"), &command).await {
                // The run beside it was faster each time.
                Err(CommandError::Conflict) => tokio::task::yield_now().await,
                done => return drop(done.expect("the rules allow it")),
            }
        }
    }

    pub(crate) async fn lease(&self) -> Lease {
        self.hands.leases.acquire(&lease_of(self.project), &self.hands.worker, Duration::from_secs(600)).await.expect("a lease")
    }

    /// Runs the session to its end.
    pub(crate) async fn run(&self, session_id: SessionId) -> Story {
        let lease = self.lease().await;
        let run = crate::agent_session::run_session(
            self.hands.clone(),
            session_id,
            async |_| Ok(self.root.clone()),
            lease.fence(),
            CancellationToken::new(),
        );
        tokio::time::timeout(PATIENCE, run).await.expect("an end").expect("no halt");
        self.hands.leases.release(&lease).await.expect("released");
        self.story(session_id).await
    }

    pub(crate) async fn story(&self, session_id: SessionId) -> Story {
        let (events, state) = self.hands.commands.read_session(session_id, None).await.expect("a session");
        Story { events: events.into_iter().map(|(_, event)| event).collect(), state }
    }

    /// Waits until the session's story is as wanted.
    pub(crate) async fn until(&self, session_id: SessionId, wanted: impl Fn(&Story) -> bool) -> Story {
        let streams = vec![StreamId::new("agent_session", session_id)];
        let mut feed = self.hands.tail.subscribe(0, Filter { streams, ..Filter::default() });
        let look = async {
            loop {
                let story = self.story(session_id).await;
                if wanted(&story) {
                    return story;
                }
                feed.next().await.expect("a journal");
            }
        };
        tokio::time::timeout(PATIENCE, look).await.expect("what was waited for")
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    pub(crate) fn content(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(path)).ok()
    }

    /// What one call of a tool comes to, in a session that asks for nothing.
    pub(crate) async fn call(
        &self,
        tool: &str,
        arguments: serde_json::Value,
    ) -> (opensail_domain::agent_session::message::CallOutcome, String) {
        self.model.then(calls(&[(tool, arguments)])).then(says("done"));
        let session = self.request(EditMode::Allow, Budget::default()).await;
        let story = self.run(session).await;
        let (outcome, output) = story.results().pop().expect("a result");
        (outcome, output)
    }
}

/// What has happened in a session.
pub(crate) struct Story {
    pub(crate) events: Vec<AgentSessionEvent>,
    pub(crate) state: AgentSession,
}

impl Story {
    pub(crate) fn status(&self) -> &'static str {
        self.state.status().map_or("absent", |status| status.as_str())
    }
    /// Without captures, which stand beside the rest in no fixed place.
    pub(crate) fn types(&self) -> Vec<&'static str> {
        use opensail_domain::kernel::Event;
        let captured = |event: &&AgentSessionEvent| matches!(event, AgentSessionEvent::WorkspaceCaptured(_));
        self.events.iter().filter(|event| !captured(event)).map(|event| event.event_type().trim_start_matches("agent_session.")).collect()
    }
    pub(crate) fn results(&self) -> Vec<(opensail_domain::agent_session::message::CallOutcome, String)> {
        let completed = self.events.iter().filter_map(|event| match event {
            AgentSessionEvent::ToolCallCompleted(e) => Some((e.outcome, e.output.text().to_owned())),
            _ => None,
        });
        completed.collect()
    }
    pub(crate) fn question(&self) -> Option<&opensail_domain::agent_session::event::ApprovalRequested> {
        self.events.iter().rev().find_map(|event| match event {
            AgentSessionEvent::ApprovalRequested(e) => Some(e),
            _ => None,
        })
    }
    pub(crate) fn transcript(&self) -> Transcript {
        Transcript::of(&self.events)
    }
}

struct PutSession(Place, SessionId, AgentSessionCommand);

#[async_trait]
impl Command for PutSession {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.decide::<AgentSessionDecider>(self.1, self.0.clone(), self.2.clone()).await.map(drop)
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

struct PutTeam(TeamCommand);

#[async_trait]
impl Command for PutTeam {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let TeamCommand::Create { team_id, .. } = &self.0 else { panic!("only made here") };
        change.decide::<TeamDecider>(*team_id, Place::team(*team_id), self.0.clone()).await.map(drop)
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

struct PutProject(TeamId, ProjectId, ProjectCommand);

#[async_trait]
impl Command for PutProject {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.decide::<ProjectDecider>(self.1, Place::project(self.0, self.1), self.2.clone()).await.map(drop)
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

/// The system's clock, moved by hand.
#[derive(Default)]
pub(crate) struct MovedClock(AtomicI64);

impl MovedClock {
    pub(crate) fn forward(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).expect("short"), Ordering::SeqCst);
    }
    pub(crate) fn back(&self, by: Duration) {
        self.0.fetch_sub(i64::try_from(by.as_micros()).expect("short"), Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> i64 {
        SystemClock.now() + self.0.load(Ordering::SeqCst)
    }
}

/// One answer of the model.
pub(crate) enum Line {
    Turn(ModelTurn),
    Fails(ModelErrorKind, Option<Duration>),
    /// Never answers.
    Hangs,
}

#[derive(Default)]
pub(crate) struct TestModel {
    lines: Mutex<VecDeque<Line>>,
    pub(crate) asked: Mutex<Vec<ModelRequest>>,
}

impl TestModel {
    pub(crate) fn then(&self, line: Line) -> &Self {
        self.lines.lock().expect("unbroken").push_back(line);
        self
    }
}

pub(crate) fn says(text: &str) -> Line {
    turn(text, vec![])
}

pub(crate) fn calls(calls: &[(&str, serde_json::Value)]) -> Line {
    turn("", calls.iter().map(|(tool, arguments)| WantedCall { tool: (*tool).into(), arguments: arguments.to_string() }).collect())
}

pub(crate) fn turn(text: &str, calls: Vec<WantedCall>) -> Line {
    let tokens = Tokens { input: 10, output: 5, cached: 0 };
    Line::Turn(ModelTurn { text: text.into(), calls, model: "test-1".into(), tokens, truncated: false })
}

#[async_trait]
impl Model for TestModel {
    async fn turn(&self, request: ModelRequest, deltas: mpsc::Sender<String>, cancel: CancellationToken) -> Result<ModelTurn, ModelError> {
        self.asked.lock().expect("unbroken").push(request);
        let line = self.lines.lock().expect("unbroken").pop_front();
        match line {
            Some(Line::Turn(turn)) => {
                let _ = deltas.send(turn.text.clone()).await;
                Ok(turn)
            }
            Some(Line::Fails(kind, retry_after)) => Err(ModelError { kind, detail: "as told".into(), retry_after }),
            Some(Line::Hangs) => {
                cancel.cancelled().await;
                Err(ModelError { kind: ModelErrorKind::Cancelled, detail: "cancelled".into(), retry_after: None })
            }
            None => Err(ModelError { kind: ModelErrorKind::ScriptEnded, detail: "no further line".into(), retry_after: None }),
        }
    }
    fn price(&self, _model: &str) -> Option<Price> {
        Some(Price { input: 1_000_000, output: 2_000_000, cached: 0 })
    }
    fn default_model(&self) -> String {
        "test".into()
    }
}

/// Plays commands: what they print, and how they end.
#[derive(Default)]
pub(crate) struct TestSandbox {
    plays: Mutex<VecDeque<Play>>,
    pub(crate) ran: Mutex<Vec<SandboxRequest>>,
    pub(crate) runs: AtomicUsize,
}

pub(crate) enum Play {
    Ends(&'static str, SandboxEnd),
    /// Prints and runs until it is stopped.
    Hangs(&'static str),
    Refused,
}

impl TestSandbox {
    pub(crate) fn then(&self, play: Play) -> &Self {
        self.plays.lock().expect("unbroken").push_back(play);
        self
    }
}

#[async_trait]
impl Sandbox for TestSandbox {
    async fn run(
        &self,
        request: SandboxRequest,
        output: mpsc::Sender<OutputChunk>,
        cancel: CancellationToken,
    ) -> Result<SandboxOutcome, SandboxError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.ran.lock().expect("unbroken").push(request);
        let play = self.plays.lock().expect("unbroken").pop_front().expect("a command was expected");
        let (text, end) = match play {
            Play::Refused => return Err(SandboxError::Refused { why: "no namespaces".into(), remedy: "install bubblewrap".into() }),
            Play::Ends(text, end) => (text, end),
            Play::Hangs(text) => {
                let _ = output.send(OutputChunk::Stdout(Bytes::from_static(text.as_bytes()))).await;
                cancel.cancelled().await;
                ("", SandboxEnd::Cancelled)
            }
        };
        let _ = output.send(OutputChunk::Stdout(Bytes::from_static(text.as_bytes()))).await;
        Ok(SandboxOutcome { end, duration: Duration::ZERO })
    }
    async fn report(&self) -> SandboxReport {
        SandboxReport { isolation: Ok("test".into()), limits: "none".into(), remedy: None }
    }
}

/// Lower-case hex of the SHA-256.
pub(crate) fn sha256(content: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(content.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
