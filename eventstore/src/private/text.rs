//! Private fields opened in the text of a payload, which is not taken apart for it.
//!
//! What is stored is canonical JSON: no blanks, names in order. So a sealed field is written in one way only, and where `{"$` stands an object begins,
//! since a quotation mark within a text has a backslash before it. Whatever is written otherwise is left to [`open`].

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{PrivateError, aad, canonical, open};
use crate::vault::keyring::{DataKey, Keyring};

const RESERVED: &str = "\"$";
const BEGINS: &str = "{\"$p\":{\"ct\":\"";
const ENDS: &str = "\"}}";
const FORGOTTEN: &str = "{\"$forgotten\":true}";

/// [`open`] for a payload's text. What is no JSON comes back as it is: who reads it says so.
pub async fn open_text<'a>(keys: &Keyring, text: &'a str) -> Result<Cow<'a, str>, PrivateError> {
    let Some(pieces) = pieces(text) else {
        return match serde_json::from_str(text) {
            Ok(value) => Ok(Cow::Owned(canonical(&open(keys, value).await?))),
            Err(_) => Ok(Cow::Borrowed(text)),
        };
    };
    if pieces.is_empty() {
        return Ok(Cow::Borrowed(text));
    }
    let (mut opened, mut from) = (String::with_capacity(text.len()), 0);
    // Most often all are under one key.
    let mut last: Option<(&Sealed<'a>, Option<DataKey>)> = None;
    for piece in &pieces {
        opened.push_str(&text[from..piece.begins]);
        from = piece.ends;
        let key = match &last {
            Some((before, key)) if (before.subject, before.key) == (piece.subject, piece.key) => key.clone(),
            _ => keys.find(piece.subject, piece.key).await?,
        };
        match &key {
            Some(key) => piece.open(key, &mut opened)?,
            None => opened.push_str(FORGOTTEN),
        }
        last = Some((piece, key));
    }
    opened.push_str(&text[from..]);
    Ok(Cow::Owned(opened))
}

/// A sealed field, and where it stands.
struct Sealed<'a> {
    begins: usize,
    ends: usize,
    ct: &'a str,
    key: &'a str,
    nonce: &'a str,
    subject: &'a str,
}

impl Sealed<'_> {
    fn open(&self, key: &DataKey, into: &mut String) -> Result<(), PrivateError> {
        let damaged = || PrivateError::Damaged(self.subject.into());
        let nonce = URL_SAFE_NO_PAD.decode(self.nonce).map_err(|_| damaged())?;
        let ct = URL_SAFE_NO_PAD.decode(self.ct).map_err(|_| damaged())?;
        let plain = key.open(&aad(key), &nonce, &ct).map_err(|_| damaged())?;
        // It was canonical JSON when it was sealed.
        let plain = String::from_utf8(plain).map_err(|_| damaged())?;
        into.push_str("{\"$open\":{\"subject\":\"");
        into.push_str(self.subject);
        into.push_str("\",\"value\":");
        into.push_str(&plain);
        into.push_str("}}");
        Ok(())
    }
}

/// The sealed fields in their order; `None` when a reserved name stands there in any other way.
fn pieces(text: &str) -> Option<Vec<Sealed<'_>>> {
    let (mut pieces, mut from) = (Vec::new(), 0);
    while let Some(found) = text[from..].find(RESERVED) {
        // The brace before it.
        let begins = (from + found).checked_sub(1)?;
        let marked = text.get(begins..)?;
        if marked.starts_with(FORGOTTEN) {
            from = begins + FORGOTTEN.len();
            continue;
        }
        let rest = marked.strip_prefix(BEGINS)?;
        let (ct, rest) = rest.split_once("\",\"key\":\"")?;
        let (key, rest) = rest.split_once("\",\"nonce\":\"")?;
        let (nonce, rest) = rest.split_once("\",\"subject\":\"")?;
        let (subject, rest) = rest.split_once(ENDS)?;
        if [ct, key, nonce, subject].iter().any(|field| field.contains(['"', '\\'])) {
            return None;
        }
        from = text.len() - rest.len();
        pieces.push(Sealed { begins, ends: from, ct, key, nonce, subject });
    }
    Some(pieces)
}
