//! Starting bubblewrap and holding the command back until its limits stand.
//!
//! bubblewrap sets up the namespaces and then waits on a pipe (`--block-fd`). By then it has told us the number of the first process
//! inside (`--json-status-fd`), which is still alone: it is put into its control group, its limits are set, and only then is the pipe
//! written. So not one instruction of the command runs without limits, and no code of ours runs between fork and exec.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;

use opensail_commands::ports::sandbox::SandboxRequest;
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::net::unix::pipe;

use super::bridge;
use super::memfile::sealed;
use super::probe::Bubblewrap;
use super::program::{Passed, Program};
use super::pump::Pump;
use super::rung::Rung;
use super::running::Running;
use super::spawner::Spawner;
use super::view::{Arguments, View, files};

/// Why a command did not start.
#[derive(Debug)]
pub(super) enum StartError {
    /// The request cannot be run as it is.
    Request(String),
    /// This rung cannot hold it; another may.
    Limits(String),
    /// bubblewrap could not build the sandbox, or the program is not there; its own words.
    Isolation(String),
}

/// Everything needed to start commands on this machine, once it is known to work.
pub(super) struct Launcher {
    pub(super) bubblewrap: Bubblewrap,
    pub(super) rung: Rung,
}

/// What one start needs beside the request.
pub(super) struct Surroundings<'a> {
    pub(super) view: &'a View,
    pub(super) filters: &'a [Vec<u8>],
    pub(super) inherited: &'a [i32],
    pub(super) spawner: &'a Spawner,
}

impl Launcher {
    pub(super) async fn start(
        &self,
        around: &Surroundings<'_>,
        request: &SandboxRequest,
        name: &str,
    ) -> Result<(Running, Pump), StartError> {
        let limits = &around.view.limits;
        let arguments = around.view.arguments(request).map_err(StartError::Request)?;
        let group = self.rung.group(name, limits).map_err(|error| StartError::Limits(error.to_string()))?;
        let failed = |error: io::Error| StartError::Isolation(error.to_string());
        let (ours, theirs) = pipes().map_err(failed)?;
        let program = self.program(around, request, arguments, theirs).map_err(failed)?;
        let launcher = around.spawner.start(program).await.map_err(failed)?;
        let mut running = Running::new(launcher, group, around.spawner.clone(), ours.status).map_err(failed)?;
        let stdout = pipe::Receiver::from_owned_fd(ours.stdout).map_err(failed)?;
        let stderr = pipe::Receiver::from_owned_fd(ours.stderr).map_err(failed)?;
        let mut pump = Pump::new(Some(stdout), Some(stderr));
        let Some(init) = running.first_process().await.map_err(failed)? else {
            return Err(StartError::Isolation(pump.last_words().await));
        };
        if let Err(error) = running.limit(init, &self.rung, limits, request.timeout) {
            // A first process that has failed by itself cannot be limited either; then its own words are the reason.
            running.finish().await.map_err(failed)?;
            return Err(match pump.said().await {
                Some(words) => StartError::Isolation(words),
                None => StartError::Limits(error.to_string()),
            });
        }
        // Whoever does not read any more has failed and says so on its other pipes.
        let _ = File::from(ours.gate).write_all(b"1");
        Ok((running, pump))
    }

    fn program(&self, around: &Surroundings<'_>, request: &SandboxRequest, mut arguments: Arguments, theirs: Ends) -> io::Result<Program> {
        let mut passed = Passed::default();
        match &request.stdin {
            Some(content) => passed.add(sealed("stdin", content)?),
            None => passed.add(File::open("/dev/null")?),
        };
        passed.add(theirs.stdout);
        passed.add(theirs.stderr);
        for (path, content) in files() {
            let number = passed.add(sealed("file", &content)?);
            // Before everything else, lest the root be read-only already.
            arguments.first([&"--perms", &"0444", &"--file", &number, &path]);
        }
        for filter in around.filters {
            let number = passed.add(sealed("seccomp", filter)?);
            arguments.add([&"--add-seccomp-fd", &number]);
        }
        arguments.add([&"--json-status-fd", &passed.add(theirs.status)]);
        arguments.add([&"--block-fd", &passed.add(theirs.gate)]);
        let number = passed.add(sealed("arguments", &arguments.into_bytes())?);
        let wrapper = self.rung.wrapper(&around.view.limits);
        let words = wrapper.iter().flatten().map(OsStr::new);
        let own = [self.bubblewrap.path.as_os_str(), "--args".as_ref(), number.as_ref(), "--".as_ref()];
        let led: &[&str] = if request.network.is_some() { &[bridge::PROGRAM, bridge::RUN] } else { &[] };
        let words = words.chain(own).chain(led.iter().map(OsStr::new)).chain(request.argv.iter().map(OsStr::new));
        let mut program = Program::new(words, passed, around.inherited)?;
        // No environment but what the wrapper needs: the first process inside keeps it readable.
        for name in wrapper.iter().flat_map(|_| ["XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"]) {
            if let Some(value) = env::var_os(name) {
                program.environment(name, &value)?;
            }
        }
        Ok(program)
    }
}

/// One side's ends of the four pipes between us and bubblewrap.
struct Ends {
    stdout: OwnedFd,
    stderr: OwnedFd,
    status: OwnedFd,
    gate: OwnedFd,
}

fn pipes() -> io::Result<(Ends, Ends)> {
    let pipe = || pipe_with(PipeFlags::CLOEXEC);
    let ((stdout, to_stdout), (stderr, to_stderr)) = (pipe()?, pipe()?);
    let ((status, to_status), (from_gate, gate)) = (pipe()?, pipe()?);
    let theirs = Ends { stdout: to_stdout, stderr: to_stderr, status: to_status, gate: from_gate };
    Ok((Ends { stdout, stderr, status, gate }, theirs))
}
