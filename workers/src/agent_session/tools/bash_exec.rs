//! `bash_exec`: a command in the sandbox.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use opensail_commands::ports::sandbox::{OutputChunk, Sandbox, SandboxEnd, SandboxError, SandboxRequest};
use opensail_domain::agent_session::message::CallOutcome;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Arguments;
use super::capture::{Capture, Captured};
use super::definition::{Kind, Later, Tool, Work, needed, optional};
use super::live_text::LiveText;

/// Seconds a command may run when it does not say, and at most.
const DEFAULT_SECONDS: u64 = 120;
const MAX_SECONDS: u64 = 3600;
/// Most of the output that is told, in bytes: at the start and at the end.
const HEAD_BYTES: usize = 16 * 1024;
const TAIL_BYTES: usize = 16 * 1024;
/// Bytes that count as one token.
const BYTES_PER_TOKEN: usize = 4;
/// Chunks of output on their way; a slower reader slows the command.
const CHUNKS: usize = 64;
/// Runs the command with bash where the sandbox has it, else with sh.
const SHELL: &str = r#"if [ -x /bin/bash ]; then exec /bin/bash -c "$0"; else exec /bin/sh -c "$0"; fi"#;

const FOREGROUND: &str = "commands run in the foreground until they end; give a timeout, and let a server run only as long as a test of it, e.g. `server & pid=$!; …; kill $pid`";

pub(super) static TOOL: Tool = Tool {
    name: "bash_exec",
    about: "Run a shell command in the project, in a sandbox without network. Standard output and error are returned together, then the exit code. Nothing it starts outlives it.",
    parameters: &[
        needed("command", Kind::Text, "The command, as for bash -c."),
        optional("cwd", Kind::Text, "Folder to run it in, relative to the project's root. Default: the root."),
        optional("timeout", Kind::Number { min: 1, max: MAX_SECONDS }, "Seconds after which it is stopped. Default 120."),
        optional("timeout_ms", Kind::Number { min: 1, max: MAX_SECONDS * 1000 }, "The same in milliseconds; goes before timeout."),
        optional(
            "max_output_tokens",
            Kind::Number { min: 1, max: 1_000_000 },
            "Show about this many tokens of output at most (4 bytes each), up to 8192.",
        ),
        optional("env", Kind::TextMap, "Environment variables to add."),
    ],
    later: &[
        Later { name: "yield_time_ms", harmless: Some("0"), instead: FOREGROUND },
        Later { name: "is_background", harmless: Some("false"), instead: FOREGROUND },
        Later { name: "idle_timeout_ms", harmless: Some("0"), instead: "use timeout" },
        Later { name: "tier", harmless: Some("\"auto\""), instead: "leave it out; commands run in the project's own sandbox" },
        Later { name: "container", harmless: None, instead: "leave it out; commands run in the project's own sandbox" },
    ],
    work: Work::Shell,
};

/// One command, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShellCall {
    pub command: String,
    /// Relative to the project's root.
    pub cwd: PathBuf,
    pub env: Vec<(String, String)>,
    pub timeout: Duration,
    /// Most bytes told at the start and at the end.
    told: (usize, usize),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShellResult {
    pub outcome: CallOutcome,
    pub output: Captured,
    pub exit_code: Option<i32>,
}

/// Where commands run.
#[derive(Clone, Copy)]
pub struct Shell<'a> {
    pub sandbox: &'a dyn Sandbox,
    pub root: &'a Path,
    /// The session's time that is left; the command gets no more.
    pub left: Duration,
    /// Told what it prints, as it comes.
    pub shown: &'a (dyn Fn(&str) + Sync),
}

impl ShellCall {
    pub fn of(root: &Path, arguments: &Arguments) -> Result<ShellCall, String> {
        let command = arguments.text("command").to_owned();
        if command.trim().is_empty() {
            return Err("command is empty".into());
        }
        let env = arguments.text_map("env");
        let parts = env.iter().flat_map(|(name, value)| [name, value]).chain([&command]);
        if parts.into_iter().any(|part| part.contains('\0')) {
            return Err("a command cannot hold a NUL character; write it as an escape, e.g. with printf '\\0'".into());
        }
        if let Some((name, _)) = env.iter().find(|(name, _)| name.is_empty() || name.contains('=')) {
            return Err(format!("{name:?} cannot be the name of an environment variable"));
        }
        let seconds = Duration::from_secs(arguments.number("timeout").unwrap_or(DEFAULT_SECONDS));
        let timeout = arguments.number("timeout_ms").map_or(seconds, Duration::from_millis);
        let bytes = arguments.count("max_output_tokens", usize::MAX).saturating_mul(BYTES_PER_TOKEN);
        let told = ((bytes / 2).min(HEAD_BYTES), (bytes / 2).min(TAIL_BYTES));
        Ok(ShellCall { command, cwd: beneath(root, arguments.text("cwd"))?, env, timeout, told })
    }

