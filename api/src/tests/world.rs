//! One server, and short words for what tests do often.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use opensail_commands::live::LiveTurns;
use opensail_commands::ports::clock::{RandomIds, SystemClock};
use opensail_commands::project::FinishPreparation;
use opensail_commands::{Caller, Commands, Mode, Registration, Settings};
use opensail_domain::agent_session::AgentSessionCommand;
use opensail_domain::kernel::{ProjectId, SessionId};
use opensail_eventstore::relay::InProcessWork;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Fence, Journal, Leases, Vault};
use opensail_projections::{Db, Projections, Queries};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::fakes::{Files, HeldBlobs, NoModel, NoSnapshots, Passwords};
use crate::{Api, ApiConfig, ApiKey32, Parts, PublicUrl, router};

const SECRET: &[u8] = b"a secret of tests";
pub(super) const ORIGIN: &str = "http://127.0.0.1:7420";
pub(super) const PASSWORD: &str = "correct horse";

pub(super) struct World {
    _folder: tempfile::TempDir,
    _views: Projections,
    pub(super) store: SqliteStore,
    pub(super) commands: Commands,
    pub(super) api: Api,
    pub(super) router: Router,
}

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {:?}", self.bytes))
    }
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.bytes.to_vec()).expect("text")
    }
    #[track_caller]
    pub(super) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:?}", self.bytes);
        self
    }
    /// A problem with this status and code.
    #[track_caller]
    pub(super) fn refused(self, status: u16, code: &str) -> Value {
        let problem = self.is(status);
        assert_eq!(problem.headers[header::CONTENT_TYPE], "application/problem+json");
        let body = problem.json();
        assert_eq!((body["code"].as_str(), body["status"].as_u64()), (Some(code), Some(status.into())), "{body}");
        body
    }
    pub(super) fn cookie(&self, name: &str) -> String {
        let lines = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        let line = lines.filter_map(|line| line.strip_prefix(&format!("{name}="))).next().expect("a cookie");
        line.split(';').next().unwrap_or_default().into()
    }
}

/// Somebody's token, ready for a header.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) bearer: String,
    pub(super) account: String,
}

impl World {
    pub(super) async fn new() -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a folder");
        let store = SqliteStore::open(root.join("journal.db")).await.expect("a journal");
        let journal: Arc<dyn Journal> = Arc::new(store.clone());
        let vault: Arc<dyn Vault> = Arc::new(store.clone());
        let keyring = Arc::new(Keyring::new(vault.clone(), SECRET));
        let tail = Tail::start(journal.clone()).await.expect("a tail");
        let db = Db::sqlite(root.join("views.db")).await.expect("views");
        let views = Projections::start(db.clone(), tail.clone()).await.expect("projections");
        let parts = opensail_commands::Parts {
            journal: journal.clone(),
            vault,
            keyring: keyring.clone(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            passwords: Arc::new(Passwords),
            files: Arc::new(Files::default()),
            blobs: Arc::new(HeldBlobs::default()),
            snapshots: Arc::new(NoSnapshots),
            roots: Arc::new(store.clone()),
            leases: Arc::new(store.clone()),
            model: Arc::new(NoModel),
            live: LiveTurns::default(),
            settings: Settings {
                mode: Mode::Desktop,
                registration: Registration::Open,
                home: root.join("home"),
                project_roots: vec![root],
                templates: vec!["hello".into()],
            },
        };
        let commands = Commands::new(parts, SECRET);
        let config = ApiConfig {
            public_url: PublicUrl::parse(ORIGIN).expect("an address"),
            jwt_key: ApiKey32::new([1; 32]),
            csrf_key: ApiKey32::new([2; 32]),
        };
        let queries = Queries::new(db, journal, keyring);
        let api = Api::new(Parts {
            config,
            commands: commands.clone(),
            queries,
            feed: views.feed().clone(),
            projections: views.clone(),
            tail,
            work: Arc::new(InProcessWork::default()),
            probes: Vec::new(),
        });
        World { _folder: folder, _views: views, store, commands, router: router(api.clone()), api }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Opens a stream and leaves it open.
    pub(super) async fn open(&self, request: Request<Body>) -> Frames {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Frames { body: response.into_body(), text: String::new() }
    }

    pub(super) async fn ask(&self, person: &Person, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send(request(method, path, Some(&person.bearer), body)).await
    }
    pub(super) async fn get(&self, person: &Person, path: &str) -> Answer {
        self.ask(person, "GET", path, None).await
    }
    pub(super) async fn post(&self, person: &Person, path: &str, body: Value) -> Answer {
        self.ask(person, "POST", path, Some(body)).await
    }

    pub(super) async fn person(&self, name: &str) -> Person {
        let body = json!({ "email": format!("{name}@example.org"), "password": PASSWORD, "name": name });
        let answer = self.send(request("POST", "/api/v1/auth/register", None, Some(body))).await.is(201);
        let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().expect("a token"));
        let position = answer.headers["opensail-position"].to_str().expect("a cursor").to_owned();
        let person = Person { bearer, account: String::new() };
        let me = self.get(&person, &format!("/api/v1/auth/me?min_position={position}")).await.is(200).json();
        Person { account: me["id"].as_str().expect("an id").into(), ..person }
    }

