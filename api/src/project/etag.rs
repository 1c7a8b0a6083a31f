//! ETags of files: the SHA-256 of their bytes, strong. Conditions are RFC 9110, 13.1.

use axum::http::{HeaderMap, HeaderValue, header};
use opensail_commands::project::Precondition;

use crate::problem::{FieldError, Problem};

pub(super) fn etag(hash: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The conditions of a write. `If-None-Match` takes only `*` here.
pub(super) fn precondition(headers: &HeaderMap) -> Result<Precondition, Problem> {
    let matches = tags(headers, "if-match")?;
    let none = tags(headers, "if-none-match")?;
    match (matches, none) {
        (Some(_), Some(_)) => Err(bad("if-none-match", "send If-Match or If-None-Match, not both")),
        (None, Some(Tags::Any)) => Ok(Precondition::Absent),
        (None, Some(Tags::List(_))) => Err(bad("if-none-match", "a write takes only *")),
        (Some(Tags::Any), None) => Ok(Precondition::Exists),
        (Some(Tags::List(hashes)), None) => Ok(Precondition::Matches(hashes)),
        (None, None) => Ok(Precondition::Any),
    }
}

/// Whether a reader has the file already.
pub(super) fn is_known(headers: &HeaderMap, hash: &str) -> Result<bool, Problem> {
    Ok(match tags(headers, header::IF_NONE_MATCH.as_str())? {
        None => false,
        Some(Tags::Any) => true,
        Some(Tags::List(hashes)) => hashes.iter().any(|known| known == hash),
    })
}

enum Tags {
    Any,
    List(Vec<String>),
}

fn tags(headers: &HeaderMap, name: &'static str) -> Result<Option<Tags>, Problem> {
    let mut hashes = Vec::new();
    for line in headers.get_all(name) {
        let line = line.to_str().map_err(|_| bad(name, "must be ASCII"))?.trim();
        if line == "*" {
            return Ok(Some(Tags::Any));
        }
        for tag in line.split(',') {
            let tag = tag.trim();
            // A weak tag never matches strongly; for reading, the bytes behind it are the same.
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            let hash = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            hashes.push(hash.ok_or_else(|| bad(name, "must be * or quoted ETags"))?.to_owned());
        }
    }
    Ok((!hashes.is_empty()).then_some(Tags::List(hashes)))
}

fn bad(name: &str, detail: &str) -> Problem {
    Problem::invalid(vec![FieldError::header(name, detail)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn conditions_are_read() {
        assert_eq!(precondition(&headers(&[])), Ok(Precondition::Any));
        assert_eq!(precondition(&headers(&[("if-none-match", "*")])), Ok(Precondition::Absent));
        assert_eq!(precondition(&headers(&[("if-match", "*")])), Ok(Precondition::Exists));
        let two = Precondition::Matches(vec!["a".into(), "b".into()]);
        assert_eq!(precondition(&headers(&[("if-match", "\"a\", \"b\"")])), Ok(two));
        for bad in [&[("if-match", "a")][..], &[("if-none-match", "\"a\"")], &[("if-match", "*"), ("if-none-match", "*")]] {
            assert_eq!(precondition(&headers(bad)).unwrap_err().status().as_u16(), 422);
        }
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        assert!(is_known(&headers(&[("if-none-match", "W/\"x\", \"y\"")]), "x").unwrap());
        assert!(!is_known(&headers(&[("if-none-match", "\"z\"")]), "x").unwrap());
        assert!(!is_known(&headers(&[]), "x").unwrap());
    }
}
