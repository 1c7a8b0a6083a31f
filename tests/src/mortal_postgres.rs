//! A PostgreSQL of one test's own, on a small disk and behind a wire: it can be stopped at once and started again, its disk filled, its
//! connections cut.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use opensail_eventstore::conformance::relay::proxy::Proxy;
use opensail_eventstore::conformance::watched::{Watched, free_port};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::authority::Signed;
use crate::postgres::{APP, Database, SUPERUSER, as_user, binaries, server_user};
use crate::small_disk::SmallDisk;
use crate::world::until;

const NAME: &str = "storm";
/// An attempt to connect that takes longer has failed.
const ANSWERS: Duration = Duration::from_secs(2);

pub struct MortalPostgres {
    binaries: PathBuf,
    user: Option<&'static str>,
    port: u16,
    pub proxy: Proxy,
    server: Option<Watched>,
    pub disk: Option<SmallDisk>,
    folder: TempDir,
}

impl MortalPostgres {
    /// Its disk is of this size, where one may be mounted.
    pub async fn start(size: &str) -> MortalPostgres {
        let binaries = binaries().expect("PostgreSQL's server binaries: install the package postgresql");
        let folder = tempfile::Builder::new().prefix("opensail-pg-").tempdir().expect("a temporary folder");
        let disk = SmallDisk::mount(folder.path(), size);
        let user = server_user(folder.path());
        let initdb = as_user(user, binaries.join("initdb").as_os_str())
            .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", SUPERUSER, "-D"])
            .arg(folder.path().join("data"))
            .output()
            .expect("initdb runs");
        assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));
        let port = free_port();
        let mut postgres = MortalPostgres { binaries, user, port, proxy: Proxy::to(port).await, server: None, disk, folder };
        postgres.live().await;
        let mut admin = postgres.connect("postgres").await.expect("connected");
        admin.execute(format!("CREATE ROLE {APP} LOGIN").as_str()).await.expect("a role");
        admin.execute(format!("CREATE DATABASE {NAME} TEMPLATE template0").as_str()).await.expect("a database");
        postgres
    }

    /// From now on it lets nobody in but over TLS with this password, and past the wire, as its owner.
    pub async fn guard(&mut self, files: &Signed, password: &str) {
        let mut owner = self.owner().await.expect("connected");
        for role in [APP, SUPERUSER] {
            owner.execute(format!("ALTER ROLE {role} PASSWORD '{password}'").as_str()).await.expect("a password");
        }
        for (file, name) in [(&files.certificate, "server.crt"), (&files.key, "server.key")] {
            let own = self.folder.path().join("data").join(name);
            std::fs::copy(file, &own).expect("copied");
            server_user(&own);
        }
        for setting in ["ssl = on", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'"] {
            owner.execute(format!("ALTER SYSTEM SET {setting}").as_str()).await.expect("set");
        }
        let who = format!("hostnossl all {SUPERUSER} 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n");
        std::fs::write(self.folder.path().join("data/pg_hba.conf"), who).expect("written");
        self.stop_at_once().await;
    }

    /// As the house reaches it: through the wire.
    pub fn database(&self) -> Database {
        let url = |user: &str| format!("postgres://{user}@127.0.0.1:{}/{NAME}?sslmode=disable", self.proxy.port);
        Database { name: NAME.into(), app_url: url(APP), owner_url: url(SUPERUSER) }
    }

    /// Past the wire, as its owner.
    pub async fn owner(&self) -> Option<PgConnection> {
        self.connect(NAME).await
    }

    async fn connect(&self, database: &str) -> Option<PgConnection> {
        let url = format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}?sslmode=disable", self.port);
        tokio::time::timeout(ANSWERS, PgConnection::connect(&url)).await.ok()?.ok()
    }

    /// The server process, while it lives.
    fn pid(&self) -> Option<Pid> {
        let file = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).ok()?;
        let pid = Pid::from_raw(file.lines().next()?.parse().ok()?)?;
        rustix::process::test_kill_process(pid).is_ok().then_some(pid)
    }

    /// Processes of its clients' sessions.
    pub async fn sessions(&self) -> Vec<Pid> {
        let Some(mut owner) = self.owner().await else { return Vec::new() };
        let sessions = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid";
        let pids: Vec<i32> = sqlx::query_scalar(sessions).fetch_all(&mut owner).await.unwrap_or_default();
        pids.into_iter().filter_map(Pid::from_raw).collect()
    }

    /// Every process of it ends at once, with nothing written down; and it is started again.
    pub async fn stop_at_once(&mut self) {
        if let Some(pid) = self.pid() {
            let _ = kill_process(pid, Signal::QUIT);
            until("PostgreSQL to end", async || self.pid().is_none().then_some(())).await;
        }
        self.live().await;
    }

    /// It answers, started anew if it has ended.
    pub async fn live(&mut self) {
        until("PostgreSQL to live", async || {
            if self.pid().is_none() {
                self.begin().await;
            }
            self.connect("postgres").await.map(drop)
        })
        .await;
    }

    async fn begin(&mut self) {
        let before = self.server.take();
        let _ = tokio::task::spawn_blocking(move || drop(before)).await;
        let data = self.folder.path().join("data");
        let mut command = as_user(self.user, self.binaries.join("postgres").as_os_str());
        command.arg("-D").arg(&data).arg("-k").arg(self.folder.path()).arg("-p").arg(self.port.to_string());
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "shared_buffers=32MB"]);
        command.args(["-c", "logging_collector=off", "-c", "max_wal_size=64MB"]).stdin(Stdio::null());
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_str().expect("plain arguments")).collect();
        let program = PathBuf::from("/usr/bin").join(command.get_program());
        self.server = Some(Watched::spawn(&program, &arguments));
        // Its pid is written before it listens; one that never comes belongs to a server that could not begin, and the next look starts another.
        let begun = async {
            while self.pid().is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(ANSWERS, begun).await;
    }
}
