//! A real server that speaks S3, on a port of its own, with one bucket. Its objects are gone when it ends.

use std::path::PathBuf;
use std::time::Duration;

use opensail_csi::bucket::{Bucket, BucketAddress};
use opensail_eventstore::conformance::watched::{Watched, free_port};

const NAME: &str = "evidence";

pub struct BucketServer {
    port: u16,
    locks: bool,
    server: Option<Watched>,
    http: reqwest::Client,
}

impl BucketServer {
    /// `locks`: whether the bucket offers to lock objects.
    pub async fn start(locks: bool) -> BucketServer {
        let _ = rustls::crypto::ring::default_provider().install_default();
        loop {
            // Free a moment ago; another process may have been faster, then the server ends at once and the next port is tried.
            let port = free_port();
            let mut server = BucketServer { port, locks, server: None, http: reqwest::Client::new() };
            if server.run().await {
                return server;
            }
        }
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Settings of a server that uses the bucket.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let BucketAddress { endpoint, bucket, access_key_id, secret_access_key, .. } = self.address();
        vec![
            ("S3_ENDPOINT", endpoint.unwrap_or_default()),
            ("S3_BUCKET", bucket),
            ("AWS_ACCESS_KEY_ID", access_key_id),
            ("AWS_SECRET_ACCESS_KEY", secret_access_key),
        ]
    }

    fn address(&self) -> BucketAddress {
        BucketAddress {
            endpoint: Some(self.endpoint()),
            region: "us-east-1".into(),
            bucket: NAME.into(),
            access_key_id: "tester".into(),
            secret_access_key: "the tester's secret".into(),
            session_token: None,
        }
    }

    pub fn bucket(&self) -> Bucket {
        Bucket::new(&self.address())
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        let server = self.server.take();
        let _ = tokio::task::spawn_blocking(move || drop(server)).await;
    }

    /// Starts it again, empty.
    pub async fn back(&mut self) {
        assert!(self.run().await, "the server starts again");
    }

    /// True once the bucket is there, false when the server ended.
    async fn run(&mut self) -> bool {
        let server = Watched::spawn(&program(), &["-H", "127.0.0.1", "-p", &self.port.to_string()]);
        for _ in 0..1500 {
            let mut make = self.http.put(format!("{}/{NAME}", self.endpoint()));
            if self.locks {
                make = make.header("x-amz-bucket-object-lock-enabled", "true");
            }
            if make.send().await.is_ok_and(|answer| answer.status().is_success()) {
                self.server = Some(server);
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

fn program() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"))).expect("a folder for caches");
    let program = cache.join("opensail/moto-5.1/bin/moto_server");
    assert!(program.exists(), "{} is missing: make setup-test installs it", program.display());
    program
}
