//! The objects of one subject: named by keyed hash, compressed, sealed, and verified when they come back.
//!
//! An object is sealed as one byte that says how the rest is to be read, and the rest. Compression comes before the seal, so
//! the length of what is stored says how well it compresses and no more; no one can mix text of their own into another
//! subject's object to learn from that length.

use std::cell::RefCell;
use std::sync::Arc;

use super::{Address, CasError, Objects, SealError, Sealer, Writer};

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// Level 1 takes a quarter of the default's time for about a tenth more bytes.
const LEVEL: i32 = 1;
/// Below it, the frame of zstd costs about what it gains.
const MIN_COMPRESSED: usize = 64;
/// Longest plain object in bytes; what claims to be longer is damaged.
const MAX_OBJECT_BYTES: usize = 256 * 1024 * 1024;

/// What an object is. It goes into the name, so that no file's content can pass for a folder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Bytes of a file.
    Chunk = 1,
    /// The names of a file's chunks, in order.
    Parts = 2,
    /// A folder of a tree.
    Folder = 3,
    /// A snapshot: its root and what was left out.
    Snapshot = 4,
}

/// A subject's view of the store; clones share it.
#[derive(Clone)]
pub struct Subject {
    objects: Arc<dyn Objects>,
    sealer: Arc<dyn Sealer>,
    naming_key: [u8; 32],
}

impl Subject {
    pub fn new(objects: Arc<dyn Objects>, sealer: Arc<dyn Sealer>) -> Self {
        let naming_key = sealer.naming_key();
        Self { objects, sealer, naming_key }
    }

    pub fn objects(&self) -> &dyn Objects {
        self.objects.as_ref()
    }

    /// The name that these plain bytes have among this subject's objects.
    pub fn name(&self, kind: Kind, plain: &[u8]) -> Address {
        let hash = blake3::Hasher::new_keyed(&self.naming_key).update(&[kind as u8]).update(plain).finalize();
        Address::from_bytes(*hash.as_bytes())
    }

    /// Secret number that says where this subject's files are cut, so that the lengths of chunks do not tell a known file.
    pub(super) fn cutting_seed(&self) -> u64 {
        let hash = blake3::Hasher::new_keyed(&self.naming_key).update(b"cut").finalize();
        u64::from_le_bytes(std::array::from_fn(|at| hash.as_bytes()[at]))
    }

    pub fn writer(&self) -> Writer<'_> {
        Writer::new(self)
    }

    /// The plain bytes of an object, verified from end to end.
    pub fn read(&self, kind: Kind, name: &Address) -> Result<Vec<u8>, CasError> {
        let sealed = self.sealer.open(&self.objects.read(name)?).map_err(|error| match error {
            SealError::Unsealed => CasError::Damaged(*name),
            other => CasError::Seal(other),
        })?;
        let plain = unpack(sealed).ok_or(CasError::Damaged(*name))?;
        if self.name(kind, &plain) == *name { Ok(plain) } else { Err(CasError::Damaged(*name)) }
    }

    /// Seals something that is kept outside the store.
    pub fn seal_apart(&self, plain: &[u8]) -> Result<Vec<u8>, CasError> {
        self.seal(plain)
    }

    /// Opens it; `None` when it is not as it was sealed.
    pub fn open_apart(&self, stored: &[u8]) -> Option<Vec<u8>> {
        unpack(self.sealer.open(stored).ok()?)
    }

    pub(super) fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CasError> {
        Ok(self.sealer.seal(&pack(plain))?)
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

thread_local! {
    /// Setting one up costs more than compressing a small file.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

fn pack(plain: &[u8]) -> Vec<u8> {
    if plain.len() >= MIN_COMPRESSED
        && let Some(squeezed) = compress(plain)
        && squeezed.len() < plain.len()
    {
        let mut packed = Vec::with_capacity(1 + squeezed.len());
        packed.push(ZSTD);
        packed.extend_from_slice(&squeezed);
        return packed;
    }
    let mut packed = Vec::with_capacity(1 + plain.len());
    packed.push(PLAIN);
    packed.extend_from_slice(plain);
    packed
}

fn compress(plain: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = zstd::bulk::Compressor::new(LEVEL).ok();
        }
        slot.as_mut()?.compress(plain).ok()
    })
}

fn unpack(mut packed: Vec<u8>) -> Option<Vec<u8>> {
    match *packed.first()? {
        PLAIN => {
            packed.remove(0);
            Some(packed)
        }
        ZSTD => {
            // The frame says how long its content is; a frame that does not is none of ours.
            let length = zstd::zstd_safe::get_frame_content_size(&packed[1..]).ok()??;
            let length = usize::try_from(length).ok().filter(|length| *length <= MAX_OBJECT_BYTES)?;
            decompress(&packed[1..], length)
        }
        _ => None,
    }
}

fn decompress(squeezed: &[u8], length: usize) -> Option<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = zstd::bulk::Decompressor::new().ok();
        }
        slot.as_mut()?.decompress(squeezed, length).ok()
    })
}
