//! The root of a project, opened once, from which the kernel resolves every path.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use super::error::{FileError, NO_OPENAT2};

/// How often a resolution is tried again when a folder is moved in its midst (the kernel says `EAGAIN`).
const MAX_RESOLUTIONS: usize = 64;

/// Which links a resolution may go through. None of the two ever leaves the folder it starts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Links {
    /// Those that stay beneath.
    Beneath,
    None,
}

/// An open root. Dropping it closes it.
#[derive(Debug)]
pub struct Root {
    fd: OwnedFd,
    identity: Identity,
}

/// Which inode it is; names may come and go.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Identity {
    pub(super) dev: u64,
    pub(super) ino: u64,
}

impl Identity {
    pub(super) fn of(stat: &Stat) -> Self {
        Self { dev: stat.st_dev, ino: stat.st_ino }
    }

    pub(super) fn of_fd(fd: impl AsFd) -> Result<Self, Errno> {
        rustix::fs::fstat(fd).map(|stat| Self::of(&stat))
    }
}

impl Root {
    /// Opens a root by its absolute, link-free path (as [`super::canonical_root`] gives it). A link anywhere on the way
    /// is refused: one project may lie in another, whose agent could swap the folder for a link.
    pub fn open(folder: &Path) -> Result<Self, FileError> {
        let shown = folder.to_string_lossy();
        if !folder.is_absolute() {
            return Err(FileError::invalid(shown, "is not absolute"));
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let opened = resolved(CWD, folder, flags, resolve).map_err(|errno| match errno {
            Errno::LOOP => FileError::forbidden(&*shown, "a symbolic link is on the way to the project; name its real folder"),
            Errno::NOTDIR => FileError::invalid(&*shown, "is not a folder"),
            errno => FileError::from_errno(&shown, errno),
        })?;
        let identity = Identity::of_fd(&opened).map_err(|errno| FileError::from_errno(&shown, errno))?;
        Ok(Self { fd: opened, identity })
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    /// Opens a folder beneath the root for reading its entries.
    pub(super) fn open_folder(&self, path: &[u8], links: Links) -> Result<OwnedFd, Errno> {
        open_beneath(self.fd.as_fd(), path, OFlags::RDONLY | OFlags::DIRECTORY, links)
    }
}

impl AsFd for Root {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Opens `path` beneath `dir`; the one door through which everything of a project is opened.
pub(crate) fn open_beneath(
    dir: BorrowedFd<'_>,
    path: impl rustix::path::Arg + Copy,
    flags: OFlags,
    links: Links,
) -> Result<OwnedFd, Errno> {
    let mut resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    if links == Links::None {
        resolve |= ResolveFlags::NO_SYMLINKS;
    }
    // `openat2` refuses flags that mean nothing with `O_PATH`.
    let no_terminal = if flags.contains(OFlags::PATH) { OFlags::empty() } else { OFlags::NOCTTY };
    resolved(dir, path, flags | OFlags::CLOEXEC | no_terminal, resolve)
}

/// Whether what stands at `path` lies in the same mount as `dir`. A subvolume of btrfs does, though its device is another.
pub(crate) fn same_mount(dir: BorrowedFd<'_>, path: impl rustix::path::Arg + Copy) -> Result<bool, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    match resolved(dir, path, OFlags::PATH | OFlags::CLOEXEC, resolve) {
        Ok(_) => Ok(true),
        Err(Errno::XDEV) => Ok(false),
        Err(errno) => Err(errno),
    }
}

fn resolved(dir: BorrowedFd<'_>, path: impl rustix::path::Arg + Copy, flags: OFlags, resolve: ResolveFlags) -> Result<OwnedFd, Errno> {
    for _ in 0..MAX_RESOLUTIONS {
        match rustix::fs::openat2(dir, path, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            outcome => return outcome,
        }
    }
    Err(Errno::AGAIN)
}

/// Whether this machine can keep paths beneath a root; the error says what is missing. For start-up checks.
pub fn probe() -> Result<(), FileError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match resolved(CWD, ".", flags, ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS) {
        Ok(_) => Ok(()),
        Err(Errno::NOSYS | Errno::PERM) => Err(FileError::failed("openat2", NO_OPENAT2)),
        Err(errno) => Err(FileError::from_errno("openat2", errno)),
    }
}
