//! A real server that speaks S3, on a port of its own, with one bucket. Its objects are gone when it ends.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use opensail_csi::bucket::{Bucket, BucketAddress};

/// Runs the server until the pipe from the test process closes: at its exit, or when it is killed.
const WATCHER: &str = r#"
"$@" >/dev/null 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -KILL "$server" 2>/dev/null
wait "$server" 2>/dev/null
"#;
const NAME: &str = "evidence";

pub struct BucketServer {
    port: u16,
    locks: bool,
    watcher: Option<Child>,
    http: reqwest::Client,
}

impl BucketServer {
    /// `locks`: whether the bucket offers to lock objects.
    pub async fn start(locks: bool) -> BucketServer {
        let _ = rustls::crypto::ring::default_provider().install_default();
        loop {
            // Free a moment ago; another process may have been faster, then the server ends at once and the next port is tried.
            let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
            let mut server = BucketServer { port, locks, watcher: None, http: reqwest::Client::new() };
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
        let Some(mut watcher) = self.watcher.take() else { return };
        drop(watcher.stdin.take());
        let _ = tokio::task::spawn_blocking(move || watcher.wait()).await;
    }

    /// Starts it again, empty.
    pub async fn back(&mut self) {
        assert!(self.run().await, "the server starts again");
    }

    /// True once the bucket is there, false when the server ended.
    async fn run(&mut self) -> bool {
        let mut watcher = Command::new("/bin/sh")
            .args(["-c", WATCHER, "watcher"])
            .arg(program())
            .args(["-H", "127.0.0.1", "-p", &self.port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        for _ in 0..1500 {
            let mut make = self.http.put(format!("{}/{NAME}", self.endpoint()));
            if self.locks {
                make = make.header("x-amz-bucket-object-lock-enabled", "true");
            }
            if make.send().await.is_ok_and(|answer| answer.status().is_success()) {
                self.watcher = Some(watcher);
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(watcher.stdin.take());
        let _ = watcher.wait();
        false
    }
}

impl Drop for BucketServer {
    fn drop(&mut self) {
        if let Some(mut watcher) = self.watcher.take() {
            drop(watcher.stdin.take());
            let _ = watcher.wait();
        }
    }
}

fn program() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"))).expect("a folder for caches");
    let program = cache.join("opensail/moto-5.1/bin/moto_server");
    assert!(program.exists(), "{} is missing: make setup-test installs it", program.display());
    program
}
