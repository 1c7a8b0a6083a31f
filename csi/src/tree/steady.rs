//! Reads one file so that what is stored is what it held at one moment, as far as a file system lets one see.

use std::fs::File;
use std::os::fd::BorrowedFd;

use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;

use super::index::{Known, Stamp};
use super::walk::open_quietly;
use super::{Rules, TreeError, Why};
use crate::cas::{Content, Writer};

/// How often a file that changes under the reading is read.
const ATTEMPTS: usize = 5;

pub(super) enum Outcome {
    File {
        known: Known,
        /// It never rested; what is kept is its beginning up to the size it had.
        unsteady: bool,
    },
    /// It is no longer there, or no longer a file.
    Gone,
    LeftOut(Why),
}

/// `now`: the time of the walk's beginning.
pub(super) fn read(root: BorrowedFd<'_>, path: &[u8], rules: &Rules, now: i64, writer: &Writer<'_>) -> Result<Outcome, TreeError> {
    for attempt in 1..=ATTEMPTS {
        // `O_NONBLOCK`: should a pipe stand there by now, nobody waits for its other end.
        let file = match open_quietly(root, path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NXIO) => return Ok(Outcome::Gone),
            Err(Errno::ACCESS | Errno::PERM) => return Ok(Outcome::LeftOut(Why::Unreadable)),
            Err(errno) => return Err(TreeError::at(path, errno)),
        };
        let stat = rustix::fs::fstat(&file).map_err(|errno| TreeError::at(path, errno))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Ok(Outcome::Gone);
        }
        let before = Stamp::of(&stat);
        if before.size > rules.max_file_bytes {
            return Ok(Outcome::LeftOut(Why::TooLarge));
        }
        let last = attempt == ATTEMPTS;
        let limit = if last { before.size } else { rules.max_file_bytes.saturating_add(1) };
        let content = match Content::of_reader(writer, &mut &file, before.size, limit)? {
            Ok(content) => content,
            Err(error) => return Err(TreeError::at(path, Errno::from_io_error(&error).unwrap_or(Errno::IO))),
        };
        let after = rustix::fs::fstat(&file).map_err(|errno| TreeError::at(path, errno))?;
        let steady = Stamp::of(&after) == before && content.size == before.size;
        if steady || last {
            let settled = steady && before.settled(now);
            return Ok(Outcome::File { known: Known::File { stamp: before, settled, content }, unsteady: !steady });
        }
    }
    Ok(Outcome::Gone)
}
