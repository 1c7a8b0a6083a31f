//! `Idempotency-Key`: a repeated write answers with the first result.

use axum::http::HeaderMap;

use crate::problem::{FieldError, Problem};

const HEADER: &str = "idempotency-key";
/// Longest key, in bytes.
const MAX_KEY_BYTES: usize = 255;

pub(crate) fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut keys = headers.get_all(HEADER).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let bad = |detail: &str| Problem::invalid(vec![FieldError::header("Idempotency-Key", detail)]);
    if keys.next().is_some() {
        return Err(bad("send it once"));
    }
    match key.to_str() {
        Ok("") => Err(bad("must not be empty")),
        Ok(key) if key.len() <= MAX_KEY_BYTES => Ok(Some(key)),
        Ok(_) => Err(bad("must have at most 255 bytes")),
        Err(_) => Err(bad("must be visible ASCII")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_key_is_short_visible_and_sent_once() {
        let with = |keys: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for key in keys {
                headers.append(HEADER, HeaderValue::from_bytes(key).unwrap());
            }
            key(&headers).map(|key| key.map(String::from)).map_err(|problem| problem.status().as_u16())
        };
        assert_eq!(with(&[]), Ok(None));
        assert_eq!(with(&[b"k-1"]), Ok(Some("k-1".into())));
        assert_eq!(with(&[&[b'k'; 255]]), Ok(Some("k".repeat(255))));
        for bad in [&[&b""[..]][..], &[&[b'k'; 256]], &[b"\xff"], &[b"a", b"b"]] {
            assert_eq!(with(bad), Err(422));
        }
    }
}
