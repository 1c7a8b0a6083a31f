//! The epoch of a local store: a number in a file beside the packs, another one after each sweep that removed something.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::local::from_errno;
use super::packs::Packs;
use super::{CasError, Epoch};
use crate::temp_file::{TempFile, sync_folder};

const EPOCH: &str = "epoch";
/// Becomes the next epoch where the disk has no room for another file.
const SPARE_EPOCH: &str = "epoch.spare";

impl Packs {
    pub(super) fn epoch(&self) -> Result<Epoch, CasError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut bytes = [0; 16];
        match rustix::fs::openat(self.folder(), EPOCH, flags, Mode::empty()) {
            Ok(file) => match rustix::io::read(&file, &mut bytes) {
                // A short one is torn by the disk: it equals none that anybody remembers but itself, and then all is looked for.
                Ok(_) => Ok(Epoch(u128::from_le_bytes(bytes))),
                Err(errno) => Err(from_errno(errno)),
            },
            Err(Errno::NOENT) => Ok(Epoch(0)),
            Err(errno) => Err(from_errno(errno)),
        }
    }

    /// Begins a new epoch, durably; done before anything is removed. Where there is no room for it the spare file is written over, which needs none
    /// but where a file system never writes in place; there it is given up for the room that it takes.
    pub(super) fn next_epoch(&self) -> Result<(), CasError> {
        let next = rand::random::<u128>().to_le_bytes();
        let full = |errno: &Errno| matches!(*errno, Errno::NOSPC | Errno::DQUOT);
        let begun = match self.write_epoch(EPOCH, &next) {
            Err(errno) if full(&errno) => match self.write_over_spare(&next) {
                Err(errno) if full(&errno) => match rustix::fs::unlinkat(self.folder(), SPARE_EPOCH, AtFlags::empty()) {
                    Ok(()) => sync_folder(self.folder()).and_then(|()| self.write_epoch(EPOCH, &next)),
                    Err(_) => Err(errno),
                },
                written => written,
            },
            written => written,
        };
        begun.and_then(|()| sync_folder(self.folder())).map_err(from_errno)
    }

    fn write_epoch(&self, name: &str, bytes: &[u8]) -> Result<(), Errno> {
        let mut temp = TempFile::create(self.folder().as_fd())?;
        temp.fill(bytes)?;
        temp.replace(name)
    }

    fn write_over_spare(&self, bytes: &[u8]) -> Result<(), Errno> {
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let spare = match rustix::fs::openat(self.folder(), SPARE_EPOCH, flags, Mode::empty()) {
            // It could not be made: there was no room then either.
            Err(Errno::NOENT) => return Err(Errno::NOSPC),
            spare => File::from(spare?),
        };
        spare.write_all_at(bytes, 0).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        rustix::fs::fsync(&spare)?;
        rustix::fs::renameat(self.folder(), SPARE_EPOCH, self.folder(), EPOCH)
    }

    /// Makes the spare file for the next epoch where there is none. Best effort: it is made at the next chance.
    pub(super) fn spare_epoch(&self) {
        if rustix::fs::statat(self.folder(), SPARE_EPOCH, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
            return;
        }
        if let Err(errno) = self.write_epoch(SPARE_EPOCH, &[0; 16]).and_then(|()| sync_folder(self.folder())) {
            tracing::warn!(%errno, "there is no spare file for a sweep of a full disk");
        }
    }
}
