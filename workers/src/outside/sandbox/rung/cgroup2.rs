//! Control groups of the unified hierarchy, beneath a group that is ours to divide.
//!
//! A group with processes of its own cannot hand controllers on, so where we stand alone in a delegated group we first step down into
//! a leaf named `opensail-server`. Root without a delegated group works from the top, as container engines do.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::limits::Limits;
use super::{Group, make, place, sweep, write};

const OWN_LEAF: &str = "opensail-server";

pub(in super::super) struct Base(PathBuf);

pub(super) fn discover() -> Option<Base> {
    let mounts = place::hierarchies(&fs::read_to_string("/proc/self/mountinfo").ok()?);
    let hierarchy = mounts.iter().find(|mount| mount.unified)?;
    let own = place::own_path(&fs::read_to_string("/proc/self/cgroup").ok()?, None)?;
    let own = if own.ends_with(OWN_LEAF) { own.parent()?.to_owned() } else { own };
    let candidates = hierarchy.folder(&own).into_iter().chain([hierarchy.mount.clone()]);
    let base = candidates.into_iter().find(|folder| divide(folder, std::process::id()).is_ok())?;
    sweep(&base);
    Some(Base(base))
}

/// Makes the controllers available to groups beneath `folder`.
fn divide(folder: &Path, us: u32) -> io::Result<()> {
    let has = |file: &str, name: &str| -> io::Result<bool> {
        Ok(fs::read_to_string(folder.join(file))?.split_whitespace().any(|each| each == name))
    };
    for needed in ["memory", "pids"] {
        if !has("cgroup.controllers", needed)? {
            return Err(io::Error::other(format!("{needed} is not delegated")));
        }
    }
    // The top of the machine's hierarchy has no type and may hold processes beside groups.
    if folder.join("cgroup.type").exists() {
        let inside = fs::read_to_string(folder.join("cgroup.procs"))?;
        let mut inside = inside.split_whitespace().peekable();
        if inside.peek().is_some() {
            if inside.any(|process| process.parse() != Ok(us)) {
                return Err(io::Error::other("others live in this group"));
            }
            let leaf = folder.join(OWN_LEAF);
            match fs::create_dir(&leaf) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => write(&leaf.join("cgroup.procs"), &us.to_string())?,
            }
        }
    }
    for needed in ["memory", "pids", "cpu"] {
        if !has("cgroup.subtree_control", needed)? {
            let answer = write(&folder.join("cgroup.subtree_control"), &format!("+{needed}"));
            if needed != "cpu" {
                answer?;
            }
        }
    }
    Ok(())
}

impl Base {
    pub(super) fn group(&self, name: &str, limits: &Limits) -> io::Result<Group> {
        let mut group = Group::default();
        let folder = self.0.join(name);
        let settings = [
            ("memory.max", limits.memory_bytes.to_string(), false),
            ("memory.swap.max", "0".into(), true),
            // Out of memory ends the command as a whole, not one of its processes at a time.
            ("memory.oom.group", "1".into(), true),
            ("pids.max", limits.processes.to_string(), false),
            ("cpu.max", format!("{} 100000", limits.cpu_millis * 100), true),
        ];
        make(folder.clone(), &settings, &mut group)?;
        group.events = Some(folder.join("memory.events"));
        Ok(group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A delegated group as plain files: the kernel's side is missing, our steps are all there.
    fn delegated(procs: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (file, text) in
            [("cgroup.controllers", "cpu memory pids"), ("cgroup.type", "domain"), ("cgroup.procs", procs), ("cgroup.subtree_control", "")]
        {
            fs::write(folder.path().join(file), text).expect("a file");
        }
        folder
    }

    #[test]
    fn an_empty_delegated_group_is_divided() {
        let folder = delegated("");
        divide(folder.path(), 7).expect("divided");
        let asked = fs::read_to_string(folder.path().join("cgroup.subtree_control")).expect("read");
        assert!(asked.contains("cpu"), "{asked}");
    }

    #[test]
    fn a_group_with_others_is_left_alone() {
        let folder = delegated("7\n8\n");
        assert!(divide(folder.path(), 7).is_err());
        assert!(!folder.path().join(OWN_LEAF).exists());
    }

    #[test]
    fn alone_in_a_group_we_step_down() {
        let folder = delegated("7\n");
        fs::create_dir(folder.path().join(OWN_LEAF)).expect("a leaf");
        fs::write(folder.path().join(OWN_LEAF).join("cgroup.procs"), "").expect("a file");
        divide(folder.path(), 7).expect("divided");
        let inside = fs::read_to_string(folder.path().join(OWN_LEAF).join("cgroup.procs"));
        assert_eq!(inside.expect("read"), "7");
    }

    #[test]
    fn a_group_without_memory_is_refused() {
        let folder = delegated("");
        fs::write(folder.path().join("cgroup.controllers"), "hugetlb").expect("a file");
        assert!(divide(folder.path(), 7).is_err());
    }
}
