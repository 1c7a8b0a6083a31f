//! Running others' commands where they can harm nothing: bubblewrap, a seccomp filter and the best limits the machine gives.
//!
//! The story of one command: `view` says what it sees, `launch` starts bubblewrap from the one long-lived thread (`spawner`) and holds the
//! command back until its `rung` of limits stands, `pump` carries its output, `running` ends it and leaves nothing behind. `probe`
//! finds out once what the machine gives. Where no isolation is to be had, nothing is run. Why bubblewrap, and what it leaves
//! open: `domain/decisions/0006-sandbox.md`.
//!
//! No command has a network. One with a way out has the socket of a `gate` in its view, which leads to one destination; within, a `bridge`
//! makes a proxy of it.

mod bridge;
mod gate;
mod launch;
mod limits;
mod memfile;
mod probe;
mod program;
mod pump;
mod remains;
mod rung;
mod running;
mod seccomp;
mod spawner;
mod view;
mod watch;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use async_trait::async_trait;
use opensail_commands::ports::sandbox::{OutputChunk, Sandbox, SandboxEnd, SandboxError, SandboxOutcome, SandboxReport, SandboxRequest};
use tokio::sync::{OnceCell, mpsc};
use tokio_util::sync::CancellationToken;

pub use bridge::{proxy_command, serve_if_inside};
pub use gate::{Destination, Gate};
pub use limits::{CHUNK_BYTES, CPU_MILLIS, FILE_BYTES, Limits, MEMORY_BYTES, OPEN_FILES, PROCESSES, SHM_BYTES, TMP_BYTES};

use launch::{Launcher, StartError, Surroundings};
use pump::Pump;
use running::{Ended, Running};
use spawner::Spawner;
use view::View;
use watch::Breach;

/// What the sandbox is told at the start.
#[derive(Clone, Debug, Default)]
pub struct SandboxSettings {
    /// Folders shown read-only to every command (`OPENSAIL_SANDBOX_READ`); a missing one is passed over.
    pub read: Vec<PathBuf>,
    /// Folders never shown, not even within a project or a readable folder: `$OPENSAIL_HOME` and the user's `~/.ssh`. A project may lie
    /// beneath one; then it alone is seen.
    pub hidden: Vec<PathBuf>,
    pub limits: Limits,
    /// A program whose `main` begins with [`serve_if_inside`], this one as a rule; without it no command gets a way out.
    pub bridge: Option<PathBuf>,
}

/// The sandbox of this machine. Keep one for the life of the server: its commands die with it.
pub struct BubblewrapSandbox {
    view: View,
    filters: Result<Vec<Vec<u8>>, String>,
    inherited: Vec<i32>,
    spawner: Spawner,
    /// Only a success is kept, so that what was missing may be installed while the server runs.
    launcher: OnceCell<Launcher>,
}

/// Why a command was ended before its time.
enum Cut {
    Cancelled,
    TimedOut,
    Breach(Breach),
}

impl BubblewrapSandbox {
    /// Fails only when no thread can be started.
    pub fn new(settings: SandboxSettings) -> io::Result<Self> {
        let hidden = settings.hidden.into_iter().map(|path| fs::canonicalize(&path).unwrap_or(path)).collect();
        let view = View {
            read: settings.read,
            hidden,
            limits: settings.limits,
            root_server: rustix::process::geteuid().is_root(),
            bridge: settings.bridge,
        };
        Ok(Self {
            view,
            filters: seccomp::programs(),
            inherited: program::inherited(),
            spawner: Spawner::new()?,
            launcher: OnceCell::new(),
        })
    }

    fn surroundings(&self) -> Result<Surroundings<'_>, SandboxError> {
        let filters = self.filters.as_ref().map_err(|why| SandboxError::Refused {
            why: format!("no filter of system calls for this machine: {why}"),
            remedy: "run the server on x86-64, arm64 or riscv64".into(),
        })?;
        Ok(Surroundings { view: &self.view, filters, inherited: &self.inherited, spawner: &self.spawner })
    }

    async fn launcher(&self) -> Result<&Launcher, SandboxError> {
        let around = self.surroundings()?;
        let name = rung::next_name();
        self.launcher.get_or_try_init(|| probe::probe(&around, &name)).await
    }
}

