//! A file that is written under a passing name and gets its real one only when all its bytes are on the disk.
//!
//! A crash may leave such a file behind. Its writer holds a lock (`flock`) on it, which dies with the process, so
//! [`sweep`] can tell a leftover from a file that is being written at this moment.

use std::ffi::CStr;
use std::fs::File;
use std::io::{ErrorKind, IoSlice, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;
use rustix::path::Arg;

use crate::direct;

const PREFIX: &str = ".opensail-";
const SUFFIX: &str = ".tmp";
/// Hexadecimal digits between prefix and suffix (64 random bits).
const DIGITS: usize = 16;

/// Bytes from which a file is written past the page cache.
const DIRECT_FROM: usize = 1024 * 1024;

/// Names tried before giving up; one is enough unless somebody meddles.
const MAX_ATTEMPTS: usize = 16;

/// Whether a name is one of those that passing files bear; they are hidden from listings and refused to callers.
pub(crate) fn is_passing_name(name: &[u8]) -> bool {
    name.strip_prefix(PREFIX.as_bytes())
        .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()))
        .is_some_and(|middle| middle.len() == DIGITS && middle.iter().all(u8::is_ascii_hexdigit))
}

/// A new, locked, empty file (mode 0600) in `dir`; removed when dropped before it got its name.
pub(crate) struct TempFile<'d> {
    dir: BorrowedFd<'d>,
    name: String,
    file: File,
    named: bool,
}

impl<'d> TempFile<'d> {
    pub(crate) fn create(dir: BorrowedFd<'d>) -> Result<Self, Errno> {
        for _ in 0..MAX_ATTEMPTS {
            let name = format!("{PREFIX}{:016x}{SUFFIX}", rand::random::<u64>());
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = match rustix::fs::openat(dir, &name, flags, Mode::RUSR | Mode::WUSR) {
                Ok(fd) => File::from(fd),
                Err(Errno::EXIST) => continue,
                Err(errno) => return Err(errno),
            };
            let temp = TempFile { dir, name, file, named: false };
            // A sweeper may have come between the two steps: then the lock is taken or the name is gone.
            match rustix::fs::flock(&temp.file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) if rustix::fs::fstat(&temp.file)?.st_nlink > 0 => return Ok(temp),
                // Some network file systems know no locks; a sweeper there cannot lock either and leaves files alone.
                Err(Errno::NOTSUP | Errno::NOLCK | Errno::NOSYS | Errno::INVAL) => return Ok(temp),
                Ok(()) | Err(Errno::WOULDBLOCK) => {}
                Err(errno) => return Err(errno),
            }
        }
        Err(Errno::AGAIN)
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Writes all bytes and waits until they are on the disk.
    pub(crate) fn fill(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.fill_with(&[bytes])
    }

    /// The same of bytes that lie in pieces.
    pub(crate) fn fill_with(&mut self, pieces: &[&[u8]]) -> Result<(), Errno> {
        let all: usize = pieces.iter().map(|piece| piece.len()).sum();
        let written = if all < DIRECT_FROM { 0 } else { direct::write(&self.file, pieces)? };
        let mut pieces: Vec<IoSlice<'_>> = pieces.iter().filter(|piece| !piece.is_empty()).map(|piece| IoSlice::new(piece)).collect();
        let mut left = pieces.as_mut_slice();
        IoSlice::advance_slices(&mut left, written);
        while !left.is_empty() {
            match self.file.write_vectored(left) {
                Ok(0) => return Err(Errno::IO),
                Ok(written) => IoSlice::advance_slices(&mut left, written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Errno::from_io_error(&error).unwrap_or(Errno::IO)),
            }
        }
        rustix::fs::fsync(&self.file)
    }

    /// Takes the place of `name` in the same folder, whatever stands there (a link is replaced, never followed).
    /// Durable after the folder is synced.
    pub(crate) fn replace(mut self, name: impl Arg) -> Result<(), Errno> {
        rustix::fs::renameat(self.dir, &self.name, self.dir, name)?;
        self.named = true;
        Ok(())
    }

    /// Takes the name only if nothing bears it; `EXIST` otherwise.
    pub(crate) fn take_new(mut self, name: impl Arg + Copy) -> Result<(), Errno> {
        match rustix::fs::renameat_with(self.dir, &self.name, self.dir, name, RenameFlags::NOREPLACE) {
            // Old network file systems lack the flag; a hard link has the same promise.
            Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::linkat(self.dir, &self.name, self.dir, name, AtFlags::empty()),
            Ok(()) => {
                self.named = true;
                Ok(())
            }
            Err(errno) => Err(errno),
        }
    }
}

impl Drop for TempFile<'_> {
    fn drop(&mut self) {
        if !self.named
            && let Err(errno) = rustix::fs::unlinkat(self.dir, &self.name, AtFlags::empty())
            && errno != Errno::NOENT
        {
            tracing::warn!(%errno, "a temporary file could not be removed; it is swept later");
        }
    }
}

/// Waits until the names in a folder are on the disk.
pub(crate) fn sync_folder(dir: impl AsFd) -> Result<(), Errno> {
    match rustix::fs::fsync(dir) {
        // File systems that cannot sync a folder keep its names as safe as they can by themselves.
        Err(Errno::INVAL) => Ok(()),
        outcome => outcome,
    }
}

