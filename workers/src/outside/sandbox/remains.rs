//! The processes of one command that have to be gone before it counts as ended.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, kill_process, pidfd_send_signal, waitid, waitpid};

pub(super) struct Remains {
    /// bubblewrap outside, our child; its number stays its own until `settle` has waited for it.
    pub(super) launcher: Pid,
    /// The first process inside.
    pub(super) init: Option<OwnedFd>,
}

impl Remains {
    pub(super) fn new(launcher: Pid) -> Self {
        Self { launcher, init: None }
    }

    /// Kills everything. The first process inside goes first, and the launcher then reports it; without one the launcher itself goes.
    pub(super) fn kill(&self) {
        // An error means that it is gone already.
        let _ = match &self.init {
            Some(init) => pidfd_send_signal(init, Signal::KILL),
            None => kill_process(self.launcher, Signal::KILL),
        };
    }

    /// Blocks until all are gone and tells how the launcher ended; call `kill` before.
    pub(super) fn settle(self) -> io::Result<WaitStatus> {
        if let Some(init) = &self.init {
            while let Err(Errno::INTR) = poll(&mut [PollFd::new(init, PollFlags::IN)], None) {}
            // Where the server is the first process of its own container, the orphan may be ours to collect.
            let _ = waitid(WaitId::PidFd(init.as_fd()), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
        }
        loop {
            match waitpid(Some(self.launcher), WaitOptions::empty()) {
                Ok(Some((_, status))) => return Ok(status),
                Ok(None) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
