//! A server that lives as long as the test process, however that ends.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Runs a program until the pipe from the test process closes: at its exit, or when it is killed.
const WATCHER: &str = r#"
"$@" >/dev/null 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -KILL "$server" 2>/dev/null
wait "$server" 2>/dev/null
"#;

/// Dropped, it is killed.
pub struct Watched(Child);

impl Watched {
    pub fn spawn(program: &Path, arguments: &[&str]) -> Self {
        let mut watcher = Command::new("/bin/sh");
        watcher.args(["-c", WATCHER, "watcher"]).arg(program).args(arguments);
        Self(watcher.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the server starts"))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago; another process may be faster.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port()
}