    pub(super) async fn team(&self, admin: &Person) -> String {
        let team = self.post(admin, "/api/v1/teams", json!({ "name": "Team" })).await.is(201).json();
        team["id"].as_str().expect("an id").into()
    }

    pub(super) async fn project(&self, person: &Person, team: &str) -> String {
        let body = json!({ "team_id": team, "name": "Project" });
        let id = self.post(person, "/api/v1/projects", body).await.is(201).json()["id"].as_str().expect("an id").to_owned();
        let project_id: ProjectId = id.parse().expect("an id");
        self.commands.execute(&Caller::system("test"), &FinishPreparation { project_id }).await.expect("prepared");
        id
    }

    pub(super) async fn session(&self, person: &Person, project: &str) -> String {
        let path = format!("/api/v1/projects/{project}/sessions");
        let session = self.post(person, &path, json!({ "task": "Say hello" })).await.is(201).json();
        session["id"].as_str().expect("an id").into()
    }

    pub(super) async fn fence(&self, session: &str) -> Fence {
        self.store.acquire(session, "test", Duration::from_secs(60)).await.expect("a lease").fence()
    }

    /// What the worker would write.
    pub(super) async fn drive(&self, fence: &Fence, session: &str, command: AgentSessionCommand) {
        let id: SessionId = session.parse().expect("an id");
        self.commands.drive(&Caller::agent(id, "scripted"), fence.clone(), id, command).await.expect("driven");
    }
}

pub(super) fn request(method: &str, path: &str, bearer: Option<&str>, body: Option<Value>) -> Request<Body> {
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).expect("a method")).uri(path);
    request = request.header(header::HOST, "127.0.0.1:7420");
    if let Some(bearer) = bearer {
        request = request.header(header::AUTHORIZATION, bearer);
    }
    match body {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    }
    .expect("a request")
}

/// An open stream, read frame by frame.
pub(super) struct Frames {
    body: Body,
    text: String,
}

impl Frames {
    /// The next frame without its last blank line; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(frame);
            }
            let data = self.body.frame().await?.expect("a frame").into_data().expect("data");
            self.text.push_str(std::str::from_utf8(&data).expect("text"));
        }
    }

    /// The `event` and `id` of the next frame that has an event.
    pub(super) async fn event(&mut self) -> Option<(String, Option<String>, Value)> {
        loop {
            let frame = self.next().await?;
            let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).map(String::from);
            if let Some(event) = field("event") {
                let data = serde_json::from_str(&field("data").expect("data")).expect("JSON");
                return Some((event, field("id"), data));
            }
        }
    }
}
