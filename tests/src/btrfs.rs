//! A real btrfs in a sparse file, mounted for as long as a test or a bench needs it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Mounted until it is dropped, which a test that fails does too.
pub struct Btrfs {
    top: PathBuf,
    _image: tempfile::TempDir,
}

impl Btrfs {
    /// Over an empty folder; `None`, said aloud, where that is not allowed or `mkfs.btrfs` is not installed. `bytes`: its size.
    pub fn over(top: &Path, bytes: u64) -> Option<Self> {
        let image = tempfile::tempdir().expect("a folder");
        let file = image.path().join("image");
        std::fs::File::create(&file).and_then(|file| file.set_len(bytes)).expect("an image");
        let made = rustix::process::geteuid().is_root()
            && run("mkfs.btrfs", &["-q".as_ref(), file.as_ref()])
            && run("mount", &["-o".as_ref(), "loop".as_ref(), file.as_ref(), top.as_ref()]);
        if !made {
            eprintln!("SKIPPED: btrfs needs root, btrfs-progs and the right to mount a loop device");
            return None;
        }
        Some(Self { top: top.into(), _image: image })
    }

    pub fn top(&self) -> &Path {
        &self.top
    }
}

impl Drop for Btrfs {
    fn drop(&mut self) {
        // A server that a failed test leaves has files open there: then the mount is taken away now, and the device goes with the last of them.
        let gone = run("umount", &[self.top.as_ref()]) || run("umount", &["--lazy".as_ref(), self.top.as_ref()]);
        if !gone {
            eprintln!("the btrfs at {} could not be unmounted", self.top.display());
        }
    }
}

fn run(program: &str, arguments: &[&OsStr]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}
