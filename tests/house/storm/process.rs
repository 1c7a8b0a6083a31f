//! One process of the house: whenever it ends, it is started again, on the same port.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use opensail_eventstore::conformance::relay::proxy::Proxy;
use opensail_eventstore::conformance::watched::free_port;
use opensail_tests::world::until_within;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use tokio::task::JoinHandle;

/// Pause between two looks, and between an end and the next start.
const LOOK: Duration = Duration::from_millis(50);
/// After a storm there is much to be done before a process is ready.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is started, with all that it needs.
#[derive(Clone)]
pub(super) struct Program {
    binary: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

impl Program {
    pub(super) fn of(command: &Command) -> Program {
        let command = command.as_std();
        let environment = command.get_envs().filter_map(|(name, value)| Some((name.into(), value?.into()))).collect();
        Program { binary: command.get_program().into(), arguments: command.get_args().map(Into::into).collect(), environment }
    }

    fn command(&self, port: u16, log: &Path) -> Command {
        let file = File::options().create(true).append(true).open(log).expect("a log");
        let mut command = Command::new(&self.binary);
        command.args(&self.arguments).env_clear().envs(self.environment.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
        command.env("OPENSAIL_LISTEN", format!("127.0.0.1:{port}")).stdin(Stdio::null());
        command.stdout(file.try_clone().expect("a log")).stderr(file);
        command
    }
}

pub(super) struct Process {
    /// Where clients reach it.
    pub(super) proxy: Proxy,
    port: u16,
    state: Arc<State>,
    log: PathBuf,
    keeper: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    /// 0 while there is none.
    pid: AtomicI32,
    /// It answers at all.
    alive: AtomicBool,
    ready: AtomicBool,
    resting: AtomicBool,
}

impl Process {
    pub(super) async fn begin(name: &str, program: Program, folder: &Path) -> Process {
        let port = free_port();
        let log = folder.join(format!("{name}-{port}.log"));
        let state = Arc::new(State::default());
        let keeper = tokio::spawn(keep(program, port, log.clone(), state.clone()));
        Process { proxy: Proxy::to(port).await, port, state, log, keeper }
    }

    /// Through the wire.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.proxy.port)
    }

    /// Past it.
    pub(super) fn own_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn is_alive(&self) -> bool {
        self.state.alive.load(Ordering::SeqCst)
    }

    fn is_ready(&self) -> bool {
        self.state.ready.load(Ordering::SeqCst)
    }

    pub(super) async fn ready(&self) {
        let what = format!("a process to be ready; its log:\n{}", self.end_of_log());
        until_within(PATIENCE, &what, async || self.is_ready().then_some(())).await;
    }

    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    fn end_of_log(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// False: there is none just now.
    pub(super) fn signal(&self, signal: Signal) -> bool {
        if signal == Signal::KILL {
            self.state.alive.store(false, Ordering::SeqCst);
            self.state.ready.store(false, Ordering::SeqCst);
        }
        Pid::from_raw(self.state.pid.load(Ordering::SeqCst)).is_some_and(|pid| kill_process(pid, signal).is_ok())
    }

    /// SIGTERM, the wait for its end, and no new start.
    pub(super) async fn rest(&self) {
        self.state.resting.store(true, Ordering::SeqCst);
        self.signal(Signal::TERM);
        until_within(PATIENCE, "a process to end", async || self.keeper.is_finished().then_some(())).await;
    }
}

async fn keep(program: Program, port: u16, log: PathBuf, state: Arc<State>) {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().expect("a client");
    loop {
        let mut child = program.command(port, &log).spawn().expect("it starts");
        state.pid.store(child.id().and_then(|pid| i32::try_from(pid).ok()).unwrap_or(0), Ordering::SeqCst);
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                _ = child.wait() => break,
                _ = look.tick() => {
                    let answer = http.get(format!("http://127.0.0.1:{port}/readyz")).send().await;
                    state.alive.store(answer.is_ok(), Ordering::SeqCst);
                    state.ready.store(answer.is_ok_and(|answer| answer.status().is_success()), Ordering::SeqCst);
                }
            }
        }
        state.pid.store(0, Ordering::SeqCst);
        state.alive.store(false, Ordering::SeqCst);
        state.ready.store(false, Ordering::SeqCst);
        if state.resting.load(Ordering::SeqCst) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}
