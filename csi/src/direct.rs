//! Writing past the page cache (`O_DIRECT`), for files of megabytes that are written once and seldom read: they would push out what is read again. And
//! the cache's new pages may cost more than the disk: on a virtual machine whose host takes back memory that is not used, five megabytes took 5 to
//! 25 ms through it and 5 ms past it (ext4); where memory is at hand both take the same.

use std::fs::File;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// What places in the file, lengths and memory are multiples of; no disk that we know asks for more.
const BLOCK: usize = 4096;
/// Most bytes of one write.
const CHUNK: usize = 4 * 1024 * 1024;

/// Writes from the file's present place, a multiple of [`BLOCK`], as much as goes in whole blocks; how many bytes that was. The rest is to be
/// written in the ordinary way, and all of it where the file system knows no other. Not durable before the file is synced.
pub(crate) fn write(file: &File, pieces: &[&[u8]]) -> Result<usize, Errno> {
    let flags = rustix::fs::fcntl_getfl(file)?;
    if rustix::fs::fcntl_setfl(file, flags | OFlags::DIRECT).is_err() {
        return Ok(0);
    }
    let written = in_chunks(file, pieces);
    rustix::fs::fcntl_setfl(file, flags)?;
    written
}

fn in_chunks(file: &File, pieces: &[&[u8]]) -> Result<usize, Errno> {
    let all: usize = pieces.iter().map(|piece| piece.len()).sum();
    let size = all.next_multiple_of(BLOCK).min(CHUNK);
    let mut memory = vec![0; size + BLOCK];
    let start = memory.as_ptr().align_offset(BLOCK);
    let Some(chunk) = memory.get_mut(start..start.saturating_add(size)) else { return Ok(0) };
    let (mut filled, mut written) = (0, 0);
    for mut rest in pieces.iter().copied() {
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(size - filled));
            chunk[filled..filled + now.len()].copy_from_slice(now);
            (filled, rest) = (filled + now.len(), later);
            if filled == size {
                let done = blocks(file, chunk)?;
                written += done;
                if done < size {
                    return Ok(written);
                }
                filled = 0;
            }
        }
    }
    Ok(written + blocks(file, &chunk[..filled - filled % BLOCK])?)
}

/// Fewer than all when the file system wants no more of them in this way.
fn blocks(file: &File, bytes: &[u8]) -> Result<usize, Errno> {
    let mut written = 0;
    while written < bytes.len() && written % BLOCK == 0 {
        match rustix::io::write(file, &bytes[written..]) {
            Ok(0) | Err(Errno::INVAL) => break,
            Ok(some) => written += some,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(written)
}
