//! A house of its own for each test: a data folder, a real server process on a port of the system's choice, and hands to use them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// How long a wish may take to come true before the test gives up; a bound for a broken build, not a measure.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Looks until something is there. The only waiting that tests do.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, look).await
}

/// [`until`] for what takes longer than anything else: the end of a lease.
pub async fn until_within<T>(patience: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = tokio::time::timeout(patience, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    found.await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// An answer of the server.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Answer {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("a body");
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }

    /// The body, if the status is as expected.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body
    }
}

pub struct World {
    binary: PathBuf,
    folder: TempDir,
    environment: Vec<(String, String)>,
    server: Option<Child>,
    pub url: String,
    pub token: String,
    pub http: reqwest::Client,
}

impl World {
    /// A running server over an empty data folder; `binary` is the program under test.
    pub async fn start(binary: &str, environment: &[(&str, &str)]) -> World {
        let mut world = World::at_rest(binary, environment);
        world.serve(&[]).await;
        world
    }

    /// A data folder with no server yet.
    pub fn at_rest(binary: &str, environment: &[(&str, &str)]) -> World {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder");
        let environment = environment.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        World { binary: binary.into(), folder, environment, server: None, url: String::new(), token: String::new(), http }
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A folder beneath the allowed project roots.
    pub fn project_folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join("work").join(name);
        std::fs::create_dir_all(&folder).expect("a project folder");
        folder.canonicalize().expect("a real folder")
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The program with this world's environment and nothing of the caller's that could leak in.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).env_clear().kill_on_drop(true);
        for name in ["PATH", "HOME", "USER"] {
            if let Ok(value) = std::env::var(name) {
                command.env(name, value);
            }
        }
        command.env("OPENSAIL_HOME", self.home()).env("OPENSAIL_PROJECT_ROOTS", self.folder.path().join("work"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts the server and waits until it is ready. A restart keeps the port, so that clients find it again.
    pub async fn serve(&mut self, environment: &[(&str, &str)]) {
        self.serve_as("all", environment).await;
    }

    /// The same for a part of it: `api`, `worker` or `all`.
    pub async fn serve_as(&mut self, role: &str, environment: &[(&str, &str)]) {
        let listen = match self.url.strip_prefix("http://") {
            Some(address) => address.to_string(),
            None => "127.0.0.1:0".into(),
        };
        let _ = std::fs::remove_file(self.home().join("server.url"));
        std::fs::create_dir_all(self.folder.path().join("work")).expect("the project roots");
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("server.log")).expect("a log");
        let mut command = self.command(&["serve", "--role", role]);
        command.env("OPENSAIL_LISTEN", listen).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        self.server = Some(command.spawn().expect("the server starts"));
        self.wait_until_ready().await;
    }

    async fn wait_until_ready(&mut self) {
        let home = self.home();
        let http = self.http.clone();
        let log = self.folder.path().join("server.log");
        let ready = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Ok(url) = std::fs::read_to_string(home.join("server.url")) {
                    let url = url.trim().to_string();
                    let answer = http.get(format!("{url}/readyz")).send().await;
                    if answer.is_ok_and(|answer| answer.status().is_success()) {
                        return url;
                    }
                }
                if let Some(status) = self.server.as_mut().and_then(|server| server.try_wait().ok().flatten()) {
                    panic!("the server ended with {status}: {}", std::fs::read_to_string(&log).unwrap_or_default());
                }
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
        self.url = ready.unwrap_or_else(|_| panic!("the server is not ready: {}", self.log()));
        self.token = std::fs::read_to_string(self.home().join("cli.token")).expect("a token").trim().to_string();
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().await.expect("killed");
        }
    }

    /// Waits until the server has died by itself (at a crash point).
    pub async fn dies(&mut self) {
        let mut server = self.server.take().expect("a server");
        tokio::time::timeout(PATIENCE, server.wait()).await.expect("it dies").expect("waited");
    }

