//! Commands of strangers on the real kernel: what they see, what they may use, how they end, and what is left of them.
//!
//! Needs bubblewrap, as the product does; without it these tests fail and say so.

mod ends;
mod isolation;
mod limits;
mod output;
mod server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use opensail_commands::ports::sandbox::{OutputChunk, Sandbox, SandboxEnd, SandboxError, SandboxOutcome, SandboxRequest};
use opensail_workers::outside::sandbox::{BubblewrapSandbox, Limits, SandboxSettings};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes; a test that runs into it has failed.
const LONG: Duration = Duration::from_secs(60);

struct Bench {
    sandbox: Arc<BubblewrapSandbox>,
    folder: TempDir,
}

struct Ran {
    outcome: SandboxOutcome,
    stdout: String,
    stderr: String,
}

fn small() -> Limits {
    Limits { memory_bytes: 128 << 20, processes: 32, file_bytes: 8 << 20, tmp_bytes: 16 << 20, ..Limits::default() }
}

impl Bench {
    fn new() -> Self {
        Self::with(|_, _| {})
    }

    /// A home with a secret, a project in it and a neighbour project.
    fn with(change: impl FnOnce(&Path, &mut SandboxSettings)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = folder.path().join("home");
        for inner in ["projects/own", "projects/other", ".ssh"] {
            std::fs::create_dir_all(home.join(inner)).expect("a folder");
        }
        for file in ["vault.db", "projects/other/notes", ".ssh/id_ed25519"] {
            std::fs::write(home.join(file), "secret").expect("a file");
        }
        let mut settings = SandboxSettings {
            hidden: vec![home.clone(), home.join(".ssh")],
            limits: small(),
            read: vec![],
            bridge: Some(crate::PROGRAM.into()),
        };
        change(folder.path(), &mut settings);
        let sandbox = BubblewrapSandbox::new(settings).expect("a sandbox");
        Self { sandbox: Arc::new(sandbox), folder }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn project(&self) -> PathBuf {
        self.home().join("projects/own")
    }

    fn shell(&self, command: &str) -> SandboxRequest {
        SandboxRequest {
            argv: vec!["/bin/sh".into(), "-c".into(), command.into()],
            project_root: self.project(),
            read_only: false,
            cwd: PathBuf::new(),
            env: vec![],
            stdin: None,
            timeout: LONG,
            network: None,
        }
    }

    async fn sh(&self, command: &str) -> Ran {
        self.run(self.shell(command)).await
    }

    async fn run(&self, request: SandboxRequest) -> Ran {
        self.try_run(request).await.expect("the sandbox runs")
    }

    async fn try_run(&self, request: SandboxRequest) -> Result<Ran, SandboxError> {
        let (output, mut chunks) = mpsc::channel(8);
        let collect = async {
            let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
            while let Some(chunk) = chunks.recv().await {
                match chunk {
                    OutputChunk::Stdout(bytes) => stdout.extend_from_slice(&bytes),
                    OutputChunk::Stderr(bytes) => stderr.extend_from_slice(&bytes),
                }
            }
            (stdout, stderr)
        };
        let (outcome, (stdout, stderr)) = tokio::join!(self.sandbox.run(request, output, CancellationToken::new()), collect);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Ran { outcome: outcome?, stdout: text(stdout), stderr: text(stderr) })
    }

    /// The command must end with 0; answers its standard output.
    async fn ok(&self, command: &str) -> String {
        let ran = self.sh(command).await;
        assert_eq!(ran.outcome.end, SandboxEnd::Exited(0), "{command}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// The command must end by itself, and not well.
    async fn refused(&self, command: &str) {
        let ran = self.sh(command).await;
        let failed = matches!(ran.outcome.end, SandboxEnd::Exited(1..) | SandboxEnd::Signalled(_));
        assert!(failed, "{command}: {:?} {}", ran.outcome.end, ran.stdout);
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether any process of this machine has `mark` in its arguments.
fn anyone_with(mark: &str) -> bool {
    let entries = std::fs::read_dir("/proc").expect("a /proc").flatten();
    let mut lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.any(|line| String::from_utf8_lossy(&line).contains(mark))
}
