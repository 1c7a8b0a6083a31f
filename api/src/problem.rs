//! The only place that makes error answers: RFC 9457 problem details, each with a stable `code`. What went wrong inside is
//! logged, never told.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use opensail_commands::CommandError;
use opensail_commands::error::RejectionInfo;
use opensail_commands::ports::blobs::BlobError;
use opensail_commands::ports::snapshots::SnapshotError;
use opensail_domain::kernel::RejectionKind;
use serde::Serialize;
use serde_json::{Map, Value, json};
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
    pub(crate) fn from_blob(error: BlobError) -> Self {
        match error {
            BlobError::Missing(_) | BlobError::Forgotten(_) => Problem::not_found(),
            BlobError::Damaged(_) | BlobError::Full | BlobError::Unavailable(_) => {
                tracing::error!(%error, "a blob could not be read");
                Problem::unavailable()
            }
        }
    }
    pub(crate) fn from_snapshot(error: SnapshotError) -> Self {
        CommandError::from(error).into()
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
    /// A view has not reached the wished position in time.
    pub(crate) fn behind() -> Self {
        let detail = "the view has not reached that position yet; ask again";
        Problem { retry_after: Some(1), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "behind", detail) }
    }
    pub(crate) fn no_way_back(detail: String) -> Self {
        Problem::new(StatusCode::CONFLICT, "no_way_back", detail)
    }
    /// Of this one view; the others answer.
    pub(crate) fn rebuilding(view: &str) -> Self {
        let detail = format!("the view {view:?} is being built; ask again");
        Problem { retry_after: Some(2), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "rebuilding", detail) }
    }
    pub(crate) fn unavailable() -> Self {
        let detail = "something this server needs does not answer; try again shortly";
        Problem { retry_after: Some(2), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail) }
    }
    /// Nothing that is known here is certain any more; `why` says what to do.
    pub(crate) fn set_back(why: String) -> Self {
        Problem { retry_after: Some(SET_BACK_RETRY), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "set_back", why) }
    }
    /// Of this one view; the others answer. A write that is answered so was done.
    pub(crate) fn view_stopped(view: &str, position: u64) -> Self {
        let detail = format!(
            "the view {view:?} stands still at position {position}, before an event of a newer version of the program; upgrade this server"
        );
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "view_stopped", detail);
        problem.more.insert("position".into(), position.into());
        problem
    }
    /// Of the one thing that is asked about, where more of it is wanted than the view has; everything else answers. A write that is answered so was done.
    pub(crate) fn stream_parked(view: &str, stream: &str, position: u64) -> Self {
        let detail = format!(
            "the event at position {position} of {stream} cannot be shown by the view {view:?}, which has set the stream aside there; what was written \
             is in the journal. Without `min_position` and `as_of` it is shown as it was before. Whoever runs this server sees why with: opensail \
             projection parked; once that is mended: opensail projection retry {view} {stream}"
        );
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stream_parked", detail);
        for (name, value) in [("view", view.into()), ("stream", stream.into()), ("position", position.into())] {
            problem.more.insert(name.into(), value);
        }
        problem
    }
    /// Of the one thing that is asked about; everything else answers.
    pub(crate) fn newer_event(event_type: &str, version: u32, position: u64) -> Self {
        tracing::error!(event_type, version, position, "an event was written by a newer version of the program");
        let detail = format!(
            "event {event_type} v{version} at position {position} was written by a newer version of the program; upgrade this server"
        );
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "newer_event", detail);
        problem.more.insert("position".into(), position.into());
        problem
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

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let text = error.client_text();
        let retry_after = error.retry_after().map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        let problem = match error {
            CommandError::Rejected(info) => rejected(info),
            CommandError::Unauthenticated { code, .. } => Problem::new(StatusCode::UNAUTHORIZED, code, text),
            CommandError::Forbidden => Problem::forbidden(text),
            CommandError::NotFound => Problem::not_found(),
            CommandError::Conflict => Problem::new(StatusCode::CONFLICT, "version_conflict", text),
            CommandError::PreconditionFailed { actual } => {
                let mut problem = Problem::precondition_failed(text);
                problem.more.insert("actual".into(), actual.into());
                problem
            }
            CommandError::FilesConflict { conflicts } => {
                let told = conflicts.into_iter().map(|conflict| {
                    json!({ "path": conflict.path, "ours": conflict.ours, "theirs": conflict.theirs, "marked": conflict.marked })
                });
                let mut problem = Problem::new(StatusCode::CONFLICT, "files_conflict", text);
                problem.more.insert("conflicts".into(), told.collect());
                problem
            }
            CommandError::TooLarge { .. } => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text),
            CommandError::StoreFull => Problem::new(StatusCode::INSUFFICIENT_STORAGE, "store_full", text),
            CommandError::Fenced => Problem::new(StatusCode::CONFLICT, "version_conflict", text),
            CommandError::Overloaded { .. } => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", text),
            CommandError::Unknown { command_id } => {
                tracing::error!(%command_id, "the outcome of a command is unknown");
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "outcome_unknown", text)
            }
            CommandError::Unavailable { log } => {
                tracing::error!(log, "a command met a back end that is away");
                Problem::unavailable()
            }
            CommandError::IdempotencyKeyReused => {
                let errors = vec![FieldError::header("Idempotency-Key", text.clone())];
                Problem { errors, ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", text) }
            }
            CommandError::NewerEvent { event_type, version, position } => Problem::newer_event(&event_type, version, position),
            CommandError::UnreadableEvent { stream, position, .. } => {
                let mut problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable_event", text);
                problem.more.insert("stream".into(), stream.to_string().into());
                problem.more.insert("position".into(), position.into());
                problem
            }
            CommandError::Broken { log } => {
                tracing::error!(log, "a command could not be done");
                Problem::internal()
            }
        };
        Problem { retry_after: retry_after.or(problem.retry_after), ..problem }
    }
}

