//! Control groups of the older kind: one hierarchy per controller, each writable by us or not.

use std::fs;
use std::io;
use std::path::PathBuf;

use rustix::fs::{Access, access};

use super::super::limits::Limits;
use super::{Group, make, place, sweep};

pub(in super::super) struct Bases {
    memory: PathBuf,
    pids: PathBuf,
    cpu: Option<PathBuf>,
}

pub(super) fn discover() -> Option<Bases> {
    let mounts = place::hierarchies(&fs::read_to_string("/proc/self/mountinfo").ok()?);
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let base = |controller: &str| {
        let hierarchy = mounts.iter().find(|mount| mount.controllers.iter().any(|name| name == controller))?;
        // Beneath our own group if we may, so that what limits us limits commands too; else at the top.
        let beneath = place::own_path(&own, Some(controller)).and_then(|path| hierarchy.folder(&path));
        let folder = beneath.into_iter().chain([hierarchy.mount.clone()]).find(|folder| access(folder, Access::WRITE_OK).is_ok())?;
        sweep(&folder);
        Some(folder)
    };
    Some(Bases { memory: base("memory")?, pids: base("pids")?, cpu: base("cpu") })
}

impl Bases {
    pub(super) fn remedy(&self) -> Option<String> {
        match self.cpu {
            Some(_) => None,
            None => Some("processor time is not limited: the cpu control group is not writable".into()),
        }
    }

    pub(super) fn group(&self, name: &str, limits: &Limits) -> io::Result<Group> {
        let mut group = Group::default();
        let bytes = limits.memory_bytes.to_string();
        let memory = self.memory.join(name);
        let settings = [
            ("memory.limit_in_bytes", bytes.clone(), false),
            // Counts swap as well; missing where the kernel does not account for it.
            ("memory.memsw.limit_in_bytes", bytes, true),
        ];
        make(memory.clone(), &settings, &mut group)?;
        group.events = Some(memory.join("memory.oom_control"));
        make(self.pids.join(name), &[("pids.max", limits.processes.to_string(), false)], &mut group)?;
        if let Some(cpu) = &self.cpu {
            let quota = (limits.cpu_millis * 100).to_string();
            let settings = [("cpu.cfs_period_us", "100000".into(), false), ("cpu.cfs_quota_us", quota, false)];
            make(cpu.join(name), &settings, &mut group)?;
        }
        Ok(group)
    }
}
