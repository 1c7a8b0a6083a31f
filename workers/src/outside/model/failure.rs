//! What went wrong, in the port's words: the same for every provider, because they all speak HTTP and all wrap their reasons in
//! some JSON.

use std::time::Duration;

use chrono::{DateTime, Utc};
use opensail_commands::ports::model::{ModelError, ModelErrorKind};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::settings::ApiKey;

/// Longest detail handed on, in characters.
pub(super) const MAX_DETAIL_CHARS: usize = 2000;
/// Longest wait believed from a provider; more is cut to this.
pub(super) const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);
/// A 429 that says one of these will not go away by waiting: the money is spent.
const SPENT_WORDS: [&str; 4] = ["insufficient_quota", "insufficient quota", "credit", "budget"];

pub(super) fn error(kind: ModelErrorKind, detail: impl Into<String>) -> ModelError {
    ModelError { kind, detail: detail.into(), retry_after: None }
}

/// A reply with a status that is no success. `body` may be cut.
pub(super) fn of_status(provider: &str, status: u16, retry_after: Option<Duration>, body: &str) -> ModelError {
    let said = serde_json::from_str::<Value>(body).ok().and_then(|value| reason(&value));
    let said = said.unwrap_or_else(|| body.trim().to_owned());
    let kind = match status {
        429 if spent(&said) => ModelErrorKind::BadRequest,
        429 => ModelErrorKind::RateLimited,
        401 | 403 => ModelErrorKind::Unauthorized,
        408 => ModelErrorKind::Timeout,
        500.. => ModelErrorKind::Overloaded,
        _ => ModelErrorKind::BadRequest,
    };
    let detail = if said.is_empty() { format!("{provider} answered {status}") } else { format!("{provider} answered {status}: {said}") };
    ModelError { kind, detail, retry_after: if kind.retryable() { retry_after } else { None } }
}

/// An error object that came in the middle of a stream, when the status was long sent.
pub(super) fn of_object(provider: &str, object: &Value) -> ModelError {
    if let Some(status) = object.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok()).filter(|s| *s >= 400) {
        return of_status(provider, status, None, &object.to_string());
    }
    let said = reason(object).unwrap_or_else(|| object.to_string());
    let name = ["type", "code"].iter().filter_map(|key| object.get(key)?.as_str()).collect::<Vec<_>>().join(" ");
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let kind = if spent(&name) || has(&["invalid", "not_found", "billing", "context_length", "too_large"]) {
        ModelErrorKind::BadRequest
    } else if has(&["rate_limit"]) {
        ModelErrorKind::RateLimited
    } else if has(&["authentication", "permission"]) {
        ModelErrorKind::Unauthorized
    } else if has(&["timeout"]) {
        ModelErrorKind::Timeout
    } else {
        ModelErrorKind::Overloaded
    };
    error(kind, format!("{provider} broke off: {said}"))
}

fn spent(said: &str) -> bool {
    let said = said.to_lowercase();
    SPENT_WORDS.iter().any(|word| said.contains(word))
}

/// The readable part of an error body, with its code: `{"error":{"message","type","code"}}`, `{"error":"…"}`, `{"message"}`,
/// `{"detail"}`, or the first of a list of these.
fn reason(value: &Value) -> Option<String> {
    let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
    let inner = value.get("error").unwrap_or(value);
    let message = inner.as_str().or_else(|| ["message", "detail"].iter().find_map(|key| inner.get(key)?.as_str()))?;
    let code = ["code", "type"].iter().find_map(|key| inner.get(key)?.as_str());
    Some(match code {
        Some(code) if !message.contains(code) => format!("{message} ({code})"),
        _ => message.to_owned(),
    })
}

/// `Retry-After` as seconds or as an HTTP date (RFC 9110, 10.2.3); anything else is as if it were not there.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse::<f64>() {
        Ok(seconds) if seconds.is_nan() => return None,
        Ok(seconds) => Duration::try_from_secs_f64(seconds.ceil().min(MAX_RETRY_AFTER.as_secs_f64())).ok()?,
        Err(_) => {
            let until = DateTime::parse_from_rfc2822(value).ok()?.with_timezone(&Utc);
            (until - now).to_std().unwrap_or(Duration::ZERO)
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// Takes the key out of the detail, in case a provider echoes it, and shortens it.
pub(super) fn tidy(mut error: ModelError, key: Option<&ApiKey>) -> ModelError {
    if let Some(key) = key {
        error.detail = key.scrub(&error.detail);
    }
    if let Some((end, _)) = error.detail.char_indices().nth(MAX_DETAIL_CHARS) {
        error.detail.truncate(end);
        error.detail.push('…');
    }
    error
}
