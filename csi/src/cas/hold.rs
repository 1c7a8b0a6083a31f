//! The lock between those who write objects and the sweep: a `flock` on the folder of the packs, which dies with its
//! process and counts per open handle, so it holds within one process and between several.

use std::any::Any;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::CasError;
use super::local::from_errno;

/// While it lives, nothing is removed from the store it came from.
pub struct Hold(#[expect(dead_code, reason = "it works by being dropped")] Box<dyn Any + Send + Sync>);

impl Hold {
    /// For back ends: `lock` is released by being dropped.
    pub fn new(lock: impl Any + Send + Sync) -> Self {
        Self(Box::new(lock))
    }
}

/// Ends when it is dropped, and not only when it is closed: a process that is just being started has all open files of this one for a moment.
pub(super) struct Lock(OwnedFd);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}

/// Waits for a sweep that removes just now, which takes as long as some files take to unlink.
pub(super) fn shared(folder: impl AsFd) -> Result<Lock, CasError> {
    lock(folder, FlockOperation::LockShared)
}

/// `Busy` when anybody holds it.
pub(super) fn exclusive(folder: impl AsFd) -> Result<Lock, CasError> {
    lock(folder, FlockOperation::NonBlockingLockExclusive)
}

fn lock(folder: impl AsFd, operation: FlockOperation) -> Result<Lock, CasError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = rustix::fs::openat(folder, ".", flags, Mode::empty()).map_err(from_errno)?;
    loop {
        match rustix::fs::flock(&handle, operation) {
            Ok(()) => return Ok(Lock(handle)),
            Err(Errno::INTR) => {}
            Err(Errno::WOULDBLOCK) => return Err(CasError::Busy),
            Err(errno) => return Err(from_errno(errno)),
        }
    }
}
