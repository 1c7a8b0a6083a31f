//! What a blob is called.

use std::fmt;
use std::str::FromStr;

/// Name of a blob or an object, written as 64 lower-case hexadecimal digits: of a blob the BLAKE3 hash of its stored bytes,
/// of a subject's object the BLAKE3 hash of its plain bytes keyed with a secret of the subject.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 32]);

#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("an address of a blob is 64 lower-case hexadecimal digits")]
pub struct BadAddress;

impl Address {
    /// Names nothing.
    pub const ZERO: Self = Self([0; 32]);

    /// The address that these bytes have.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(BadAddress);
        }
        let mut address = [0; 32];
        for (byte, pair) in address.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Ok(Self(address))
    }
}

fn value(digit: u8) -> Result<u8, BadAddress> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(BadAddress),
    }
}
