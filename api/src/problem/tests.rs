use std::time::Duration;

use axum::http::header;
use axum::response::IntoResponse;
use opensail_commands::CommandError;
use opensail_commands::journal::StreamId;
use opensail_domain::kernel::RejectionKind;

use super::{Problem, panicked};

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
        (CommandError::NewerEvent { event_type: "team.sunk".into(), version: 2, position: 7 }, 503, "newer_event", Some("60")),
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
