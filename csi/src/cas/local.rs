//! Blobs as files of one folder: `<2 hex digits>/<62 hex digits>`, readable by the owner only; objects that are written
//! together lie in packs beside them ([`super::packs`]).
//!
//! The 256 folders are made when the store is opened, so that a put syncs one folder and no other. A blob is written
//! under a passing name, synced, renamed and its folder synced: what bears an address is whole. What a crash left of
//! writing is in nobody's way, and removed by [`LocalStore::clear_leftovers`].

use std::fs::{DirBuilder, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;

use super::drafts::Drafts;
use super::hold;
use super::packs::Packs;
use super::sweep::{Live, Sweep, Swept};
use super::{Address, Batch, CasError, Epoch, Hold, MAX_BLOB_BYTES, Objects, Store};
use crate::temp_file::{self, TempFile, sync_folder};

/// Hexadecimal digits of an address that name its folder.
pub(super) const SHARD_DIGITS: usize = 2;

/// A store in a folder of the local disk; clones share it.
#[derive(Clone, Debug)]
pub struct LocalStore {
    root: Arc<OwnedFd>,
    packs: Arc<Packs>,
}

impl LocalStore {
    /// Opens the store in `folder`, which is made (0700) if it is missing; its parent must exist.
    pub fn open(folder: &Path) -> Result<Self, CasError> {
        let unavailable = |error: io::Error| match Errno::from_io_error(&error) {
            Some(errno) => from_errno(errno),
            None => CasError::Unavailable(error.to_string()),
        };
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => {
                if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                    File::open(parent).and_then(|parent| parent.sync_all()).map_err(unavailable)?;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unavailable(error)),
        }
        let root = OwnedFd::from(File::open(folder).map_err(unavailable)?);
        for shard in 0..=u8::MAX {
            let name = format!("{shard:02x}");
            match rustix::fs::mkdirat(&root, &name, Mode::RWXU) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(from_errno(errno)),
            }
        }
        let packs = Packs::open(&root)?;
        sync_folder(&root).map_err(from_errno)?;
        Ok(Self { root: Arc::new(root), packs: Arc::new(packs) })
    }

    /// Removes what a crash left of single blobs. It reads every name in the store, so nobody should wait for it.
    pub fn clear_leftovers(&self) {
        for shard in 0..=u8::MAX {
            match open_folder(&self.root, &format!("{shard:02x}")) {
                Ok(folder) => temp_file::sweep(folder),
                Err(errno) => tracing::warn!(%errno, "a folder of blobs cannot be looked through for leftovers"),
            }
        }
    }

    pub(super) fn root(&self) -> &OwnedFd {
        &self.root
    }

    pub(super) fn packs(&self) -> &Packs {
        &self.packs
    }

    fn put_now(&self, bytes: &[u8]) -> Result<Address, CasError> {
        let size = bytes.len() as u64;
        if size > MAX_BLOB_BYTES {
            return Err(CasError::TooLarge { size });
        }
        let address = Address::of(bytes);
        // What is found standing must not be swept between the look and the answer.
        let _hold = hold::shared(self.packs.folder())?;
        let digits = address.to_string();
        let (shard, name) = digits.split_at(SHARD_DIGITS);
        let folder = open_folder(&self.root, shard).map_err(from_errno)?;
        match read_file(&folder, name, address) {
            // Who put it may be between its rename and its sync, and the file may be damaged on the way to the disk.
            // It counts as young again, as if it had been written now.
            Ok(stored) if stored == bytes => touch(&folder, name)?,
            // A damaged blob is replaced by a sound one.
            Ok(_) | Err(CasError::Missing(_) | CasError::Damaged(_)) => {
                let mut temp = TempFile::create(folder.as_fd()).map_err(from_errno)?;
                temp.fill(bytes).map_err(from_errno)?;
                temp.replace(name).map_err(from_errno)?;
            }
            Err(error) => return Err(error),
        }
        sync_folder(&folder).map_err(from_errno)?;
        Ok(address)
    }

    fn get_now(&self, address: Address) -> Result<Vec<u8>, CasError> {
        let digits = address.to_string();
        let (shard, name) = digits.split_at(SHARD_DIGITS);
        let loose = match open_folder(&self.root, shard) {
            Ok(folder) => read_file(&folder, name, address),
            Err(Errno::NOENT) => Err(CasError::Missing(address)),
            Err(errno) => Err(from_errno(errno)),
        };
        match loose {
            // The names of packed blobs are the hashes of their bytes too, which a pack's own check sum covers.
            Err(CasError::Missing(_)) => self.packs.read(&address),
            outcome => outcome,
        }
    }
}

impl Objects for LocalStore {
    fn has(&self, name: &Address) -> Result<bool, CasError> {
        if self.packs.has(name) {
            return Ok(true);
        }
        let digits = name.to_string();
        let (shard, file) = digits.split_at(SHARD_DIGITS);
        match rustix::fs::statat(&self.root, format!("{shard}/{file}"), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(from_errno(errno)),
        }
    }

    fn read(&self, name: &Address) -> Result<Vec<u8>, CasError> {
        match self.packs.read(name) {
            Err(CasError::Missing(_)) => self.get_now(*name),
            outcome => outcome,
        }
    }

    fn batch(&self) -> Box<dyn Batch + '_> {
        Box::new(Drafts::new(&self.packs))
    }

    fn hold(&self) -> Result<Hold, CasError> {
        let lock = hold::shared(self.packs.folder())?;
        // What is said to be there from now on is there, whoever swept before.
        self.packs.follow_sweeps()?;
        Ok(Hold::new(lock))
    }

    fn epoch(&self) -> Result<Epoch, CasError> {
        self.packs.epoch()
    }

    fn sweep(&self, wish: &Sweep, mark: &mut dyn FnMut(&mut Live) -> Result<(), CasError>) -> Result<Swept, CasError> {
        super::sweep_local::sweep(self, wish, mark)
    }
}

/// Sets a blob's time to now.
fn touch(folder: &OwnedFd, name: &str) -> Result<(), CasError> {
    let now = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    let times = Timestamps { last_access: now, last_modification: now };
    rustix::fs::utimensat(folder, name, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(from_errno)
}

#[async_trait]
impl Store for LocalStore {
    async fn put(&self, bytes: Bytes) -> Result<Address, CasError> {
        let store = self.clone();
        off_thread(move || store.put_now(&bytes)).await
    }

    async fn get(&self, address: &Address) -> Result<Bytes, CasError> {
        let (store, address) = (self.clone(), *address);
        off_thread(move || store.get_now(address).map(Bytes::from)).await
    }
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, CasError> + Send + 'static) -> Result<T, CasError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(CasError::Unavailable(error.to_string())))
}

pub(super) fn open_folder(root: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(root, name, flags, Mode::empty())
}

/// Reads and verifies.
fn read_file(folder: &OwnedFd, name: &str, address: Address) -> Result<Vec<u8>, CasError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(folder, name, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::NOENT) => return Err(CasError::Missing(address)),
        Err(errno) => return Err(from_errno(errno)),
    };
    let mut bytes = Vec::new();
    // An error of the disk itself (`EIO`) is damage too, but one that may pass; it is reported as it is.
    file.take(MAX_BLOB_BYTES + 1).read_to_end(&mut bytes).map_err(|error| from_errno(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    if Address::of(&bytes) == address { Ok(bytes) } else { Err(CasError::Damaged(address)) }
}

pub(super) fn from_errno(errno: Errno) -> CasError {
    match errno {
        Errno::NOSPC | Errno::DQUOT => CasError::Full,
        errno => CasError::Unavailable(errno.to_string()),
    }
}
