//! A command under way: waiting for its end, ending it, and leaving nothing behind.
//!
//! Two processes matter: the launcher (bubblewrap outside, our child) and the first process inside, whose death is the death of its whole
//! process namespace. The kernel reports the first process dead only when every other one in it is, so waiting for it is
//! waiting for all. It is held by a descriptor, not by its number, so that no later process is ever hit.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

use super::limits::{Limits, START_LIMIT};
use super::remains::Remains;
use super::rung::{Group, Rung};
use super::spawner::Spawner;

/// How often, and how long apart, a control group is asked to go: the kernel may lag behind the last process a little.
const REMOVALS: u32 = 50;
const REMOVAL_PAUSE: Duration = Duration::from_millis(2);

/// How the main process of the command ended by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    Exited(i32),
    Signalled(i32),
    /// The sandbox was not completed or the program could not be started; bubblewrap said why on standard error.
    NeverRan,
}

pub(super) struct Running {
    /// None once the command is finished.
    alive: Option<Remains>,
    init: Option<i32>,
    group: Group,
    spawner: Spawner,
    /// bubblewrap's reports, one JSON object a line; ends when bubblewrap does.
    status: pipe::Receiver,
    told: Vec<u8>,
}

impl Running {
    pub(super) fn new(launcher: Pid, group: Group, spawner: Spawner, status: OwnedFd) -> io::Result<Self> {
        let alive = Remains::new(launcher);
        match pipe::Receiver::from_owned_fd(status) {
            Ok(status) => Ok(Self { alive: Some(alive), init: None, group, spawner, status, told: Vec::new() }),
            Err(error) => {
                alive.kill();
                spawner.bury(alive, group);
                Err(error)
            }
        }
    }

    /// The number of the first process inside, as soon as it exists; none when bubblewrap gave up before.
    pub(super) async fn first_process(&mut self) -> io::Result<Option<i32>> {
        let told = async { while !self.told.contains(&b'\n') && self.listen().await {} };
        let late = |_| io::Error::other("bubblewrap did not start in time");
        tokio::time::timeout(START_LIMIT, told).await.map_err(late)?;
        let number = self.reported("child-pid");
        if let (Some(alive), Some(init)) = (&mut self.alive, number.and_then(Pid::from_raw)) {
            // Gone again already: bubblewrap failed and says why.
            alive.init = pidfd_open(init, PidfdFlags::empty()).ok();
            self.init = alive.init.is_some().then_some(number).flatten();
        }
        Ok(self.init)
    }

    /// Reads on; false at the end. Safe to drop in between.
    async fn listen(&mut self) -> bool {
        matches!(self.status.read_buf(&mut self.told).await, Ok(count) if count > 0)
    }

    fn reported(&self, name: &str) -> Option<i32> {
        let lines = self.told.split(|byte| *byte == b'\n');
        let mut values = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok()?.get(name)?.as_i64());
        values.next().and_then(|value| i32::try_from(value).ok())
    }

    /// Puts the waiting first process under its limits.
    pub(super) fn limit(&mut self, init: i32, rung: &Rung, limits: &Limits, timeout: Duration) -> io::Result<()> {
        let launcher = self.alive.as_ref().map(|alive| alive.launcher.as_raw_nonzero().get());
        self.group.enter(init, launcher, rung)?;
        rung.set_process_limits(init, limits, timeout)
    }

    /// Number of the first process, for the watch.
    pub(super) fn init(&self) -> Option<i32> {
        self.init
    }

    /// Completes when the main process of the command is gone; may be dropped and asked again.
    pub(super) async fn ended(&mut self) {
        while self.listen().await {}
    }

    /// Ends whatever still runs, waits for all of it, and tells how the main process had ended.
    pub(super) async fn finish(&mut self) -> io::Result<Ended> {
        let Some(alive) = self.alive.take() else {
            return Err(io::Error::other("the sandbox was finished twice"));
        };
        alive.kill();
        // Killed already, so this takes no time worth a thread of its own; it goes on even if our caller goes away.
        let settled = tokio::task::spawn_blocking(move || alive.settle());
        let status = settled.await.map_err(io::Error::other)??;
        self.ended().await;
        Ok(match (self.reported("exit-code"), status.terminating_signal()) {
            (Some(code), _) => decode(code),
            (None, Some(signal)) => Ended::Signalled(signal),
            (None, None) => Ended::NeverRan,
        })
    }

    pub(super) fn ran_out_of_memory(&self) -> bool {
        self.group.ran_out_of_memory()
    }

    /// Removes the control groups.
    pub(super) async fn clear(&mut self) {
        for _ in 0..REMOVALS {
            if self.group.remove() {
                return;
            }
            tokio::time::sleep(REMOVAL_PAUSE).await;
        }
        tracing::warn!("a control group of a finished command could not be removed; the next start tries again");
    }
}

/// bubblewrap tells a signal as shells do, 128 + its number; `exit 137` and SIGKILL cannot be told apart, as in a shell.
fn decode(code: i32) -> Ended {
    match code {
        129..=192 => Ended::Signalled(code - 128),
        _ => Ended::Exited(code),
    }
}

impl Drop for Running {
    /// The caller went away in the middle: nothing may live on.
    fn drop(&mut self) {
        if let Some(alive) = self.alive.take() {
            alive.kill();
            self.spawner.bury(alive, std::mem::take(&mut self.group));
        }
    }
}