    /// What saying yes for the whole session would cover: this command in this folder with this environment, nothing else.
    pub fn grant(&self) -> String {
        format!("bash_exec:{}", json!({ "command": self.command, "cwd": self.cwd, "env": self.env }))
    }

    /// What a person is shown: exactly what would be run.
    pub fn preview(&self) -> String {
        let mut text = format!("$ {}\n", self.command);
        if !self.cwd.as_os_str().is_empty() {
            text.push_str(&format!("in {}\n", self.cwd.display()));
        }
        for (name, value) in &self.env {
            text.push_str(&format!("with {name}={value}\n"));
        }
        text
    }

    pub async fn run(&self, shell: Shell<'_>, cancel: CancellationToken) -> ShellResult {
        let timeout = self.timeout.min(shell.left);
        let request = SandboxRequest {
            argv: ["/bin/sh", "-c", SHELL, &self.command].map(str::to_owned).into(),
            project_root: shell.root.into(),
            read_only: false,
            cwd: self.cwd.clone(),
            env: self.env.clone(),
            stdin: None,
            timeout,
            network: None,
        };
        let (sender, mut chunks) = mpsc::channel(CHUNKS);
        let mut capture = Capture::new(self.told.0, self.told.1);
        let mut live = LiveText::default();
        let gather = async {
            while let Some(OutputChunk::Stdout(bytes) | OutputChunk::Stderr(bytes)) = chunks.recv().await {
                capture.push(&bytes);
                (shell.shown)(&live.push(&bytes));
            }
        };
        let (ended, ()) = tokio::join!(shell.sandbox.run(request, sender, cancel), gather);
        let mut output = capture.finish();
        let (outcome, exit_code, note) = match ended {
            Ok(outcome) => self.ended(outcome.end, timeout),
            Err(error @ SandboxError::Refused { .. }) => {
                (CallOutcome::Failed, None, format!("{error}. Nothing was run; go on without commands."))
            }
            Err(error @ SandboxError::Failed(_)) => (CallOutcome::Failed, None, error.to_string()),
        };
        if !output.text.is_empty() && !output.text.ends_with('\n') {
            output.text.push('\n');
        }
        output.text.push_str(&format!("[{note}]"));
        ShellResult { outcome, output, exit_code }
    }

    fn ended(&self, end: SandboxEnd, timeout: Duration) -> (CallOutcome, Option<i32>, String) {
        match end {
            SandboxEnd::Exited(0) => (CallOutcome::Ok, Some(0), "exit code 0".into()),
            SandboxEnd::Exited(code) => (CallOutcome::Failed, Some(code), format!("exit code {code}")),
            SandboxEnd::Signalled(signal) => (CallOutcome::Failed, Some(128 + signal), format!("ended by signal {signal}")),
            SandboxEnd::TimedOut if timeout < self.timeout => {
                (CallOutcome::TimedOut, None, "stopped: the session's time is used up".into())
            }
            SandboxEnd::TimedOut => {
                let note =
                    format!("stopped after {} s; give a larger timeout (at most {MAX_SECONDS}) or split the work", timeout.as_secs_f64());
                (CallOutcome::TimedOut, None, note)
            }
            SandboxEnd::Cancelled => (CallOutcome::Cancelled, None, "stopped: the session was cancelled".into()),
            SandboxEnd::OutOfMemory => (CallOutcome::Failed, None, "killed: it used more memory than a command may".into()),
        }
    }
}

/// A working folder that lies beneath the root by its name; the sandbox holds what links may do.
fn beneath(root: &Path, written: &str) -> Result<PathBuf, String> {
    let path = Path::new(written);
    let path = path.strip_prefix(root).unwrap_or(path);
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            Component::ParentDir if clean.pop() => {}
            _ => return Err(format!("cwd {written:?} lies outside the project; give a folder relative to its root")),
        }
    }
    Ok(clean)
}