    /// SIGTERM, and the wait for its end.
    pub async fn stop(&mut self) -> Option<i32> {
        let mut server = self.server.take()?;
        let pid = server.id().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?))?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("signalled");
        tokio::time::timeout(PATIENCE, server.wait()).await.expect("it stops").expect("waited").code()
    }

    /// Starts a server that must end by itself; answers its exit code and all it said.
    pub async fn refuses_to_serve(&self, environment: &[(&str, &str)]) -> (Option<i32>, String) {
        let mut command = self.command(&["serve"]);
        command.env("OPENSAIL_LISTEN", "127.0.0.1:0").envs(environment.iter().copied()).stdin(Stdio::null());
        let output = tokio::time::timeout(PATIENCE, command.output()).await.expect("it ends").expect("it runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code(), said)
    }

    pub fn running(&mut self) -> bool {
        self.server.as_mut().is_some_and(|server| server.try_wait().is_ok_and(|status| status.is_none()))
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.send_as(&self.token, method, path, body, &[]).await
    }

    pub async fn send_as(&self, token: &str, method: Method, path: &str, body: Option<&Value>, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// Any request, its headers and its bytes as they are given; no token unless a header carries one.
    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// A request as these bytes, over a connection of its own: for what no well-behaved client sends. Answers status and text.
    pub async fn raw(&self, request: &[u8]) -> (u16, String) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let address = self.url.strip_prefix("http://").expect("an address");
        let mut connection = tokio::net::TcpStream::connect(address).await.expect("connected");
        connection.write_all(request).await.expect("sent");
        let mut answer = Vec::new();
        // A server that refuses early may reset what it did not read.
        let _ = connection.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, answer)
    }

    /// A request line with the path exactly as written, as the owner.
    pub async fn raw_path(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let host = self.url.strip_prefix("http://").expect("an address");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.raw(request.as_bytes()).await
    }

    pub fn server_pid(&self) -> u32 {
        self.server.as_ref().and_then(Child::id).expect("a running server")
    }

    pub async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None).await.expect(200)
    }

    /// `None` when the server does not answer.
    pub async fn try_get(&self, path: &str) -> Option<Value> {
        let answer = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await.ok()?;
        answer.json().await.ok()
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(&body)).await
    }

    /// The owner's first team.
    pub async fn team(&self) -> String {
        // The view may still be on its way to what the start wrote.
        until("the owner's team", async || self.get("/api/v1/teams").await["items"][0]["id"].as_str().map(Into::into)).await
    }

    /// A project over a folder, ready.
    pub async fn project(&self, name: &str) -> (String, PathBuf) {
        let folder = self.project_folder(name);
        let team = self.team().await;
        let source = serde_json::json!({ "kind": "folder", "path": folder });
        let body = serde_json::json!({ "team_id": team, "name": name, "source": source });
        let id = self.post("/api/v1/projects", body).await.expect(201)["id"].as_str().expect("an id").to_string();
        until("the project to be ready", async || (self.get(&format!("/api/v1/projects/{id}")).await["status"] == "ready").then_some(()))
            .await;
        (id, folder)
    }

    /// A script for the `scripted` model, as the model's name that plays it.
    pub fn script(&self, lines: &[Value]) -> String {
        let path = self.folder.path().join(format!("{}.jsonl", uuid::Uuid::now_v7()));
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, text).expect("a script");
        format!("scripted:{}", path.display())
    }

    /// Starts a session and answers its id.
    pub async fn session(&self, project: &str, body: Value) -> String {
        let answer = self.post(&format!("/api/v1/projects/{project}/sessions"), body).await.expect(201);
        answer["id"].as_str().expect("an id").into()
    }

    /// Waits until the session has one of these statuses; answers its details.
    pub async fn session_is(&self, session: &str, statuses: &[&str]) -> Value {
        until(&format!("session {session} to be {statuses:?}; log:\n{}", self.log()), async || {
            let details = self.get(&format!("/api/v1/sessions/{session}")).await;
            statuses.iter().any(|status| details["status"] == *status).then_some(details)
        })
        .await
    }

    /// Every event of a session, in order.
    pub async fn events(&self, session: &str) -> Vec<Value> {
        let mut events = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.get(&format!("/api/v1/sessions/{session}/events?limit=200{after}")).await;
            events.extend(page["items"].as_array().expect("items").iter().cloned());
            match &page["next"] {
                Value::Null => return events,
                Value::String(next) => after = format!("&after={next}"),
                other => after = format!("&after={other}"),
            }
        }
    }
}
