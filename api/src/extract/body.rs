//! JSON bodies.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use super::{ignored_pointer, pointer};
use crate::config::MAX_JSON_BYTES;
use crate::problem::{FieldError, Problem};

/// A JSON body without a field that is not known. Use where there is no caller to name a command after.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        check_json(request.headers())?;
        let bytes = read_body(request, state, MAX_JSON_BYTES).await?;
        parse(&bytes).map(Body)
    }
}

/// Reads a whole body; `limit` is what the route's layer allows, named in the refusal.
pub(crate) async fn read_body<S: Send + Sync>(request: Request, state: &S, limit: usize) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.into_response().status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(limit),
        _ => Problem::malformed("the body ended before its time"),
    })
}

/// Checks the type and parses.
pub(crate) fn json_from<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    check_json(headers)?;
    parse(bytes)
}

fn check_json(headers: &HeaderMap) -> Result<(), Problem> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Problem::unsupported_media_type("application/json")) }
}

/// Whether it is JSON comes first, so that 400 and 422 never depend on the order of fields; nesting that anything keeps is bounded by
/// serde_json (128 levels), and what is only skipped is skipped without recursion.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let not_json = |error: serde_json::Error| Problem::malformed(format!("the body is not JSON: {error}"));
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(not_json)?;
    // Serde would take an array for an object, field by field.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Problem::invalid(vec![FieldError::pointer("", "must be an object")]));
    }
    let mut unknown = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let mut track = serde_path_to_error::Track::new();
    let parsed = {
        let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
        let mut note = |path: serde_ignored::Path<'_>| {
            unknown.push(FieldError::pointer(ignored_pointer(&path), "this field is not known here"));
        };
        T::deserialize(serde_ignored::Deserializer::new(tracked, &mut note))
    };
    let value = parsed.map_err(|error| refused(error, &track.path()))?;
    if unknown.is_empty() { Ok(value) } else { Err(Problem::unknown_fields(unknown)) }
}

fn refused(error: serde_json::Error, path: &serde_path_to_error::Path) -> Problem {
    match error.classify() {
        Category::Data => Problem::invalid(vec![FieldError::pointer(pointer(path), without_place(&error))]),
        Category::Syntax | Category::Eof | Category::Io => Problem::malformed(format!("the body is not JSON: {error}")),
    }
}

/// The pointer says where; line and column would only distract.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Wish {
        task: String,
        #[serde(default)]
        budget: Option<Inner>,
        #[serde(default)]
        many: Vec<Inner>,
    }

    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Inner {
        max_steps: u64,
    }

    fn refusal(body: &str) -> (u16, &'static str, Vec<String>) {
        let problem = parse::<Wish>(body.as_bytes()).unwrap_err();
        let response = serde_json::to_value(problem.errors()).unwrap();
        let pointers = response.as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap().to_owned()).collect();
        (problem.status().as_u16(), problem.code(), pointers)
    }

    #[test]
    fn each_unknown_field_is_named() {
        let body = json!({"task": "t", "a/b": 1, "budget": {"max_steps": 1, "x": {}}, "many": [{"max_steps": 1, "y~": 2}]});
        let (status, code, pointers) = refusal(&body.to_string());
        assert_eq!((status, code), (422, "unknown_field"));
        assert_eq!(pointers.len(), 3);
        for wanted in ["/a~1b", "/budget/x", "/many/0/y~0"] {
            assert!(pointers.iter().any(|p| p == wanted), "{wanted} in {pointers:?}");
        }
    }

    #[test]
    fn a_wrong_type_is_pointed_at() {
        for (body, pointer) in [
            (r#"{"task": 1}"#, "/task"),
            (r#"{"task": "t", "budget": {"max_steps": -1}}"#, "/budget/max_steps"),
            (r#"{"task": "t", "budget": {"max_steps": 99999999999999999999999}}"#, "/budget/max_steps"),
            (r#"{"task": "t", "many": [{"max_steps": 1}, {"max_steps": "2"}]}"#, "/many/1/max_steps"),
            (r#"{}"#, ""),
            (r#"[]"#, ""),
        ] {
            assert_eq!(refusal(body), (422, "validation", vec![pointer.to_owned()]), "{body}");
        }
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        let deep = "[".repeat(100_000);
        for body in ["", "{", "{]", "{\"task\":7,", "{\"task\":\"t\"} x", "nul", "\u{0}", deep.as_str()] {
            assert_eq!(parse::<Wish>(body.as_bytes()).unwrap_err().status().as_u16(), 400, "{body:.20}");
        }
        assert_eq!(parse::<Wish>(b"{\"task\":\"\xff\"}").unwrap_err().status().as_u16(), 400);
        let unknown = format!("{{\"task\":\"t\",\"deep\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(parse::<Wish>(unknown.as_bytes()).unwrap_err().code(), "unknown_field");
    }

    proptest! {
        #[test]
        fn no_body_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse::<Wish>(&bytes);
        }
    }
}
