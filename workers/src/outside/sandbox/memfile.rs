//! Small files that exist only in memory: how arguments, filters and standard input reach bubblewrap without touching a disk and without
//! showing in the process list.

use std::fs::File;
use std::io::{Result, Seek, Write};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

/// A file of exactly `content`, to be read from its beginning; nobody can change or grow it any more.
pub(super) fn sealed(name: &str, content: &[u8]) -> Result<File> {
    let fd = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(fd);
    file.write_all(content)?;
    file.rewind()?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    Ok(file)
}
