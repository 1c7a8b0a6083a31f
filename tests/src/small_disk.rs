//! A small disk of its own, which can be filled.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In memory; gone when it is dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where mounting is not allowed. `size` as mount(8) takes it.
    pub fn mount(at: &Path, size: &str) -> Option<SmallDisk> {
        std::fs::create_dir_all(at).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs"]).arg(at).status();
        mounted.is_ok_and(|status| status.success()).then(|| SmallDisk(at.to_path_buf()))
    }

    pub fn fill(&self) {
        let mut file = File::create(self.0.join("filler")).expect("a file");
        let chunk = vec![b'x'; 64 * 1024];
        while file.write_all(&chunk).is_ok() {}
        while file.write_all(b"x").is_ok() {}
    }

    pub fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
