//! Running others' commands where they can harm nothing.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

#[derive(Clone, Debug)]
pub struct SandboxRequest {
    /// Program and arguments, looked up in the sandbox's PATH; shell commands come as `["/bin/sh", "-c", command]`.
    pub argv: Vec<String>,
    /// The project's folder, mounted at the same path; the only writable place beside the private home and /tmp.
    pub project_root: PathBuf,
    /// Mount the project read-only (git status and the like).
    pub read_only: bool,
    /// Working folder, relative to the project root, already checked to lie beneath it.
    pub cwd: PathBuf,
    /// Added to the sandbox's own small environment.
    pub env: Vec<(String, String)>,
    pub stdin: Option<Bytes>,
    pub timeout: Duration,
    /// The socket of the only way out (for `git clone` of a project's source); absent: there is none.
    pub network: Option<PathBuf>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OutputChunk {
    Stdout(Bytes),
    Stderr(Bytes),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SandboxEnd {
    Exited(i32),
    Signalled(i32),
    TimedOut,
    Cancelled,
    /// Killed for using more memory than allowed.
    OutOfMemory,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SandboxOutcome {
    pub end: SandboxEnd,
    pub duration: Duration,
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum SandboxError {
    /// No isolation is to be had here; nothing was run. `remedy` says what to do.
    #[error("commands are refused here: {why}; {remedy}")]
    Refused { why: String, remedy: String },
    #[error("the sandbox could not start: {0}")]
    Failed(String),
}

/// What isolation and which limits this machine gives; shown by `doctor`.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct SandboxReport {
    pub isolation: Result<String, String>,
    /// Rung of the ladder: `cgroup2`, `cgroup1`, `systemd-scope`, `rlimits`.
    pub limits: String,
    pub remedy: Option<String>,
}

#[async_trait]
pub trait Sandbox: Send + Sync + 'static {
    /// Runs to the end, sending output as it comes (a full channel slows the command, never drops). After a timeout or a cancel
    /// every process of the command is dead when this returns.
    async fn run(
        &self,
        request: SandboxRequest,
        output: mpsc::Sender<OutputChunk>,
        cancel: CancellationToken,
    ) -> Result<SandboxOutcome, SandboxError>;
    async fn report(&self) -> SandboxReport;
}
