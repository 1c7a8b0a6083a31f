//! Several processes over one PostgreSQL and one data folder, as a deployment with DEPLOYMENT_MODE=docker has them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::postgres::{Database, fresh_database};
use crate::world::{Answer, until};

const SECRET: &str = "a secret that all processes of a cluster share";
pub const ADMIN: &str = "admin@example.org";
pub const PASSWORD: &str = "correct horse battery";

pub struct Cluster {
    binary: PathBuf,
    pub database: Database,
    folder: TempDir,
    environment: Vec<(String, String)>,
    pub http: reqwest::Client,
}

/// One process.
pub struct Node {
    pub url: String,
    child: Child,
    log: PathBuf,
}

impl Cluster {
    /// No process yet.
    pub async fn new(binary: &str, environment: &[(&str, &str)]) -> Cluster {
        Cluster::over(fresh_database().await, binary, environment)
    }

    /// The same over a database that the test has at hand.
    pub fn over(database: Database, binary: &str, environment: &[(&str, &str)]) -> Cluster {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder");
        let environment = environment.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Cluster { binary: binary.into(), database, folder, environment, http }
    }

    /// For processes that begin later.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.into(), value.into()));
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).env_clear().kill_on_drop(true);
        for name in ["PATH", "HOME", "USER"] {
            if let Ok(value) = std::env::var(name) {
                command.env(name, value);
            }
        }
        command.env("DEPLOYMENT_MODE", "docker").env("OPENSAIL_HOME", self.home()).env("SECRET_KEY", SECRET);
        command.env("OPENSAIL_PUBLIC_URL", "https://sail.example.org");
        command.env("DATABASE_URL", &self.database.app_url).env("DATABASE_OWNER_URL", &self.database.owner_url);
        command.env("OPENSAIL_ADMIN_EMAIL", ADMIN).env("OPENSAIL_ADMIN_PASSWORD", PASSWORD);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts a process, without waiting for it.
    pub fn begin(&self, role: &str) -> Node {
        self.begin_with(role, &[])
    }

    fn begin_with(&self, role: &str, environment: &[(&str, &str)]) -> Node {
        let log = self.folder.path().join(format!("{role}-{}.log", uuid::Uuid::now_v7()));
        let file = std::fs::File::create(&log).expect("a log");
        let mut command = self.command(&["serve", "--role", role]);
        command.env("OPENSAIL_LISTEN", "127.0.0.1:0").envs(environment.iter().copied()).stdin(Stdio::null());
        command.stdout(file.try_clone().expect("a log")).stderr(file);
        Node { url: String::new(), child: command.spawn().expect("it starts"), log }
    }

    /// A process that is ready.
    pub async fn start(&self, role: &str) -> Node {
        self.start_with(role, &[]).await
    }

    /// The same with settings of its own.
    pub async fn start_with(&self, role: &str, environment: &[(&str, &str)]) -> Node {
        let mut node = self.begin_with(role, environment);
        node.ready(&self.http).await;
        node
    }

    pub async fn ask(&self, node: &Node, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", node.url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request.send().await.expect("an answer")).await
    }

    pub async fn get(&self, node: &Node, token: &str, path: &str) -> Value {
        self.ask(node, token, Method::GET, path, None).await.expect(200)
    }

    pub async fn post(&self, node: &Node, token: &str, path: &str, body: Value) -> Answer {
        self.ask(node, token, Method::POST, path, Some(&body)).await
    }

    pub async fn sign_in(&self, node: &Node, email: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.post(node, "", "/api/v1/auth/login", body).await.expect(200);
        answer["access_token"].as_str().expect("a token").into()
    }

    /// An empty project of a team of the caller's own, ready: `(team, project, its folder)`.
    pub async fn project(&self, node: &Node, token: &str) -> (String, String, PathBuf) {
        let id = |answer: Value| answer["id"].as_str().expect("an id").to_owned();
        let team = id(self.post(node, token, "/api/v1/teams", json!({ "name": "sailors" })).await.expect(201));
        let made = self.post(node, token, "/api/v1/projects", json!({ "team_id": team, "name": "boat" })).await;
        let project = id(made.expect(201));
        let path = format!("/api/v1/projects/{project}");
        until("the project to be ready", async || (self.get(node, token, &path).await["status"] == "ready").then_some(())).await;
        let folder = self.home().join("projects").join(&project);
        (team, project, folder)
    }

    pub async fn session(&self, node: &Node, token: &str, project: &str, body: Value) -> String {
        let answer = self.post(node, token, &format!("/api/v1/projects/{project}/sessions"), body).await.expect(201);
        answer["id"].as_str().expect("an id").into()
    }

    pub async fn session_is(&self, node: &Node, token: &str, session: &str, statuses: &[&str]) -> Value {
        until(&format!("session {session} to be {statuses:?}"), async || {
            let details = self.get(node, token, &format!("/api/v1/sessions/{session}")).await;
            statuses.iter().any(|status| details["status"] == *status).then_some(details)
        })
        .await
    }

    /// Every event of a session, in order; at most 200.
    pub async fn events(&self, node: &Node, token: &str, session: &str) -> Vec<Value> {
        let page = self.get(node, token, &format!("/api/v1/sessions/{session}/events?limit=200")).await;
        assert_eq!(page["next"], Value::Null, "a session of this test has fewer events");
        page["items"].as_array().expect("items").clone()
    }

    /// How many events of a type a session has.
    pub async fn count(&self, node: &Node, token: &str, session: &str, of_type: &str) -> usize {
        self.events(node, token, session).await.iter().filter(|event| event["type"] == of_type).count()
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Node {
    pub async fn ready(&mut self, http: &reqwest::Client) {
        let (child, log) = (&mut self.child, &self.log);
        self.url = until("a process to be ready", async || {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            if let Some(status) = child.try_wait().expect("a child") {
                panic!("a process ended with {status}: {said}");
            }
            let url = said
                .lines()
                .find_map(|line| line.strip_prefix("OpenSail ")?.rsplit_once(", listening on ").map(|(_, url)| url.trim().to_owned()))?;
            http.get(format!("{url}/readyz")).send().await.ok()?.status().is_success().then_some(url)
        })
        .await;
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGSTOP, SIGCONT and their like.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("a running process");
        kill_process(pid, signal).expect("signalled");
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// SIGTERM, and the wait for its end.
    pub async fn stop(mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        self.child.wait().await.expect("waited").code()
    }
}
