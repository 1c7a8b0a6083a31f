//! What a command's refusal is to a caller.

use axum::http::StatusCode;
use opensail_commands::CommandError;
use opensail_commands::error::RejectionInfo;
use opensail_commands::ports::blobs::BlobError;
use opensail_commands::ports::snapshots::SnapshotError;
use opensail_domain::kernel::RejectionKind;
use serde_json::json;

use super::{FieldError, Problem};

impl Problem {
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
