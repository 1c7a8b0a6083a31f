//! The only place that makes error answers: RFC 9457 problem details, each with a stable `code`. What went wrong inside is
//! logged, never told.

mod not_now;
mod of_command;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What `type` begins with; the code follows.
const TYPE: &str = "urn:opensail:problem:";
const CONTENT_TYPE: &str = "application/problem+json";

/// One thing that is wrong with a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of a query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Name of a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    pub detail: String,
}

impl FieldError {
    pub(crate) fn pointer(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError { pointer: Some(pointer.into()), parameter: None, header: None, detail: detail.into() }
    }
    pub(crate) fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError { pointer: None, parameter: Some(name.into()), header: None, detail: detail.into() }
    }
    pub(crate) fn header(name: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError { pointer: None, parameter: None, header: Some(name.into()), detail: detail.into() }
    }
}

/// An error answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    /// Seconds.
    retry_after: Option<u64>,
    /// Further members, e.g. the last common position.
    more: Map<String, Value>,
}

/// The body of an error answer.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `urn:opensail:problem:<code>`
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    pub status: u16,
    /// What went wrong and what to do.
    pub detail: String,
    /// Stable; the thing to switch on.
    pub code: String,
    pub errors: Vec<FieldError>,
    /// Further members: `reason` (the code of the rule that said no), `common_position`, `actual` …
    #[serde(flatten)]
    #[schema(ignore)]
    pub more: Map<String, Value>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Problem { status, code, detail: detail.into(), errors: Vec::new(), retry_after: None, more: Map::new() }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }
    pub fn code(&self) -> &'static str {
        self.code
    }
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }
    pub(crate) fn unauthenticated() -> Self {
        let detail = "sign in, or send a token that is still valid in the Authorization header";
        Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }
    pub(crate) fn csrf(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::FORBIDDEN, "csrf", detail)
    }
    /// The Host header names somebody else: DNS rebinding, or a wrong OPENSAIL_PUBLIC_URL.
    pub(crate) fn foreign_host() -> Self {
        let detail = "this server does not answer under that name; open it at its public address (OPENSAIL_PUBLIC_URL)";
        Problem::new(StatusCode::FORBIDDEN, "host", detail)
    }
    /// Missing, or hidden from the one who asks: the same answer.
    pub(crate) fn not_found() -> Self {
        Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here, or nothing you may see")
    }
    /// Within something that the one who asks may see.
    pub(crate) fn not_found_because(why: impl Into<String>) -> Self {
        Problem::new(StatusCode::NOT_FOUND, "not_found", why)
    }
    pub(crate) fn no_route() -> Self {
        let detail = "there is no such address; /api/docs lists what there is";
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
    }
    pub(crate) fn method_not_allowed() -> Self {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address does not take that method")
    }
    pub(crate) fn unsupported_media_type(wanted: &str) -> Self {
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", format!("send {wanted}"))
    }
    pub(crate) fn too_large(limit: usize) -> Self {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("the body may have at most {limit} bytes"))
    }
    /// A program's token has no browser that could be signed out.
    pub(crate) fn not_a_sign_in() -> Self {
        let mut problem = Problem::new(StatusCode::CONFLICT, "state", "this token belongs to no sign-in; it is revoked where it was made");
        problem.more.insert("reason".into(), "no_sign_in".into());
        problem
    }
    pub(crate) fn precondition_failed(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
    }
    pub(crate) fn unknown_fields(errors: Vec<FieldError>) -> Self {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", "the request has fields that are not known here");
        Problem { errors, ..problem }
    }
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or("the request is not valid".into(), |first| first.detail.clone());
        Problem { errors, ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", detail) }
    }
    /// `why`, and what to do.
    pub(crate) fn as_of_unsupported(why: impl Into<String>) -> Self {
        let detail = why.into();
        let errors = vec![FieldError::parameter("as_of", detail.clone())];
        Problem { errors, ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "as_of_unsupported", detail) }
    }
    /// Of a point of the past that is none yet.
    pub(crate) fn beyond_the_end(end: u64) -> Self {
        let detail = format!("the journal ends at {end}");
        let errors = vec![FieldError::parameter("as_of", detail.clone())];
        Problem { errors, ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "beyond_the_end", detail) }
    }
    pub(crate) fn no_way_back(detail: String) -> Self {
        Problem::new(StatusCode::CONFLICT, "no_way_back", detail)
    }
    /// The cursor belongs to a history that is over; what both have in common ends at `common`.
    pub(crate) fn epoch_changed(epoch: String, common: u64) -> Self {
        let detail = "the journal was restored to an earlier state; read again from the last common position";
        let mut problem = Problem::new(StatusCode::GONE, "epoch_changed", detail);
        problem.more.insert("epoch".into(), epoch.clone().into());
        problem.more.insert("common_position".into(), common.into());
        problem.more.insert("cursor".into(), format!("{epoch}.{common}").into());
        problem
    }
    pub(crate) fn unserialisable(error: serde_json::Error) -> Self {
        tracing::error!(%error, "an answer could not be written as JSON");
        Problem::internal()
    }
    /// A panic or a broken promise of ours; the cause is in the log only.
    pub(crate) fn internal() -> Self {
        let detail = "the server made a mistake; it is in its log";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            kind: format!("{TYPE}{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").into(),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code.into(),
            errors: self.errors,
            more: self.more,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Logs a panic and says no more than that it happened.
pub(crate) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Problem {
    let what = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = what.unwrap_or("of an unknown kind"), "a request panicked");
    Problem::internal()
}
