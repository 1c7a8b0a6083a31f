//! Gathers a subject's new objects and writes them in packs. Nothing may be referenced before [`Writer::commit`].

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::{Address, Batch, CasError, Kind, Subject};

/// Stored bytes after which a pack is written.
const PACK_BYTES: usize = 16 * 1024 * 1024;

/// May be used by several threads at once. Dropped without a commit, what was already written is gone.
pub struct Writer<'s> {
    subject: &'s Subject,
    batch: Box<dyn Batch + 's>,
    pending: Mutex<Pending>,
}

#[derive(Default)]
struct Pending {
    objects: Vec<(Address, Vec<u8>)>,
    bytes: usize,
    /// What this writer took in, so that equal files are sealed once.
    names: HashSet<Address>,
    /// Objects and stored bytes, of all packs.
    written: Written,
}

/// What a writer had to store that was not there before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    pub objects: u64,
    /// Bytes as stored: compressed and sealed.
    pub bytes: u64,
}

impl<'s> Writer<'s> {
    pub(super) fn new(subject: &'s Subject) -> Self {
        Self { subject, batch: subject.objects().batch(), pending: Mutex::default() }
    }

    /// Takes in an object if the store does not have it.
    pub fn put(&self, kind: Kind, plain: &[u8]) -> Result<Address, CasError> {
        let name = self.subject.name(kind, plain);
        if !self.lock().names.insert(name) || self.subject.objects().has(&name)? {
            return Ok(name);
        }
        let sealed = self.subject.seal(plain)?;
        let full = {
            let mut pending = self.lock();
            pending.bytes += sealed.len();
            pending.written.objects += 1;
            pending.written.bytes += sealed.len() as u64;
            pending.objects.push((name, sealed));
            (pending.bytes >= PACK_BYTES).then(|| pending.take())
        };
        match full {
            Some(objects) => self.batch.write(&objects).map(|()| name),
            None => Ok(name),
        }
    }

    pub fn subject(&self) -> &'s Subject {
        self.subject
    }

    /// Makes all that was taken in durable, and lets others find it.
    pub fn commit(self) -> Result<Written, CasError> {
        let mut pending = self.pending.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.batch.write(&pending.take())?;
        self.batch.publish()?;
        Ok(pending.written)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn take(&mut self) -> Vec<(Address, Vec<u8>)> {
        self.bytes = 0;
        std::mem::take(&mut self.objects)
    }
}
