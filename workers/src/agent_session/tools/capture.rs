//! Output of unknown length: the first and last part for the event, all of it (up to a limit) for the blob store.

use std::collections::VecDeque;
use std::io::{Read, Seek, SeekFrom, Write};

use bytes::Bytes;
use tempfile::SpooledTempFile;

/// Most that is kept of one call's full output, in bytes; what comes after is counted and dropped.
pub(super) const MAX_KEPT: u64 = 64 * 1024 * 1024;
/// What of the full output lies in memory before it goes to a nameless file, in bytes.
const IN_MEMORY: usize = 1024 * 1024;

pub(super) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    head_limit: usize,
    tail_limit: usize,
    total: u64,
    kept: u64,
    /// `None` after it failed (a full disk): the head and the tail are still right.
    spool: Option<SpooledTempFile>,
}

/// What came out of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Captured {
    /// For the event and the model; invalid UTF-8 is replaced.
    pub text: String,
    /// Everything, when the text is not everything.
    pub full: Option<Bytes>,
}

impl Capture {
    /// The two limits in bytes.
    pub(super) fn new(head_limit: usize, tail_limit: usize) -> Self {
        let spool = Some(SpooledTempFile::new(IN_MEMORY));
        Capture { head: Vec::new(), tail: VecDeque::new(), head_limit, tail_limit, total: 0, kept: 0, spool }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        self.keep(bytes);
        let (head, rest) = bytes.split_at(bytes.len().min(self.head_limit - self.head.len()));
        self.head.extend_from_slice(head);
        let rest = &rest[rest.len().saturating_sub(self.tail_limit)..];
        let over = (self.tail.len() + rest.len()).saturating_sub(self.tail_limit);
        self.tail.drain(..over);
        self.tail.extend(rest);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = usize::try_from(MAX_KEPT - self.kept).unwrap_or(usize::MAX);
        let bytes = &bytes[..bytes.len().min(room)];
        if let Some(spool) = &mut self.spool {
            match spool.write_all(bytes) {
                Ok(()) => self.kept += bytes.len() as u64,
                Err(error) => {
                    tracing::warn!(%error, "a call's full output cannot be kept");
                    self.spool = None;
                }
            }
        }
    }

    pub(super) fn finish(mut self) -> Captured {
        let shown = (self.head.len() + self.tail.len()) as u64;
        if shown == self.total {
            self.head.extend(self.tail);
            return Captured { text: String::from_utf8_lossy(&self.head).into_owned(), full: None };
        }
        let full = self.spool.take().and_then(|spool| read_back(spool, self.total, self.kept));
        let kept = if full.is_some() { "; the full output is kept with the session" } else { "" };
        let tail: Vec<u8> = self.tail.into();
        let (head, tail) = (whole_end(&self.head), whole_start(&tail));
        let left_out = self.total - (head.len() + tail.len()) as u64;
        let (head, tail) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
        Captured { text: format!("{head}\n[… {left_out} bytes left out here{kept} …]\n{tail}"), full }
    }
}

/// A finished text, capped in the same way.
pub fn capped(text: &str, head_limit: usize, tail_limit: usize) -> Captured {
    if text.len() <= head_limit + tail_limit {
        return Captured { text: text.into(), full: None };
    }
    let mut capture = Capture::new(head_limit, tail_limit);
    capture.push(text.as_bytes());
    capture.finish()
}

fn read_back(mut spool: SpooledTempFile, total: u64, kept: u64) -> Option<Bytes> {
    let mut all = Vec::with_capacity(usize::try_from(kept).ok()?);
    let read = spool.seek(SeekFrom::Start(0)).and_then(|_| spool.read_to_end(&mut all));
    if let Err(error) = read {
        tracing::warn!(%error, "a call's full output cannot be read back");
        return None;
    }
    if total > kept {
        all.extend_from_slice(format!("\n[{} more bytes were not kept]\n", total - kept).as_bytes());
    }
    Some(all.into())
}

/// Without a character that is cut at the end.
fn whole_end(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().rposition(|byte| byte & 0xC0 != 0x80).unwrap_or(0);
    let wanted = match bytes.get(start) {
        Some(first) if *first >= 0xF0 => 4,
        Some(first) if *first >= 0xE0 => 3,
        Some(first) if *first >= 0xC0 => 2,
        _ => return bytes,
    };
    if bytes.len() - start < wanted { &bytes[..start] } else { bytes }
}

/// Without a character that is cut at the start.
fn whole_start(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().take(3).take_while(|byte| *byte & 0xC0 == 0x80).count();
    &bytes[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_fits_is_shown_whole() {
        let mut capture = Capture::new(4, 4);
        capture.push(b"abc");
        capture.push(b"de\0fg");
        assert_eq!(capture.finish(), Captured { text: "abcde\0fg".into(), full: None });
    }

    #[test]
    fn what_does_not_fit_has_head_and_tail_and_is_kept_whole() {
        let mut capture = Capture::new(4, 4);
        for piece in ["äbcdef", "ghijk", "lmnö"] {
            capture.push(piece.as_bytes());
        }
        let captured = capture.finish();
        assert!(captured.text.starts_with("äbc\n[… "), "{}", captured.text);
        assert!(captured.text.ends_with("…]\nmnö"), "{}", captured.text);
        assert_eq!(captured.full.as_deref(), Some("äbcdefghijklmnö".as_bytes()));
    }

    #[test]
    fn more_than_the_limit_is_counted_and_dropped() {
        let mut capture = Capture::new(4, 4);
        let piece = vec![b'x'; 1024 * 1024];
        for _ in 0..65 {
            capture.push(&piece);
        }
        let full = capture.finish().full.expect("kept");
        assert!(full.ends_with(b"\n[1048576 more bytes were not kept]\n"));
        assert!(full.len() as u64 <= MAX_KEPT + 100);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20), head in 0usize..30, tail in 0usize..30) {
            let all = pieces.concat();
            let mut capture = Capture::new(head, tail);
            for piece in &pieces {
                capture.push(piece);
            }
            let captured = capture.finish();
            if all.len() <= head + tail {
                prop_assert_eq!(captured.text, String::from_utf8_lossy(&all).into_owned());
            } else {
                prop_assert_eq!(captured.full.as_deref(), Some(all.as_slice()));
            }
        }
    }
}
