//! Between the port's words and the wire's.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use opensail_commands::ports::project_files::{EntryKind, FileError, GrepLine, TreeEntry};
use opensail_proto::fault::fault_of;
use opensail_proto::fileops::v1 as wire;
use tonic::Status;

pub(super) fn as_bytes(path: &Path) -> Bytes {
    Bytes::copy_from_slice(path.as_os_str().as_bytes())
}

pub(super) fn as_path(bytes: &Bytes) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

pub(super) fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

pub(super) fn entry(entry: wire::TreeEntry) -> TreeEntry {
    let kind = match entry.kind() {
        wire::EntryKind::File => EntryKind::File,
        wire::EntryKind::Folder => EntryKind::Folder,
        wire::EntryKind::Link => EntryKind::Link,
        wire::EntryKind::Other | wire::EntryKind::Unspecified => EntryKind::Other,
    };
    TreeEntry { path: entry.path, kind, size: entry.size, mtime: entry.mtime, link_target: entry.link_target }
}

pub(super) fn line(line: wire::GrepLine) -> GrepLine {
    GrepLine { path: line.path, number: line.number, text: line.text, matched: line.matched }
}

/// What a refused call about `asked` means; a status without a fault came from the way to the service.
pub(super) fn error(asked: &str, status: &Status) -> FileError {
    let Some(fault) = fault_of(status) else {
        return FileError::Failed { path: asked.into(), why: format!("the file service cannot be reached: {}", status.message()) };
    };
    let kind = fault.kind();
    let (path, why) = (fault.path, fault.why);
    match kind {
        wire::FaultKind::NotFound => FileError::NotFound(path),
        wire::FaultKind::Forbidden => FileError::Forbidden { path, why },
        wire::FaultKind::Invalid => FileError::Invalid { path, why },
        wire::FaultKind::TooLarge => FileError::TooLarge { path, size: fault.size, limit: fault.limit },
        wire::FaultKind::Full => FileError::Full,
        wire::FaultKind::Failed | wire::FaultKind::Unspecified => FileError::Failed { path, why },
    }
}
