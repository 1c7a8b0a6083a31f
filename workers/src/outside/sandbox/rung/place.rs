//! Where this process stands: its control groups, their mounts, and the start times that tell one process from a later one of the same number.

use std::fs;
use std::path::{Path, PathBuf};

/// Start time of a process in clock ticks since boot; none when it does not exist.
pub(super) fn start_time(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in brackets and may hold anything; counting starts behind it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// A mounted hierarchy of control groups.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hierarchy {
    pub(super) mount: PathBuf,
    /// Which part of the hierarchy is mounted there.
    pub(super) root: PathBuf,
    /// Names of the controllers; empty for the unified hierarchy.
    pub(super) controllers: Vec<String>,
    pub(super) unified: bool,
}

/// Reads the mounts out of `/proc/self/mountinfo`.
pub(super) fn hierarchies(mountinfo: &str) -> Vec<Hierarchy> {
    mountinfo.lines().filter_map(hierarchy).collect()
}

fn hierarchy(line: &str) -> Option<Hierarchy> {
    let (before, after) = line.split_once(" - ")?;
    let mut fields = before.split(' ').skip(3);
    let root = PathBuf::from(fields.next()?);
    let mount = PathBuf::from(fields.next()?);
    let mut fields = after.split(' ');
    let unified = match fields.next()? {
        "cgroup2" => true,
        "cgroup" => false,
        _ => return None,
    };
    let options = fields.nth(1)?;
    let controllers = if unified { vec![] } else { options.split(',').map(str::to_owned).collect() };
    Some(Hierarchy { mount, root, controllers, unified })
}

/// The path of this process within the hierarchy of `controller` (the unified one for none), from `/proc/self/cgroup`.
pub(super) fn own_path(cgroup: &str, controller: Option<&str>) -> Option<PathBuf> {
    cgroup.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (_, names, path) = (fields.next()?, fields.next()?, fields.next()?);
        let here = match controller {
            None => names.is_empty(),
            Some(controller) => names.split(',').any(|name| name == controller),
        };
        here.then(|| PathBuf::from(path))
    })
}

impl Hierarchy {
    /// The folder that stands for `own`, if it can be seen through this mount.
    pub(super) fn folder(&self, own: &Path) -> Option<PathBuf> {
        let inner = own.strip_prefix(&self.root).ok()?;
        let folder = self.mount.join(inner);
        folder.is_dir().then_some(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "24 30 0:22 / /proc rw - proc proc rw\n\
        31 24 0:27 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n\
        33 24 0:29 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";

    #[test]
    fn mounts_of_both_kinds_are_found() {
        let found = hierarchies(MOUNTS);
        assert_eq!(found.len(), 2);
        assert!(found[0].unified);
        assert_eq!(found[1].controllers, ["rw", "memory"]);
        assert_eq!(found[1].root, Path::new("/docker/ab"));
    }

    #[test]
    fn the_own_group_is_read_per_controller() {
        let text = "9:cpu,cpuacct:/a\n4:memory:/b:c\n0::/d\n";
        assert_eq!(own_path(text, Some("cpu")), Some("/a".into()));
        assert_eq!(own_path(text, Some("memory")), Some("/b:c".into()));
        assert_eq!(own_path(text, None), Some("/d".into()));
        assert_eq!(own_path(text, Some("pids")), None);
    }

    #[test]
    fn a_process_is_known_by_its_start() {
        assert!(start_time(std::process::id()).is_some());
        assert_eq!(start_time(u32::MAX), None);
    }
}
