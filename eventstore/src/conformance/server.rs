//! One private PostgreSQL server per test process, and a fresh database for each test.
//!
//! The server runs from Debian's binaries in a temporary folder, durable as in production (fsync on), reachable over a
//! unix socket only. A watcher shell ends it when this process ends, however it ends. Databases are cloned from a
//! template that already has the journal's tables.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use tokio::sync::{Mutex, OnceCell};

use crate::postgres::PostgresStore;

pub const SUPERUSER: &str = "opensail_owner";
pub const APP: &str = "opensail_app";
const TEMPLATE: &str = "journal_template";
/// Ends the server when the pipe from the test process closes: at its exit, or when it is killed.
const WATCHER: &str = r#"
"$1/postgres" -D "$2/data" -k "$2" -p 5432 -c listen_addresses= -c max_connections=400 -c shared_buffers=64MB \
    -c logging_collector=off -c log_line_prefix='%d ' -c autovacuum_naptime=5s >"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$2"
"#;

/// The server of this process. The pipe is only held: its closing ends the server.
pub struct Server {
    folder: PathBuf,
    _watcher: Child,
    _pipe: ChildStdin,
    /// CREATE DATABASE copies its template only while nobody else does.
    creating: Mutex<()>,
}

/// A database of its own for one test.
#[derive(Clone, Debug)]
pub struct Database {
    pub name: String,
    /// Address for the application's role, which owns nothing.
    pub app_url: String,
    /// Address for the owner of the tables.
    pub owner_url: String,
}

impl Database {
    /// What leads a server to it.
    pub fn settings(&self) -> [(&str, &str); 2] {
        [("DATABASE_URL", &self.app_url), ("DATABASE_OWNER_URL", &self.owner_url)]
    }

    /// A journal over it, as the application's role.
    pub async fn journal(&self) -> PostgresStore {
        PostgresStore::connect(&self.app_url, None).await.expect("the journal in a fresh database")
    }

    /// All of it into a file, as an operator saves it.
    pub fn dump(&self, file: &Path) {
        let program = binaries().expect("PostgreSQL's programs").join("pg_dump");
        run(Command::new(program).args(["--format=custom", "--dbname", &self.owner_url, "--file"]).arg(file));
    }

    /// Puts such a file in the place of what is there. Sessions on it are ended.
    pub async fn restore(&self, file: &Path) {
        let server = server().await;
        let mut admin = connect(&server.url(SUPERUSER, "postgres")).await;
        admin.execute(format!("DROP DATABASE {} WITH (FORCE)", self.name).as_str()).await.expect("dropped");
        drop(admin);
        server.create(&self.name, "template0").await;
        let program = binaries().expect("PostgreSQL's programs").join("pg_restore");
        run(Command::new(program).args(["--exit-on-error", "--dbname", &self.owner_url]).arg(file));
    }

    /// A connection as the owner, for what a test has to do behind the journal's back.
    pub async fn owner(&self) -> PgConnection {
        connect(&self.owner_url).await
    }
}

static SERVER: OnceCell<Server> = OnceCell::const_new();
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A database with the journal's tables and nothing in them.
pub async fn fresh_database() -> Database {
    let server = server().await;
    let database = server.database(format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
    server.create(&database.name, TEMPLATE).await;
    database
}

/// A database with nothing in it at all.
pub async fn empty_database() -> Database {
    let server = server().await;
    let database = server.database(format!("empty_{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
    server.create(&database.name, "template0").await;
    database
}

/// The server, started by the first call.
pub async fn server() -> &'static Server {
    SERVER.get_or_init(Server::start).await
}

impl Server {
    async fn start() -> Server {
        let binaries = binaries().expect("PostgreSQL's server binaries: install the package postgresql");
        let folder = tempfile::Builder::new().prefix("opensail-pg-").tempdir().expect("a temporary folder").keep();
        let user = server_user(&folder);
        let initdb = as_user(user, binaries.join("initdb").as_os_str())
            .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", SUPERUSER, "-D"])
            .arg(folder.join("data"))
            .output()
            .expect("initdb runs");
        assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));
        let mut watcher = as_user(user, "/bin/sh".as_ref())
            .args(["-c", WATCHER, "watcher"])
            .arg(&binaries)
            .arg(&folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut pipe = watcher.stdin.take().expect("a pipe to the watcher");
        pipe.write_all(b"\n").expect("the watcher listens");
        let server = Server { folder, _watcher: watcher, _pipe: pipe, creating: Mutex::new(()) };
        server.prepare().await;
        server
    }

    async fn prepare(&self) {
        let mut admin = self.wait().await;
        admin.execute(format!("CREATE ROLE {APP} LOGIN").as_str()).await.expect("a role");
        admin.execute(format!("CREATE DATABASE {TEMPLATE} TEMPLATE template0").as_str()).await.expect("a template");
        let template = self.database(TEMPLATE.into());
        // Only the tables: each copy gets an epoch of its own when it is first opened.
        PostgresStore::migrate(&template.app_url, Some(&template.owner_url)).await.expect("the template's tables");
    }

    /// Asks until the server answers; it takes a fraction of a second.
    async fn wait(&self) -> PgConnection {
        let url = self.url(SUPERUSER, "postgres");
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..1500 {
            tick.tick().await;
            let options: PgConnectOptions = url.parse().expect("an address");
            if let Ok(connection) = options.connect().await {
                return connection;
            }
        }
        panic!("PostgreSQL does not start: {}", self.log());
    }

    /// What it said until now; each message begins with the name of its database.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    async fn create(&self, name: &str, template: &str) {
        let _alone = self.creating.lock().await;
        let mut admin = connect(&self.url(SUPERUSER, "postgres")).await;
        admin.execute(format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log").as_str()).await.expect("a database");
    }

    fn database(&self, name: String) -> Database {
        Database { app_url: self.url(APP, &name), owner_url: self.url(SUPERUSER, &name), name }
    }

    fn url(&self, user: &str, database: &str) -> String {
        let folder = self.folder.to_str().expect("a plain path").replace('/', "%2F");
        format!("postgres://{user}@{folder}:5432/{database}?sslmode=disable")
    }
}

fn run(command: &mut Command) {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("a connection to the test server")
}

/// Newest installed version.
pub fn binaries() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, path)| path.join("postgres").exists())
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

/// PostgreSQL refuses to run as root, so then it runs as its own user, who must own the folder.
pub fn server_user(folder: &Path) -> Option<&'static str> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let given = Command::new("chown").arg("postgres").arg(folder).status().expect("chown runs");
    assert!(given.success(), "the user postgres is missing: install the package postgresql");
    fs::set_permissions(folder, Permissions::from_mode(0o700)).expect("a private folder");
    Some("postgres")
}

pub fn as_user(user: Option<&str>, program: &std::ffi::OsStr) -> Command {
    let Some(user) = user else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={user}")).arg("--clear-groups").arg("--").arg(program);
    command.current_dir("/");
    command
}
