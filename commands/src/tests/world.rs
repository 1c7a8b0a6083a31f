//! One journal, two nodes, and short words for what tests do often.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opensail_domain::agent_session::AgentSessionCommand;
use opensail_domain::agent_session::event::{Budget, EditMode};
use opensail_domain::agent_session::message::{Answer, Tokens, ToolCall};
use opensail_domain::kernel::{AccountId, ApprovalId, ProjectId, SessionId, TeamId};
use opensail_domain::project::Source;
use opensail_domain::team::Role;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Fence, Filter, Journal, Leases, Recorded, Vault};

use super::fakes::{Doors, Files, HandClock, NoBlobs, NoModel, Passwords, SmallStore};
use crate::account::{RegisterAccount, SignedIn};
use crate::agent_session::{Driven, StartSession};
use crate::live::LiveTurns;
use crate::ports::clock::{Clock, RandomIds};
use crate::project::{CreateProject, FinishPreparation};
use crate::team::{AddMember, CreateTeam, NewMember};
use crate::*;

const SECRET: &[u8] = b"a secret of tests";
pub(super) const PASSWORD: &str = "correct horse";

pub(super) struct World {
    folder: tempfile::TempDir,
    pub(super) store: SqliteStore,
    outside: Outside,
    pub(super) settings: Settings,
    /// Two processes on one journal.
    pub(super) a: Commands,
    pub(super) b: Commands,
}

/// What both nodes share beside the journal.
pub(super) struct Outside {
    pub(super) clock: Arc<HandClock>,
    pub(super) files: Arc<Files>,
    pub(super) passwords: Arc<Passwords>,
    pub(super) snapshots: Arc<SmallStore>,
    pub(super) doors: Arc<Doors>,
}

impl std::ops::Deref for World {
    type Target = Outside;
    fn deref(&self) -> &Outside {
        &self.outside
    }
}

impl World {
    pub(super) async fn new() -> World {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(adjust: impl FnOnce(&mut Settings)) -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
        let root = folder.path().canonicalize().expect("a folder");
        let mut settings = Settings {
            mode: Mode::Desktop,
            registration: Registration::Open,
            home: root.join("home"),
            project_roots: vec![root.clone()],
            templates: vec!["hello".into()],
        };
        adjust(&mut settings);
        let doors = Arc::new(Doors { store: store.clone(), before_acquire: Mutex::default() });
        let outside = Outside { clock: Arc::default(), files: Arc::default(), passwords: Arc::default(), snapshots: Arc::default(), doors };
        let node = |journal| node(&store, journal, &outside, &settings);
        let (a, b) = (node(Arc::new(store.clone())), node(Arc::new(store.clone())));
        World { a, b, folder, store, outside, settings }
    }

    /// One more process, on a journal of its own making.
    pub(super) fn node(&self, journal: Arc<dyn Journal>) -> Commands {
        node(&self.store, journal, &self.outside, &self.settings)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        let path = self.settings.project_roots[0].join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        assert!(self.folder.path().exists());
        path
    }

    pub(super) async fn register(&self, email: &str) -> SignedIn {
        let wish = RegisterAccount { email: email.into(), password: PASSWORD.into(), name: "Ada".into(), invitation: None };
        self.a.register_account(&Caller::anonymous(), wish).await.expect("registered").answer
    }

    pub(super) async fn person(&self, email: &str) -> AccountId {
        self.register(email).await.account_id
    }

    pub(super) async fn team(&self, admin: AccountId) -> TeamId {
        self.a.execute(&Caller::person(admin), &CreateTeam { name: "Team".into() }).await.expect("a team").answer.team_id
    }

    pub(super) async fn add(&self, admin: AccountId, team_id: TeamId, account: AccountId, role: Role) {
        let add = AddMember { team_id, member: NewMember::Account(account), role };
        self.a.execute(&Caller::person(admin), &add).await.expect("added");
    }

