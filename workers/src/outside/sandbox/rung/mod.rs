//! The ladder of limits: what this machine gives to hold a command to its share, best first.
//!
//! 1. `cgroup2`: a control group of the unified hierarchy that is delegated to us (`Delegate=yes`, a container, or root).
//! 2. `cgroup1`: writable control groups of the older kind; memory and pids are a must, cpu is taken when there.
//! 3. `systemd-scope`: the user's own systemd makes a group for each command.
//! 4. `rlimits`: per-process limits, and a watch over the sum (`super::watch`).
//!
//! A group is named `opensail-<process>-<start time>-<number>`, so that what a dead server left is known as such and swept at the start.

mod cgroup1;
mod cgroup2;
mod place;
mod rlimits;
mod scope;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::limits::Limits;

pub(super) enum Rung {
    Cgroup2(cgroup2::Base),
    Cgroup1(cgroup1::Bases),
    Scope(scope::SystemdRun),
    Rlimits,
}

impl Rung {
    /// What this machine may give, best first; each is still to be tried with a command.
    pub(super) fn candidates() -> Vec<Rung> {
        let mut rungs = Vec::new();
        rungs.extend(cgroup2::discover().map(Rung::Cgroup2));
        rungs.extend(cgroup1::discover().map(Rung::Cgroup1));
        rungs.extend(scope::discover().map(Rung::Scope));
        rungs.push(Rung::Rlimits);
        rungs
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Rung::Cgroup2(_) => "cgroup2",
            Rung::Cgroup1(_) => "cgroup1",
            Rung::Scope(_) => "systemd-scope",
            Rung::Rlimits => "rlimits",
        }
    }

    /// What would lift this machine to a better rung, or what this rung leaves open.
    pub(super) fn remedy(&self) -> Option<String> {
        match self {
            Rung::Cgroup2(_) | Rung::Scope(_) => None,
            Rung::Cgroup1(bases) => bases.remedy(),
            Rung::Rlimits => Some(
                "memory and processes are held by per-process limits and a watch; for firm limits run the server as a systemd service with Delegate=yes, or in a login session with a user systemd"
                    .into(),
            ),
        }
    }

    /// Words to put before bubblewrap's own.
    pub(super) fn wrapper(&self, limits: &Limits) -> Option<Vec<String>> {
        match self {
            Rung::Scope(systemd) => Some(systemd.wrapper(limits)),
            Rung::Cgroup2(_) | Rung::Cgroup1(_) | Rung::Rlimits => None,
        }
    }

    /// Makes the place of one command.
    pub(super) fn group(&self, name: &str, limits: &Limits) -> io::Result<Group> {
        match self {
            Rung::Cgroup2(base) => base.group(name, limits),
            Rung::Cgroup1(bases) => bases.group(name, limits),
            Rung::Scope(_) | Rung::Rlimits => Ok(Group::default()),
        }
    }

    /// Limits of each process, set from outside while the command still waits.
    pub(super) fn set_process_limits(&self, process: i32, limits: &Limits, timeout: Duration) -> io::Result<()> {
        let alone = matches!(self, Rung::Rlimits);
        rlimits::set(process, limits, timeout, alone)
    }

    pub(super) fn needs_watch(&self) -> bool {
        matches!(self, Rung::Rlimits)
    }
}

/// The control groups of one command; removed when dropped.
#[derive(Default)]
pub(super) struct Group {
    folders: Vec<PathBuf>,
    /// The file with the line `oom_kill N`.
    events: Option<PathBuf>,
}

impl Group {
    pub(super) fn enter(&mut self, process: i32, launcher: Option<i32>, rung: &Rung) -> io::Result<()> {
        for folder in &self.folders {
            write(&folder.join("cgroup.procs"), &process.to_string())?;
        }
        if matches!(rung, Rung::Scope(_)) {
            self.events = launcher.and_then(scope::events_of);
        }
        Ok(())
    }

    /// Whether the kernel killed a process of this group for its memory.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let Some(text) = self.events.as_ref().and_then(|file| fs::read_to_string(file).ok()) else {
            return false;
        };
        text.lines().filter_map(|line| line.strip_prefix("oom_kill ")).any(|count| count.trim() != "0")
    }

    /// Tries to remove what is left; true when nothing is.
    pub(super) fn remove(&mut self) -> bool {
        self.folders.retain(|folder| match fs::remove_dir(folder) {
            Ok(()) => false,
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        });
        self.folders.is_empty()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Makes a group's folder and writes its settings; a setting marked optional may be missing from this kernel.
fn make(folder: PathBuf, settings: &[(&str, String, bool)], group: &mut Group) -> io::Result<()> {
    fs::create_dir(&folder)?;
    group.folders.push(folder.clone());
    for (file, value, optional) in settings {
        match write(&folder.join(file), value) {
            Err(error) if !optional => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Control files take exactly one write.
fn write(file: &Path, value: &str) -> io::Result<()> {
    use std::io::Write;
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
    let mut file = fs::OpenOptions::new().write(true).open(file).map_err(named)?;
    file.write_all(value.as_bytes())
}

/// A name for one command's groups that no other command of this machine has.
pub(super) fn next_name() -> String {
    static COMMANDS: AtomicU64 = AtomicU64::new(0);
    let process = std::process::id();
    let started = place::start_time(process).unwrap_or_default();
    let number = COMMANDS.fetch_add(1, Ordering::Relaxed);
    format!("opensail-{process}-{started}-{number}")
}

/// Removes the empty groups of servers that are gone. Their commands died with them, so nothing has to be killed.
fn sweep(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix("opensail-")) else {
            continue;
        };
        let mut parts = name.split('-').map(str::parse::<u64>);
        if let (Some(Ok(process)), Some(Ok(started)), Some(Ok(_)), None) = (parts.next(), parts.next(), parts.next(), parts.next())
            && u32::try_from(process).ok().and_then(place::start_time) != Some(started)
        {
            // A group that is still busy belongs to a server we cannot see; it stays.
            let _ = fs::remove_dir(entry.path());
        }
    }
}
