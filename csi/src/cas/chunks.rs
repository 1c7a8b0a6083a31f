//! A file's bytes as objects: one if it is small, else chunks that are cut where the content says so, so that an insertion
//! changes the chunk it falls in and no other.

use std::io::{self, Read, Write};

use fastcdc::v2020::{FastCDC, Normalization, StreamCDC};

use super::{Address, CasError, Kind, Live, Subject, Writer};

/// Sizes of a chunk in bytes: least, aimed at, most. Part of what makes two equal files equal objects: when they change,
/// equal files of before and after are stored twice and shown as changed.
const MIN: usize = 64 * 1024;
const AVERAGE: usize = 256 * 1024;
const MAX: usize = 1024 * 1024;
/// A file that is read whole before it is cut, in bytes.
const WHOLE: u64 = 1024 * 1024;
/// Bytes of an entry of a list of chunks: name and length.
const PART: usize = 32 + 4;

/// What a file holds. Equal contents of one subject are equal values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Content {
    /// Bytes.
    pub size: u64,
    /// The only chunk, or the list of them; of an empty file nothing is stored.
    pub name: Address,
    /// Whether `name` is a list.
    pub parts: bool,
}

impl Content {
    pub const EMPTY: Self = Self { size: 0, name: Address::ZERO, parts: false };

    pub fn of_bytes(writer: &Writer<'_>, bytes: &[u8]) -> Result<Self, CasError> {
        let cut = FastCDC::with_level_and_seed(bytes, MIN, AVERAGE, MAX, Normalization::Level1, writer.subject().cutting_seed());
        let mut list = List::default();
        for chunk in cut {
            list.add(writer, &bytes[chunk.offset..chunk.offset + chunk.length])?;
        }
        list.finish(writer)
    }

    /// Reads to the end. `size` is what the file is thought to have; `limit` is where reading stops, should it grow on and on.
    pub fn of_reader(writer: &Writer<'_>, source: &mut dyn Read, size: u64, limit: u64) -> Result<io::Result<Self>, CasError> {
        let mut source = source.take(limit);
        if size > WHOLE {
            return Self::of_stream(writer, source, List::default());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
        if let Err(error) = (&mut source).take(WHOLE + 1).read_to_end(&mut bytes) {
            return Ok(Err(error));
        }
        if bytes.len() as u64 > WHOLE {
            return Self::of_stream(writer, io::Cursor::new(bytes).chain(source), List::default());
        }
        Self::of_bytes(writer, &bytes).map(Ok)
    }

    fn of_stream(writer: &Writer<'_>, source: impl Read, mut list: List) -> Result<io::Result<Self>, CasError> {
        let seed = writer.subject().cutting_seed();
        for chunk in StreamCDC::with_level_and_seed(source, MIN, AVERAGE, MAX, Normalization::Level1, seed) {
            match chunk {
                Ok(chunk) => list.add(writer, &chunk.data)?,
                Err(error) => return Ok(Err(error.into())),
            }
        }
        list.finish(writer).map(Ok)
    }

    /// Names and lengths of the chunks.
    fn chunks(&self, subject: &Subject) -> Result<Vec<(Address, u32)>, CasError> {
        if self.size == 0 {
            return Ok(Vec::new());
        }
        if !self.parts {
            let length = u32::try_from(self.size).map_err(|_| CasError::Damaged(self.name))?;
            return Ok(vec![(self.name, length)]);
        }
        let bytes = subject.read(Kind::Parts, &self.name)?;
        let parts: Vec<_> = bytes.chunks_exact(PART).map(part).collect();
        let sum: u64 = parts.iter().map(|(_, length)| u64::from(*length)).sum();
        if sum == self.size && bytes.len() % PART == 0 { Ok(parts) } else { Err(CasError::Damaged(self.name)) }
    }

    /// Writes the bytes, verified, chunk by chunk.
    pub fn copy_to(&self, subject: &Subject, sink: &mut dyn Write) -> Result<io::Result<()>, CasError> {
        for (name, length) in self.chunks(subject)? {
            let bytes = subject.read(Kind::Chunk, &name)?;
            if bytes.len() != length as usize {
                return Err(CasError::Damaged(name));
            }
            if let Err(error) = sink.write_all(&bytes) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    /// All bytes; `TooLarge` when there are more than `limit`.
    pub fn bytes(&self, subject: &Subject, limit: u64) -> Result<Vec<u8>, CasError> {
        if self.size > limit {
            return Err(CasError::TooLarge { size: self.size });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        self.copy_to(subject, &mut bytes)?.map_err(|error| CasError::Unavailable(error.to_string()))?;
        Ok(bytes)
    }

    /// Whether all of it is stored.
    pub fn stored(&self, subject: &Subject) -> Result<bool, CasError> {
        if self.size == 0 {
            return Ok(true);
        }
        if !subject.objects().has(&self.name)? {
            return Ok(false);
        }
        if self.parts {
            for (name, _) in self.chunks(subject)? {
                if !subject.objects().has(&name)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Marks it as live.
    pub fn mark(&self, subject: &Subject, live: &mut Live) -> Result<(), CasError> {
        if self.size > 0 && live.add(self.name) && self.parts {
            for (name, _) in self.chunks(subject)? {
                live.add(name);
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct List {
    parts: Vec<u8>,
    first: Option<Address>,
    size: u64,
}

impl List {
    fn add(&mut self, writer: &Writer<'_>, bytes: &[u8]) -> Result<(), CasError> {
        let name = writer.put(Kind::Chunk, bytes)?;
        self.first.get_or_insert(name);
        self.size += bytes.len() as u64;
        self.parts.extend_from_slice(name.as_bytes());
        self.parts.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        Ok(())
    }

    fn finish(self, writer: &Writer<'_>) -> Result<Content, CasError> {
        match self.first {
            None => Ok(Content::EMPTY),
            Some(name) if self.parts.len() == PART => Ok(Content { size: self.size, name, parts: false }),
            Some(_) => Ok(Content { size: self.size, name: writer.put(Kind::Parts, &self.parts)?, parts: true }),
        }
    }
}

fn part(bytes: &[u8]) -> (Address, u32) {
    let name = Address::from_bytes(std::array::from_fn(|at| bytes[at]));
    (name, u32::from_le_bytes(std::array::from_fn(|at| bytes[32 + at])))
}