    pub(super) async fn project(&self, account: AccountId, team_id: TeamId) -> ProjectId {
        let create = CreateProject { team_id, name: "Project".into(), source: Source::Empty };
        let project_id = self.a.execute(&Caller::person(account), &create).await.expect("a project").answer.project_id;
        self.a.execute(&Caller::system("test"), &FinishPreparation { project_id }).await.expect("prepared");
        project_id
    }

    pub(super) fn task(project_id: ProjectId, task: &str) -> StartSession {
        StartSession { project_id, task: task.into(), model: None, edit_mode: EditMode::Ask, budget: Budget::default() }
    }

    pub(super) async fn session(&self, account: AccountId, project_id: ProjectId) -> SessionId {
        let start = Self::task(project_id, "Say hello to the secret garden");
        self.a.execute(&Caller::person(account), &start).await.expect("a session").answer.session_id
    }

    pub(super) async fn lease(&self, resource: &str, holder: &str) -> Fence {
        self.store.acquire(resource, holder, Duration::from_secs(60)).await.expect("a lease").fence()
    }

    pub(super) async fn drive(&self, fence: &Fence, session_id: SessionId, command: AgentSessionCommand) -> Result<Driven, CommandError> {
        self.a.drive(&Caller::agent(session_id, "scripted"), fence.clone(), session_id, command).await
    }

    /// The session's agent asks whether it may run a command.
    pub(super) async fn question(&self, session_id: SessionId, approval_id: ApprovalId) {
        let fence = self.lease(&format!("session-{session_id}"), "test").await;
        let call = ToolCall { call_id: "1-0".into(), tool: "bash_exec".into(), arguments: "{}".into() };
        let answer = Answer { text: String::new(), tool_calls: vec![call] };
        let (grant, preview) = ("ls".into(), "$ ls".into());
        for command in [
            AgentSessionCommand::BeginRun { worker: "test".into() },
            AgentSessionCommand::StartTurn,
            AgentSessionCommand::CompleteTurn {
                answer,
                model: "scripted".into(),
                tokens: Tokens::default(),
                micro_usd: None,
                duration_ms: 1,
            },
            AgentSessionCommand::RequestApproval { approval_id, call_id: "1-0".into(), grant, preview, now: self.clock.now() },
        ] {
            self.drive(&fence, session_id, command).await.expect("driven");
        }
    }

    pub(super) async fn events(&self) -> Vec<Recorded> {
        self.store.read_all(0, 1000, &Filter::default()).await.expect("events").events
    }

    pub(super) async fn count(&self, event_type: &str) -> usize {
        self.events().await.iter().filter(|event| event.event_type == event_type).count()
    }
}

fn node(store: &SqliteStore, journal: Arc<dyn Journal>, outside: &Outside, settings: &Settings) -> Commands {
    let vault: Arc<dyn Vault> = Arc::new(store.clone());
    let parts = Parts {
        journal,
        keyring: Arc::new(Keyring::new(Arc::clone(&vault), SECRET)),
        vault,
        clock: outside.clock.clone(),
        ids: Arc::new(RandomIds),
        passwords: outside.passwords.clone(),
        files: outside.files.clone(),
        blobs: Arc::new(NoBlobs),
        snapshots: outside.snapshots.clone(),
        roots: Arc::new(store.clone()),
        leases: outside.doors.clone(),
        model: Arc::new(NoModel),
        live: LiveTurns::default(),
        settings: settings.clone(),
    };
    Commands::new(parts, SECRET)
}

/// The code of a refusal.
#[track_caller]
pub(super) fn code<T: std::fmt::Debug>(outcome: Result<T, CommandError>) -> &'static str {
    match outcome.expect_err("it was granted") {
        CommandError::Rejected(info) => info.code,
        CommandError::Unauthenticated { code, .. } => code,
        other => panic!("{other:?}"),
    }
}
