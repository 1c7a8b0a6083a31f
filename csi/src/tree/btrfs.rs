//! Subvolumes of btrfs: telling one, seeing that nothing was written in it, copying it in a moment.
//!
//! The ioctls are those of `linux/btrfs.h`, which promises that they never change. Making and copying subvolumes needs no
//! privilege beyond that for folders; deleting one needs root or the mount option `user_subvol_rm_allowed`.

#![allow(unsafe_code, reason = "the kernel's interface to subvolumes; each block says why it is sound")]

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::io::Errno;
use rustix::ioctl::{Getter, Setter, ioctl, opcode};

use super::TreeError;
use crate::fileops::Root;

pub(super) const MAGIC: u8 = 0x94;
/// Inode of the top folder of every subvolume.
const TOP_INODE: u64 = 256;
/// `statfs` type of btrfs.
const FILE_SYSTEM: u64 = 0x9123_683E;
const MAX_NAME: usize = 4039;

const GET_SUBVOL_INFO: rustix::ioctl::Opcode = opcode::read::<SubvolumeInfo>(MAGIC, 60);
const SNAP_CREATE_V2: rustix::ioctl::Opcode = opcode::write::<VolumeArguments>(MAGIC, 23);
const SUBVOL_CREATE_V2: rustix::ioctl::Opcode = opcode::write::<VolumeArguments>(MAGIC, 24);
const SNAP_DESTROY_V2: rustix::ioctl::Opcode = opcode::write::<VolumeArguments>(MAGIC, 63);

/// `struct btrfs_ioctl_get_subvol_info_args`.
#[repr(C)]
#[derive(Clone, Copy)]
struct SubvolumeInfo {
    id: u64,
    name: [u8; 256],
    parent_id: u64,
    folder_id: u64,
    generation: u64,
    flags: u64,
    uuid: [u8; 16],
    parent_uuid: [u8; 16],
    received_uuid: [u8; 16],
    changed: u64,
    others: [u64; 3],
    changed_at: KernelTime,
    other_times: [KernelTime; 3],
    reserved: [u64; 8],
}

/// `struct btrfs_ioctl_timespec`.
#[repr(C)]
#[derive(Clone, Copy)]
struct KernelTime {
    seconds: u64,
    nanos: u32,
}

/// `struct btrfs_ioctl_vol_args_v2`.
#[repr(C)]
#[derive(Clone, Copy)]
struct VolumeArguments {
    fd: i64,
    transaction: u64,
    flags: u64,
    unused: [u64; 4],
    name: [u8; MAX_NAME + 1],
}

/// A subvolume and when something in it was written last. Equal values: nothing was written between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subvolume {
    uuid: [u8; 16],
    id: u64,
    changed: u64,
    /// Nanoseconds since 1970.
    changed_at: i64,
}

impl Subvolume {
    /// Whether both are the same one, at whatever time.
    pub(super) fn is(&self, other: &Self) -> bool {
        (self.uuid, self.id) == (other.uuid, other.id)
    }

    /// Whether a later write must show: those of one tick of the clock bear one time.
    pub(super) fn settled(&self, now: i64) -> bool {
        self.changed_at < now.saturating_sub(20_000_000)
    }
}

/// The subvolume whose top is this root; `None` where it is an ordinary folder or another file system.
pub fn subvolume(root: &Root) -> Result<Option<Subvolume>, TreeError> {
    let failed = |errno| TreeError::at(b".", errno);
    let file_system = rustix::fs::fstatfs(root.as_fd()).map_err(failed)?;
    if file_system.f_type.cast_unsigned() != FILE_SYSTEM || rustix::fs::fstat(root.as_fd()).map_err(failed)?.st_ino != TOP_INODE {
        return Ok(None);
    }
    let dir = super::walk::open_dir(root.as_fd(), c".").map_err(failed)?;
    // SAFETY: the opcode is the kernel's for this structure, which is laid out as in its header and may hold any bytes.
    let info = unsafe { ioctl(&dir, Getter::<GET_SUBVOL_INFO, SubvolumeInfo>::new()) };
    match info {
        Ok(info) => {
            let seconds = info.changed_at.seconds.cast_signed();
            let changed_at = seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(info.changed_at.nanos));
            Ok(Some(Subvolume { uuid: info.uuid, id: info.id, changed: info.changed, changed_at }))
        }
        // Kernels before 4.18 and filters that know it not.
        Err(Errno::NOTTY | Errno::PERM | Errno::NOSYS) => Ok(None),
        Err(errno) => Err(failed(errno)),
    }
}

/// Makes an empty subvolume `name` in `folder`.
pub fn create_subvolume(folder: impl AsFd, name: &CStr) -> Result<(), TreeError> {
    call::<SUBVOL_CREATE_V2>(folder.as_fd(), name, 0)
}

/// Makes `name` in `folder` a writable copy of the subvolume whose top is `source`: as it is at one moment, whatever its size.
pub fn snapshot_subvolume(source: &Root, folder: impl AsFd, name: &CStr) -> Result<(), TreeError> {
    let failed = |errno| TreeError::at(name.to_bytes(), errno);
    let source = super::walk::open_dir(source.as_fd(), c".").map_err(failed)?;
    call::<SNAP_CREATE_V2>(folder.as_fd(), name, i64::from(source.as_raw_fd()))
}

/// Deletes the subvolume `name` in `folder` with all that is in it.
pub fn delete_subvolume(folder: impl AsFd, name: &CStr) -> Result<(), TreeError> {
    call::<SNAP_DESTROY_V2>(folder.as_fd(), name, 0)
}

fn call<const OPCODE: rustix::ioctl::Opcode>(folder: BorrowedFd<'_>, name: &CStr, fd: i64) -> Result<(), TreeError> {
    let bytes = name.to_bytes();
    if bytes.is_empty() || bytes.len() > 255 || bytes.contains(&b'/') {
        return Err(TreeError::at(bytes, Errno::INVAL));
    }
    // A handle that only names the folder, as that of a root is, takes no calls.
    let folder = super::walk::open_dir(folder, c".").map_err(|errno| TreeError::at(bytes, errno))?;
    // SAFETY: the structure is numbers and bytes, for all of which zero is a value.
    let mut arguments: VolumeArguments = unsafe { MaybeUninit::zeroed().assume_init() };
    arguments.fd = fd;
    arguments.name[..bytes.len()].copy_from_slice(bytes);
    // SAFETY: the opcode is the kernel's for this structure, which it only reads; the name ends with a NUL.
    unsafe { ioctl(&folder, Setter::<OPCODE, VolumeArguments>::new(arguments)) }.map_err(|errno| TreeError::at(bytes, errno))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_are_as_large_as_the_kernels() {
        assert_eq!((size_of::<SubvolumeInfo>(), size_of::<VolumeArguments>()), (504, 4096));
    }

    #[test]
    fn a_subvolume_is_believed_unchanged_only_when_a_later_write_must_show() {
        let subvolume = Subvolume { uuid: [0; 16], id: 5, changed: 9, changed_at: 1_000_000_000 };
        assert!(!subvolume.settled(1_000_000_000) && !subvolume.settled(1_010_000_000) && subvolume.settled(1_030_000_000));
    }
}