#[async_trait]
impl Sandbox for BubblewrapSandbox {
    async fn run(
        &self,
        request: SandboxRequest,
        output: mpsc::Sender<OutputChunk>,
        cancel: CancellationToken,
    ) -> Result<SandboxOutcome, SandboxError> {
        let launcher = self.launcher().await?;
        let began = Instant::now();
        let name = rung::next_name();
        let (mut running, mut pump) = launcher.start(&self.surroundings()?, &request, &name).await.map_err(|error| match error {
            StartError::Request(why) | StartError::Limits(why) | StartError::Isolation(why) => SandboxError::Failed(why),
        })?;
        let deadline = tokio::time::Instant::from_std(began) + request.timeout;
        let watched = launcher.rung.needs_watch().then(|| running.init()).flatten();
        let watch = async {
            match watched {
                Some(init) => watch::breach(init, self.view.limits).await,
                None => std::future::pending().await,
            }
        };
        let cut = tokio::select! {
            () = cancel.cancelled() => Some(Cut::Cancelled),
            () = tokio::time::sleep_until(deadline) => Some(Cut::TimedOut),
            breach = watch => Some(Cut::Breach(breach)),
            () = until_ended(&mut running, &mut pump, &output) => None,
        };
        let ended = running.finish().await.map_err(|error| SandboxError::Failed(error.to_string()))?;
        let duration = began.elapsed();
        let out_of_memory = running.ran_out_of_memory();
        running.clear().await;
        if cut.is_none() && ended == Ended::NeverRan {
            return Err(SandboxError::Failed(pump.last_words().await));
        }
        drain(&mut pump, &output, &cancel, cut.is_some()).await;
        Ok(SandboxOutcome { end: end(cut, ended, out_of_memory), duration })
    }

    async fn report(&self) -> SandboxReport {
        match self.launcher().await {
            Ok(launcher) => SandboxReport {
                isolation: Ok(format!(
                    "{}: user, process, mount, network, ipc, host name and control group namespaces, system call filter",
                    launcher.bubblewrap.version
                )),
                limits: launcher.rung.name().into(),
                remedy: launcher.rung.remedy(),
            },
            Err(SandboxError::Refused { why, remedy }) => {
                SandboxReport { isolation: Err(why), limits: "none".into(), remedy: Some(remedy) }
            }
            Err(SandboxError::Failed(why)) => SandboxReport { isolation: Err(why), limits: "none".into(), remedy: None },
        }
    }
}

/// Carries output until the main process is gone. Output may end earlier (a command may close it) or later (`drain`).
async fn until_ended(running: &mut Running, pump: &mut Pump, output: &mpsc::Sender<OutputChunk>) {
    tokio::select! {
        () = running.ended() => return,
        () = pump.run(output) => {}
    }
    running.ended().await;
}

/// What is left in the pipes; nobody writes into them any more. After a normal end the reader may take its time unless it cancels.
async fn drain(pump: &mut Pump, output: &mpsc::Sender<OutputChunk>, cancel: &CancellationToken, cut: bool) {
    let patience = async {
        if !cut {
            cancel.cancelled().await;
        }
        tokio::time::sleep(limits::DRAIN_GRACE).await;
    };
    tokio::select! {
        () = pump.run(output) => {}
        () = patience => {}
    }
}

fn end(cut: Option<Cut>, ended: Ended, out_of_memory: bool) -> SandboxEnd {
    match (cut, ended) {
        (Some(Cut::Cancelled), _) => SandboxEnd::Cancelled,
        (Some(Cut::TimedOut), _) => SandboxEnd::TimedOut,
        (Some(Cut::Breach(Breach::Memory)), _) => SandboxEnd::OutOfMemory,
        (Some(Cut::Breach(Breach::Processes)), _) => SandboxEnd::Signalled(libc::SIGKILL),
        (None, Ended::Exited(0)) => SandboxEnd::Exited(0),
        // Part of it was killed for its memory and the whole failed for that.
        (None, _) if out_of_memory => SandboxEnd::OutOfMemory,
        (None, Ended::Exited(code)) => SandboxEnd::Exited(code),
        (None, Ended::Signalled(signal)) => SandboxEnd::Signalled(signal),
        (None, Ended::NeverRan) => SandboxEnd::Exited(1),
    }
}
