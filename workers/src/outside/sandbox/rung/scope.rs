//! The user's systemd makes a scope for each command: it starts bubblewrap inside and goes away itself.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::limits::Limits;
use super::super::probe::program;
use super::place;

pub(in super::super) struct SystemdRun(PathBuf);

/// Only where a user's systemd answers on its socket; whether it grants limits shows when a command is tried.
pub(super) fn discover() -> Option<SystemdRun> {
    let folder = env::var_os("XDG_RUNTIME_DIR")?;
    if !Path::new(&folder).join("systemd/private").exists() {
        return None;
    }
    program("systemd-run").map(SystemdRun)
}

impl SystemdRun {
    pub(super) fn wrapper(&self, limits: &Limits) -> Vec<String> {
        let mut words: Vec<String> = vec![self.0.display().to_string()];
        words.extend(["--user", "--scope", "--quiet", "--collect"].map(str::to_owned));
        for property in [
            format!("MemoryMax={}", limits.memory_bytes),
            "MemorySwapMax=0".into(),
            format!("TasksMax={}", limits.processes),
            format!("CPUQuota={}%", limits.cpu_millis / 10),
        ] {
            words.push("-p".into());
            words.push(property);
        }
        words.push("--".into());
        words
    }
}

/// The event file of the scope that `launcher` stands in.
pub(super) fn events_of(launcher: i32) -> Option<PathBuf> {
    let mounts = place::hierarchies(&fs::read_to_string("/proc/self/mountinfo").ok()?);
    let hierarchy = mounts.iter().find(|mount| mount.unified)?;
    let own = place::own_path(&fs::read_to_string(format!("/proc/{launcher}/cgroup")).ok()?, None)?;
    Some(hierarchy.folder(&own)?.join("memory.events"))
}
