//! Contents of files: cut, kept once, put together again.

use std::sync::Arc;

use super::super::test_key::subject;
use super::*;

/// Bytes that do not compress and do not repeat.
fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

struct Kept {
    _folder: tempfile::TempDir,
    subject: Subject,
}

fn kept() -> Kept {
    let World { folder, store } = world();
    Kept { _folder: folder, subject: subject(Arc::new(store), 3) }
}

fn put(subject: &Subject, bytes: &[u8]) -> (Content, Written) {
    let writer = subject.writer();
    let whole = Content::of_bytes(&writer, bytes).expect("taken in");
    let size = bytes.len() as u64;
    let read = Content::of_reader(&writer, &mut std::io::Cursor::new(bytes), size, u64::MAX).expect("taken in").expect("read");
    let grown = Content::of_reader(&writer, &mut std::io::Cursor::new(bytes), size / 2, u64::MAX).expect("taken in").expect("read");
    assert_eq!((whole, whole), (read, grown), "the way it is read makes no difference");
    (whole, writer.commit().expect("durable"))
}

#[test]
fn every_size_comes_back() {
    let Kept { _folder, subject } = kept();
    for size in [0, 1, 63, 64, 65_535, 65_536, 300_000, 1_048_576, 1_048_577, 3_000_000] {
        let bytes = noise(size as u64, size);
        let (content, _) = put(&subject, &bytes);
        assert_eq!((content.size, content.bytes(&subject, u64::MAX)), (size as u64, Ok(bytes)));
        assert_eq!(content.stored(&subject), Ok(true));
    }
}

#[test]
fn an_insertion_stores_little_anew() {
    let Kept { _folder, subject } = kept();
    let mut bytes = noise(9, 4_000_000);
    let (first, written) = put(&subject, &bytes);
    assert!(first.parts && written.bytes > 4_000_000);
    bytes.splice(1_000_000..1_000_000, *b"inserted");
    let (second, written) = put(&subject, &bytes);
    assert_ne!(first, second);
    assert!(written.bytes < 2 * 1024 * 1024 + 10_000, "{written:?}");
    assert_eq!(second.bytes(&subject, u64::MAX), Ok(bytes.clone()));
    assert_eq!(put(&subject, &bytes), (second, Written::default()));
}

#[test]
fn text_is_compressed() {
    let Kept { _folder, subject } = kept();
    let (_, written) = put(&subject, "fn main() {}\n".repeat(1000).as_bytes());
    assert!(written.bytes < 500, "{written:?}");
}

#[test]
fn a_limit_is_kept() {
    let Kept { _folder, subject } = kept();
    let (content, _) = put(&subject, b"four");
    assert_eq!(content.bytes(&subject, 3), Err(CasError::TooLarge { size: 4 }));
    let writer = subject.writer();
    let cut = Content::of_reader(&writer, &mut std::io::repeat(1), 10, 5_000_000).expect("taken in").expect("read");
    assert_eq!(cut.size, 5_000_000);
}
