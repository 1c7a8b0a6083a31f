//! Private fields on their way into and out of the journal, as JSON values.
//!
//! The domain writes `{"$open":{"subject":"session-…","value":…}}` where only the subject's key may read. Sealed it is
//! `{"$p":{"subject","key","nonce","ct"}}` (base64url without padding), and once the key is destroyed it reads back as
//! `{"$forgotten":true}`. The encryption is bound to subject and key id.

mod text;

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::vault::keyring::{DataKey, KeyError, Keyring};
pub use text::open_text;

const OPEN: &str = "$open";
const SEALED: &str = "$p";
const FORGOTTEN: &str = "$forgotten";

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum PrivateError {
    /// A marker with other content than it must have; also any `$p` in something that is about to be sealed.
    #[error("{0:?} is a reserved name in an event's data")]
    Reserved(&'static str),
    #[error("a private field of {0} does not open; it was changed or the vault is another one")]
    Damaged(String),
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Encrypts every open field; afterwards none is left anywhere. A field that is forgotten already stays so.
pub async fn seal(keys: &Keyring, value: Value) -> Result<Value, PrivateError> {
    let mut subjects = BTreeSet::new();
    walk(&value, &mut |marker| match marker {
        Marker::Open { subject, .. } => {
            subjects.insert(subject.to_owned());
            Ok(())
        }
        Marker::Forgotten => Ok(()),
        Marker::Sealed { .. } => Err(PrivateError::Reserved(SEALED)),
    })?;
    let mut held = HashMap::new();
    for subject in subjects {
        let key = keys.current(&subject).await?;
        held.insert(subject, key);
    }
    replace(value, &|marker| match marker {
        Marker::Open { subject, value } => {
            let key = held.get(subject).ok_or_else(|| PrivateError::Damaged(subject.into()))?;
            let (nonce, ct) = key.seal(&aad(key), canonical(value).as_bytes())?;
            let (nonce, ct) = (URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(ct));
            Ok(json!({ SEALED: { "subject": subject, "key": key.key_id(), "nonce": nonce, "ct": ct } }))
        }
        _ => Ok(json!({ FORGOTTEN: true })),
    })
}

/// Sealed fields in a payload. In canonical JSON a marker cannot stand within a text, where its quotation mark would be escaped.
pub fn count_sealed(payload: &str) -> u64 {
    payload.matches("{\"$p\":").count() as u64
}

/// Decrypts every sealed field into an open one; those whose key is destroyed become `{"$forgotten":true}`.
pub async fn open(keys: &Keyring, value: Value) -> Result<Value, PrivateError> {
    let mut wanted = BTreeSet::new();
    walk(&value, &mut |marker| match marker {
        Marker::Sealed { subject, key, .. } => {
            wanted.insert((subject.to_owned(), key.to_owned()));
            Ok(())
        }
        Marker::Forgotten => Ok(()),
        Marker::Open { .. } => Err(PrivateError::Reserved(OPEN)),
    })?;
    let mut held = HashMap::new();
    for (subject, key_id) in wanted {
        let key = keys.find(&subject, &key_id).await?;
        held.insert((subject, key_id), key);
    }
    replace(value, &|marker| match marker {
        Marker::Sealed { subject, key, nonce, ct } => {
            let damaged = || PrivateError::Damaged(subject.into());
            match held.get(&(subject.to_owned(), key.to_owned())) {
                Some(Some(key)) => {
                    let nonce = URL_SAFE_NO_PAD.decode(nonce).map_err(|_| damaged())?;
                    let ct = URL_SAFE_NO_PAD.decode(ct).map_err(|_| damaged())?;
                    let plain = key.open(&aad(key), &nonce, &ct).map_err(|_| damaged())?;
                    let value: Value = serde_json::from_slice(&plain).map_err(|_| damaged())?;
                    Ok(json!({ OPEN: { "subject": subject, "value": value } }))
                }
                _ => Ok(json!({ FORGOTTEN: true })),
            }
        }
        _ => Ok(json!({ FORGOTTEN: true })),
    })
}

/// Canonical JSON: keys sorted by their bytes, no blanks, whatever order the value keeps them in.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, field)) in fields.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(field, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn aad(key: &DataKey) -> Vec<u8> {
    [key.subject().as_bytes(), b"|", key.key_id().as_bytes()].concat()
}

enum Marker<'a> {
    Open { subject: &'a str, value: &'a Value },
    Sealed { subject: &'a str, key: &'a str, nonce: &'a str, ct: &'a str },
    Forgotten,
}

/// What an object marks, `None` for an ordinary one. A reserved name in any other shape is refused, so that nothing
/// can pass for a marker later.
fn marker(object: &Map<String, Value>) -> Result<Option<Marker<'_>>, PrivateError> {
    for name in [OPEN, SEALED, FORGOTTEN] {
        let Some(inner) = object.get(name) else { continue };
        let text = |field: &str| inner.get(field).and_then(Value::as_str);
        let fields = inner.as_object().map_or(0, Map::len);
        let marker = match name {
            OPEN if fields == 2 => text("subject").zip(inner.get("value")).map(|(subject, value)| Marker::Open { subject, value }),
            SEALED if fields == 4 => match (text("subject"), text("key"), text("nonce"), text("ct")) {
                (Some(subject), Some(key), Some(nonce), Some(ct)) => Some(Marker::Sealed { subject, key, nonce, ct }),
                _ => None,
            },
            FORGOTTEN if *inner == Value::Bool(true) => Some(Marker::Forgotten),
            _ => None,
        };
        return match marker {
            Some(marker) if object.len() == 1 => Ok(Some(marker)),
            _ => Err(PrivateError::Reserved(name)),
        };
    }
    Ok(None)
}

/// Visits every marker, never what stands inside one.
fn walk(value: &Value, visit: &mut impl FnMut(Marker<'_>) -> Result<(), PrivateError>) -> Result<(), PrivateError> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| walk(item, visit)),
        Value::Object(object) => match marker(object)? {
            Some(marker) => visit(marker),
            None => object.values().try_for_each(|field| walk(field, visit)),
        },
        _ => Ok(()),
    }
}

/// Replaces every marker, never what stands inside one.
fn replace(value: Value, with: &impl Fn(Marker<'_>) -> Result<Value, PrivateError>) -> Result<Value, PrivateError> {
    Ok(match value {
        Value::Array(items) => Value::Array(items.into_iter().map(|item| replace(item, with)).collect::<Result<_, _>>()?),
        Value::Object(object) => match marker(&object)? {
            Some(marker) => with(marker)?,
            None => {
                let fields = object.into_iter().map(|(name, field)| Ok((name, replace(field, with)?)));
                Value::Object(fields.collect::<Result<_, PrivateError>>()?)
            }
        },
        scalar => scalar,
    })
}

#[cfg(test)]
mod tests;
