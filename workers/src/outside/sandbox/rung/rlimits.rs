//! Limits of each process, inherited by all it starts. They stand on every rung; on the last one they stand almost alone.

use std::fs;
use std::io;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::super::limits::{Limits, OPEN_FILES};

/// Sets them on a process that has not begun its program yet. `alone`: no control group holds memory and processes.
pub(super) fn set(process: i32, limits: &Limits, timeout: Duration, alone: bool) -> io::Result<()> {
    let pid = Pid::from_raw(process).ok_or_else(|| io::Error::other("no process"))?;
    let mut wanted = vec![(Resource::Core, 0), (Resource::Fsize, limits.file_bytes), (Resource::Nofile, OPEN_FILES)];
    if alone {
        // Writable private memory, not address space: many runtimes reserve far more than they use.
        wanted.push((Resource::Data, limits.memory_bytes));
        wanted.push((Resource::Nproc, limits.processes));
        // No process can compute longer than two processors' worth of the time the command has.
        wanted.push((Resource::Cpu, timeout.as_secs().saturating_mul(2).saturating_add(1)));
    }
    for (resource, most) in wanted {
        let most = rustix::process::getrlimit(resource).maximum.map_or(most, |ours| ours.min(most));
        prlimit(Some(pid), resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    // When the machine itself runs out of memory the command goes first. A kindness to the server, not a limit: it may fail.
    let _ = fs::write(format!("/proc/{process}/oom_score_adj"), "1000");
    Ok(())
}
