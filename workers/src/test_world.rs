//! What the tests of this crate stand on: a real journal in a fresh folder, real files and blobs, a model and a sandbox that do as told,
//! and a clock that can be moved.

mod clock;
mod model;
mod put;
mod sandbox;
mod story;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use opensail_commands::live::LiveTurns;
use opensail_commands::ports::clock::RandomIds;
use opensail_commands::{Caller, Command, CommandError, Commands, Mode, Parts, Place, Registration, Settings};
use opensail_csi::cas::LocalStore;
use opensail_csi::tree::Rules;
use opensail_domain::agent_session::AgentSessionCommand;
use opensail_domain::agent_session::event::{Budget, EditMode, Requested};
use opensail_domain::agent_session::message::CallOutcome;
use opensail_domain::kernel::{AccountId, Private, ProjectId, SessionId, TeamId};
use opensail_domain::project::{Created, ProjectCommand, Source};
use opensail_domain::team::TeamCommand;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Filter, Journal, Lease, StreamId};
use opensail_projections::{Db, Projections, Queries};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use clock::MovedClock;
pub(crate) use model::{Line, TestModel, calls, says, turn};
use put::{PutProject, PutSession, PutTeam};
pub(crate) use sandbox::{Play, TestSandbox};
pub(crate) use story::Story;

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
    pub(crate) async fn call(&self, tool: &str, arguments: serde_json::Value) -> (CallOutcome, String) {
        self.model.then(calls(&[(tool, arguments)])).then(says("done"));
        let session = self.request(EditMode::Allow, Budget::default()).await;
        let story = self.run(session).await;
        let (outcome, output) = story.results().pop().expect("a result");
        (outcome, output)
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