/// People have to do something before it is of use to ask again, in seconds.
const SET_BACK_RETRY: u64 = 60;
/// Advice when a limit does not say when it ends, in seconds.
const LIMIT_RETRY: u64 = 60;

/// A rule's refusal: status and code by what the caller can do about it, the rule's own code as `reason`.
fn rejected(info: RejectionInfo) -> Problem {
    let RejectionInfo { code: reason, kind, message } = info;
    let mut problem = match kind {
        RejectionKind::Invalid { pointer } => Problem::invalid(vec![FieldError::pointer(pointer, message)]),
        RejectionKind::State => Problem::new(StatusCode::CONFLICT, "state", message),
        RejectionKind::Exists => Problem::new(StatusCode::CONFLICT, "exists", message),
        RejectionKind::Limit { retry_after } => {
            let retry_after = Some(retry_after.unwrap_or(LIMIT_RETRY));
            Problem { retry_after, ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "limit", message) }
        }
    };
    problem.more.insert("reason".into(), reason.into());
    problem
}

/// Logs a panic and says no more than that it happened.
pub(crate) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Problem {
    let what = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = what.unwrap_or("of an unknown kind"), "a request panicked");
    Problem::internal()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use opensail_commands::journal::StreamId;

    use super::*;

    fn told(error: CommandError) -> (u16, &'static str, Option<String>) {
        let problem = Problem::from(error);
        let (status, code) = (problem.status().as_u16(), problem.code());
        let response = problem.into_response();
        (status, code, response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).map(String::from))
    }

    #[test]
    fn every_refusal_has_its_status_and_code() {
        let rule = |kind| CommandError::rejected("a_rule", kind, "no");
        let unknown = opensail_commands::Caller::anonymous().command_id;
        for (error, status, code, wait) in [
            (rule(RejectionKind::Invalid { pointer: "/a" }), 422, "validation", None),
            (rule(RejectionKind::State), 409, "state", None),
            (CommandError::StoreFull, 507, "store_full", None),
            (rule(RejectionKind::Exists), 409, "exists", None),
            (rule(RejectionKind::Limit { retry_after: Some(7) }), 429, "limit", Some("7")),
            (rule(RejectionKind::Limit { retry_after: None }), 429, "limit", Some("60")),
            (CommandError::Unauthenticated { code: "bad_credentials", message: "no" }, 401, "bad_credentials", None),
            (CommandError::Forbidden, 403, "forbidden", None),
            (CommandError::NotFound, 404, "not_found", None),
            (CommandError::Conflict, 409, "version_conflict", None),
            (CommandError::Fenced, 409, "version_conflict", None),
            (CommandError::PreconditionFailed { actual: None }, 412, "precondition_failed", None),
            (CommandError::FilesConflict { conflicts: Vec::new() }, 409, "files_conflict", None),
            (CommandError::TooLarge { limit: 1 }, 413, "too_large", None),
            (CommandError::Overloaded { retry_after: Duration::from_millis(1500) }, 503, "overloaded", Some("2")),
            (CommandError::Unknown { command_id: unknown }, 503, "outcome_unknown", Some("1")),
            (CommandError::Unavailable { log: "a secret".into() }, 503, "unavailable", Some("1")),
            (CommandError::IdempotencyKeyReused, 422, "idempotency_key_reused", None),
            (CommandError::NewerEvent { event_type: "team.sunk".into(), version: 2, position: 7 }, 503, "newer_event", None),
            (
                CommandError::UnreadableEvent {
                    event_type: "team.renamed".into(),
                    version: 1,
                    stream: StreamId::new("team", "t"),
                    position: 7,
                },
                500,
                "unreadable_event",
                None,
            ),
            (CommandError::Broken { log: "a secret".into() }, 500, "internal", None),
        ] {
            assert_eq!(told(error), (status, code, wait.map(String::from)));
        }
    }

    #[test]
    fn what_went_wrong_inside_is_not_told() {
        for error in [CommandError::Unavailable { log: "a secret".into() }, CommandError::Broken { log: "a secret".into() }] {
            assert!(!format!("{:?}", Problem::from(error)).contains("secret"));
        }
        assert!(!format!("{:?}", panicked(Box::new("a secret"))).contains("secret"));
    }
}
