//! A small disk of its own, which can be filled.

use std::path::{Path, PathBuf};
use std::process::Command;

/// In memory; gone when it is dropped.
pub struct SmallDisk {
    at: PathBuf,
    size: String,
}

impl SmallDisk {
    /// `None` where mounting is not allowed. `size` as mount(8) takes it.
    pub fn mount(at: &Path, size: &str) -> Option<SmallDisk> {
        std::fs::create_dir_all(at).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs"]).arg(at).status();
        let mounted = mounted.is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("a small disk cannot be mounted here: none will be full");
        }
        mounted.then(|| SmallDisk { at: at.to_path_buf(), size: size.to_owned() })
    }

    /// Not another byte: the disk is as large as what lies on it, which takes no longer for a large one.
    pub fn fill(&self) {
        while !self.is_full() {
            let disk = rustix::fs::statvfs(&self.at).expect("a disk");
            // One that has grown meanwhile refuses to be smaller than that.
            self.resize(&((disk.f_blocks - disk.f_bfree) * disk.f_frsize).to_string());
        }
    }

    pub fn free(&self) {
        assert!(self.resize(&self.size), "a disk of {} again", self.size);
    }

    fn is_full(&self) -> bool {
        rustix::fs::statvfs(&self.at).expect("a disk").f_bfree == 0
    }

    fn resize(&self, size: &str) -> bool {
        let resized = Command::new("mount").args(["-o", &format!("remount,size={size}")]).arg(&self.at).output();
        resized.is_ok_and(|resized| resized.status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}
