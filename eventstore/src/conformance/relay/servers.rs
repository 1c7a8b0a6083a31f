//! Redis and NATS from Debian, each on a port of its own behind a [`Proxy`], killed and started again as a test wishes; open to everybody, or
//! [`Guarded`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::guarded::Guarded;
use super::proxy::{Proxy, Wire};
use super::{IMPATIENT, LiveSubject, Loss, Lost, WorkSubject};
use crate::conformance::watched::{Watched, free_port};
use crate::relay::{Authority, LiveRelay, NatsAddress, NatsWork, RedisAddress, RedisLive, WorkRelay};

/// So often a server is started until it is given up.
const STARTS: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Redis,
    Nats,
}

/// A real server. Dropped, it is killed.
pub struct RelayServer {
    kind: Kind,
    pub guarded: Option<Guarded>,
    port: u16,
    folder: TempDir,
    server: Option<Watched>,
    proxy: Proxy,
}

impl RelayServer {
    pub async fn start(kind: Kind) -> RelayServer {
        RelayServer::begin(kind, None).await
    }

    /// One that lets in who is known to it, over TLS.
    pub async fn guarded(kind: Kind, guarded: Guarded) -> RelayServer {
        RelayServer::begin(kind, Some(guarded)).await
    }

    async fn begin(kind: Kind, guarded: Option<Guarded>) -> RelayServer {
        // A port that was free a moment ago; another process may have been faster, then the server ends at once and the next is tried.
        loop {
            let port = free_port();
            let folder = tempfile::tempdir().expect("a folder");
            let mut server = RelayServer { kind, guarded: guarded.clone(), port, folder, server: None, proxy: Proxy::to(port).await };
            if server.run().await {
                return server;
            }
        }
    }

    /// Its address, through the proxy.
    pub fn url(&self) -> String {
        let (plain, secured) = match self.kind {
            Kind::Redis => ("redis", "rediss"),
            Kind::Nats => ("nats", "tls"),
        };
        match &self.guarded {
            None => format!("{plain}://127.0.0.1:{}", self.proxy.port),
            Some(guarded) => self.url_of(secured, &guarded.login.userinfo(self.kind)),
        }
    }

    /// The same as somebody else would write it; `userinfo` with its `@`.
    pub fn url_of(&self, scheme: &str, userinfo: &str) -> String {
        format!("{scheme}://{userinfo}127.0.0.1:{}", self.proxy.port)
    }

    fn authority(&self) -> Option<Authority> {
        self.guarded.as_ref().map(|guarded| Authority::read(&guarded.authority).expect("an authority"))
    }

    pub fn wire(&self, wire: Wire) {
        self.proxy.set(wire);
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        let server = self.server.take();
        let _ = tokio::task::spawn_blocking(move || drop(server)).await;
    }

    /// Starts it again; without its store it has forgotten everything.
    pub async fn back_empty(&mut self) {
        self.kill().await;
        self.folder = tempfile::tempdir().expect("a folder");
        // For a moment its port may be that of somebody's connection.
        for _ in 0..STARTS {
            if self.run().await {
                return;
            }
        }
        panic!("the server does not start again");
    }

    /// True once it answers, false when it ended.
    async fn run(&mut self) -> bool {
        let (port, folder) = (self.port.to_string(), self.folder.path().display().to_string());
        let settings = self.guarded.as_ref().map(|guarded| {
            let file = self.folder.path().join("guarded.conf");
            std::fs::write(&file, guarded.settings(self.kind)).expect("written");
            file.display().to_string()
        });
        let listening = if settings.is_some() { "--tls-port" } else { "--port" };
        let mut arguments: Vec<&str> = match (self.kind, &settings) {
            (Kind::Redis, Some(file)) => vec![file, "--port", "0"],
            (Kind::Nats, Some(file)) => vec!["--config", file],
            (_, None) => vec![],
        };
        arguments.extend(match self.kind {
            Kind::Redis => vec![listening, &port, "--bind", "127.0.0.1", "--dir", &folder, "--save", "", "--appendonly", "no"],
            Kind::Nats => vec!["--addr", "127.0.0.1", "--port", &port, "--jetstream", "--store_dir", &folder],
        });
        let server = Watched::spawn(&program(self.kind), &arguments);
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                self.server = Some(server);
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

fn program(kind: Kind) -> PathBuf {
    let (places, package) = match kind {
        Kind::Redis => (["/usr/bin/redis-server", "/usr/local/bin/redis-server"], "redis-server"),
        Kind::Nats => (["/usr/sbin/nats-server", "/usr/bin/nats-server"], "nats-server"),
    };
    places.iter().map(PathBuf::from).find(|path| path.exists()).unwrap_or_else(|| panic!("install the package {package}"))
}

#[async_trait]
impl Lost for RelayServer {
    fn can_be_lost(&self) -> bool {
        true
    }
    async fn lose(&mut self, how: Loss) {
        match how {
            Loss::Killed => self.kill().await,
            Loss::Silent => self.wire(Wire::Silent),
        }
    }
    async fn come_back(&mut self) {
        self.wire(Wire::Whole);
        if self.server.is_none() {
            self.back_empty().await;
        }
    }
}

#[async_trait]
impl LiveSubject for RelayServer {
    async fn relay(&self, installation: &str) -> Arc<dyn LiveRelay> {
        let address: RedisAddress = self.url().parse().expect("an address");
        let address = match self.authority() {
            Some(authority) => address.trusting(&authority).expect("with TLS"),
            None => address,
        };
        Arc::new(RedisLive::start(address, installation))
    }
}

#[async_trait]
impl WorkSubject for RelayServer {
    async fn relay(&self, installation: &str) -> Arc<dyn WorkRelay> {
        let address: NatsAddress = self.url().parse().expect("an address");
        let address = match self.authority() {
            Some(authority) => address.trusting(&authority),
            None => address,
        };
        Arc::new(NatsWork::start(address, installation, IMPATIENT).await.expect("begun"))
    }
}