/// Removes what crashed writers left in a folder. Best effort: what cannot be removed stays and is hidden.
pub(crate) fn sweep(dir: impl AsFd) {
    let dir = dir.as_fd();
    let Ok(entries) = Dir::read_from(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !is_passing_name(name.to_bytes()) {
            continue;
        }
        let Ok(seen) = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let Some(file) = open_seen(dir, name, &seen) else { continue };
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
            && rustix::fs::unlinkat(dir, name, AtFlags::empty()).is_ok()
        {
            tracing::info!("removed a leftover of an interrupted write");
        }
    }
}

/// The regular file that was seen under a name, or nothing: what stands there may have been put in its place since, and anything but a file may do
/// something when it is opened.
fn open_seen(dir: BorrowedFd<'_>, name: &CStr, seen: &Stat) -> Option<OwnedFd> {
    let regular = |stat: &Stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    if !regular(seen) {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, name, flags, Mode::empty()).ok()?;
    let opened = rustix::fs::fstat(&file).ok()?;
    (regular(&opened) && (opened.st_dev, opened.st_ino) == (seen.st_dev, seen.st_ino)).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(dir: &std::path::Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).expect("readable");
        entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let folder = tempfile::tempdir().expect("tempdir");
        let dir = File::open(folder.path()).expect("open");
        let mut temp = TempFile::create(dir.as_fd()).expect("create");
        temp.fill(b"half").expect("fill");
        drop(temp);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_new_name_is_never_taken_twice() {
        let folder = tempfile::tempdir().expect("tempdir");
        let dir = File::open(folder.path()).expect("open");
        TempFile::create(dir.as_fd()).expect("create").take_new("a").expect("free");
        assert_eq!(TempFile::create(dir.as_fd()).expect("create").take_new("a"), Err(Errno::EXIST));
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn the_sweeper_spares_living_files_and_everything_else() {
        let folder = tempfile::tempdir().expect("tempdir");
        let dir = File::open(folder.path()).expect("open");
        let living = TempFile::create(dir.as_fd()).expect("create");
        std::fs::write(folder.path().join(".opensail-0123456789abcdef.tmp"), b"left").expect("write");
        std::fs::create_dir(folder.path().join(".opensail-0123456789abcde0.tmp")).expect("mkdir");
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join(".opensail-0123456789abcde1.tmp")).expect("link");
        std::fs::write(folder.path().join(".opensail-mine.tmp"), b"kept").expect("write");
        sweep(&dir);
        let mut left = names(folder.path());
        left.sort();
        let mut kept = vec![
            ".opensail-0123456789abcde0.tmp".to_owned(),
            ".opensail-0123456789abcde1.tmp".to_owned(),
            ".opensail-mine.tmp".to_owned(),
            living.name.clone(),
        ];
        kept.sort();
        assert_eq!(left, kept);
    }

    #[test]
    fn bytes_in_pieces_are_written_one_after_the_other_whatever_their_number() {
        let folder = tempfile::tempdir().expect("tempdir");
        let dir = File::open(folder.path()).expect("open");
        let mut noise = vec![0; 5 * 1024 * 1024];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        for size in [0, 1, DIRECT_FROM - 1, DIRECT_FROM, DIRECT_FROM + 1, 2 * DIRECT_FROM + 4095, 3 * DIRECT_FROM + 4097, noise.len()] {
            for piece in [68, 4096, 50_001, noise.len()] {
                let pieces: Vec<&[u8]> = noise[..size].chunks(piece).flat_map(|piece| [piece, b""]).collect();
                let mut temp = TempFile::create(dir.as_fd()).expect("create");
                temp.fill_with(&pieces).expect("filled");
                temp.replace("file").expect("named");
                assert!(std::fs::read(folder.path().join("file")).expect("read") == noise[..size], "{size} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn what_was_put_in_a_leftovers_place_is_not_taken_for_it() {
        let folder = tempfile::tempdir().expect("tempdir");
        let dir = File::open(folder.path()).expect("open");
        let (name, path) = (c".opensail-0123456789abcdef.tmp", folder.path().join(".opensail-0123456789abcdef.tmp"));
        std::fs::write(&path, b"left").expect("write");
        let seen = rustix::fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW).expect("seen");
        assert!(open_seen(dir.as_fd(), name, &seen).is_some());
        // Beside the first, so that it cannot get its number.
        let other = folder.path().join("other");
        std::fs::write(&other, b"another").expect("write");
        std::fs::rename(&other, &path).expect("rename");
        assert!(open_seen(dir.as_fd(), name, &seen).is_none(), "another file");
        std::fs::remove_file(&path).expect("remove");
        rustix::fs::mkfifoat(&dir, name, Mode::RUSR | Mode::WUSR).expect("a pipe");
        assert!(open_seen(dir.as_fd(), name, &seen).is_none(), "a pipe");
    }

    proptest! {
        #[test]
        fn only_our_own_names_are_passing_names(name in "\\PC{0,40}") {
            let ours = name.len() == 30 && name.starts_with(".opensail-") && name.ends_with(".tmp")
                && name[10..26].chars().all(|c| c.is_ascii_hexdigit());
            prop_assert_eq!(is_passing_name(name.as_bytes()), ours);
        }
    }
}
