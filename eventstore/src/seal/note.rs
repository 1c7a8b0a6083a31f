//! Signed notes (c2sp.org/signed-note): a text that people can read, and Ed25519 signatures beneath it.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// The kind of signature that a key makes: Ed25519.
const ED25519: u8 = 1;
const DASH: &str = "— ";

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteError {
    #[error("this is no signed note")]
    Malformed,
    #[error("this is no verifier key; one looks like name+0123abcd+AbCd…")]
    BadKey,
    #[error("no signature of a key that is trusted")]
    Untrusted,
    #[error("the signature of {0} does not hold")]
    BadSignature(String),
}

/// A public key with its name: `<name>+<key id>+<base64 of 0x01 and the key>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The name must not hold a plus sign or a blank.
    pub fn new(name: &str, key: VerifyingKey) -> Self {
        debug_assert!(good_name(name));
        VerifierKey { name: name.into(), key }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// First four bytes of `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key)`.
    pub fn id(&self) -> [u8; 4] {
        let digest =
            Sha256::new().chain_update(self.name.as_bytes()).chain_update([b'\n', ED25519]).chain_update(self.key.as_bytes()).finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    /// The id as it stands in the key's text: eight hexadecimal digits.
    pub fn id_text(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(self.id()))
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[ED25519][..], self.key.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, self.id_text(), STANDARD.encode(bytes))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, rest) = text.trim().split_once('+').ok_or(NoteError::BadKey)?;
        let (id, key) = rest.split_once('+').ok_or(NoteError::BadKey)?;
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::BadKey)?;
        let (&[ED25519], key) = bytes.split_first_chunk::<1>().ok_or(NoteError::BadKey)? else { return Err(NoteError::BadKey) };
        let key = VerifyingKey::try_from(key).map_err(|_| NoteError::BadKey)?;
        let key = VerifierKey { name: name.into(), key };
        if good_name(name) && key.id_text() == id { Ok(key) } else { Err(NoteError::BadKey) }
    }
}

fn good_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace())
}

/// A text with its signatures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedNote {
    /// Ends with a line feed.
    text: String,
    /// Name, key id and signature of each line.
    signatures: Vec<(String, [u8; 4], Vec<u8>)>,
}

impl SignedNote {
    pub fn sign(text: String, name: &str, keys: &[&SigningKey]) -> SignedNote {
        let sign = |key: &&SigningKey| {
            let id = VerifierKey::new(name, key.verifying_key()).id();
            (name.to_owned(), id, key.sign(text.as_bytes()).to_bytes().to_vec())
        };
        let signatures = keys.iter().map(sign).collect();
        SignedNote { text, signatures }
    }

    /// The text, if a trusted key signed it and no signature of a trusted key is wrong. Signatures of strangers are passed over.
    pub fn open(&self, trusted: &[VerifierKey]) -> Result<&str, NoteError> {
        let mut good = 0;
        for (name, id, signature) in &self.signatures {
            for key in trusted.iter().filter(|key| key.name == *name && key.id() == *id) {
                let bad = || NoteError::BadSignature(format!("{name} ({})", key.id_text()));
                let signature = Signature::from_slice(signature).map_err(|_| bad())?;
                key.key.verify_strict(self.text.as_bytes(), &signature).map_err(|_| bad())?;
                good += 1;
            }
        }
        if good == 0 { Err(NoteError::Untrusted) } else { Ok(&self.text) }
    }

    /// The text, whoever signed it.
    pub fn unproven_text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for (name, id, signature) in &self.signatures {
            writeln!(f, "{DASH}{name} {}", STANDARD.encode([id.as_slice(), signature].concat()))?;
        }
        Ok(())
    }
}

impl FromStr for SignedNote {
    type Err = NoteError;
    fn from_str(note: &str) -> Result<Self, NoteError> {
        // The signatures begin after the last empty line.
        let middle = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, signatures) = (&note[..=middle], &note[middle + 2..]);
        if text.chars().any(|c| c.is_control() && c != '\n') || !signatures.ends_with('\n') {
            return Err(NoteError::Malformed);
        }
        let parse = |line: &str| {
            let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
            let bytes = STANDARD.decode(signature).ok()?;
            let (id, signature) = bytes.split_first_chunk::<4>()?;
            good_name(name).then(|| (name.to_owned(), *id, signature.to_vec()))
        };
        let signatures = signatures.lines().map(parse).collect::<Option<Vec<_>>>().ok_or(NoteError::Malformed)?;
        Ok(SignedNote { text: text.into(), signatures })
    }
}
