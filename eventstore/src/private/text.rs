//! Private fields opened in the text of a payload, which is not taken apart for it.
//!
//! What is stored is canonical JSON: no blanks, names in order. So a sealed field is written in one way only, and where `{"$` stands an object begins,
//! since a quotation mark within a text has a backslash before it. Whatever is written otherwise is left to [`open`].

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{PrivateError, aad, canonical, open};
use crate::vault::keyring::{DataKey, Keyring};

const BEGINS: &str = "{\"$p\":{\"ct\":\"";
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
    // One letter is found several times faster than two are.
    while let Some(found) = text[from..].find('$') {
        let dollar = from + found;
        if !text[..dollar].ends_with('"') {
            from = dollar + 1;
            continue;
        }
        // The brace before the quotation mark.
        let begins = dollar.checked_sub(2)?;
        let marked = text.get(begins..)?;
        if marked.starts_with(FORGOTTEN) {
            from = begins + FORGOTTEN.len();
            continue;
        }
        let rest = marked.strip_prefix(BEGINS)?;
        let (ct, rest) = plain(rest, ",\"key\":\"")?;
        let (key, rest) = plain(rest, ",\"nonce\":\"")?;
        let (nonce, rest) = plain(rest, ",\"subject\":\"")?;
        let (subject, rest) = plain(rest, "}}")?;
        from = text.len() - rest.len();
        pieces.push(Sealed { begins, ends: from, ct, key, nonce, subject });
    }
    Some(pieces)
}

/// A text that stands for itself up to its quotation mark, and what follows `next` after that.
fn plain<'a>(text: &'a str, next: &str) -> Option<(&'a str, &'a str)> {
    let (plain, rest) = text.split_once('"')?;
    (!plain.contains('\\')).then_some((plain, rest.strip_prefix(next)?))
}
