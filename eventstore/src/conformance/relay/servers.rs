//! Redis and NATS from Debian, each on a port of its own behind a [`Proxy`], killed and started again as a test wishes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::proxy::{Proxy, Wire};
use super::{IMPATIENT, LiveSubject, Loss, Lost, WorkSubject};
use crate::conformance::watched::{Watched, free_port};
use crate::relay::{LiveRelay, NatsWork, RedisLive, WorkRelay};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Redis,
    Nats,
}

/// A real server. Dropped, it is killed.
pub struct RelayServer {
    kind: Kind,
    port: u16,
    folder: TempDir,
    server: Option<Watched>,
    proxy: Proxy,
}

impl RelayServer {
    pub async fn start(kind: Kind) -> RelayServer {
        // A port that was free a moment ago; another process may have been faster, then the server ends at once and the next is tried.
        loop {
            let port = free_port();
            let folder = tempfile::tempdir().expect("a folder");
            let mut server = RelayServer { kind, port, folder, server: None, proxy: Proxy::to(port).await };
            if server.run().await {
                return server;
            }
        }
    }

    /// Its address, through the proxy.
    pub fn url(&self) -> String {
        match self.kind {
            Kind::Redis => format!("redis://127.0.0.1:{}", self.proxy.port),
            Kind::Nats => format!("nats://127.0.0.1:{}", self.proxy.port),
        }
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
        assert!(self.run().await, "the server starts again");
    }

    /// True once it answers, false when it ended.
    async fn run(&mut self) -> bool {
        let (port, folder) = (self.port.to_string(), self.folder.path().display().to_string());
        let arguments: Vec<&str> = match self.kind {
            Kind::Redis => vec!["--port", &port, "--bind", "127.0.0.1", "--dir", &folder, "--save", "", "--appendonly", "no"],
            Kind::Nats => vec!["--addr", "127.0.0.1", "--port", &port, "--jetstream", "--store_dir", &folder],
        };
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
        Arc::new(RedisLive::start(self.url().parse().expect("an address"), installation))
    }
}

#[async_trait]
impl WorkSubject for RelayServer {
    async fn relay(&self, installation: &str) -> Arc<dyn WorkRelay> {
        Arc::new(NatsWork::start(self.url().parse().expect("an address"), installation, IMPATIENT).await.expect("begun"))
    }
}
