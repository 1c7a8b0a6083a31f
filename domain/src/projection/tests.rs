//! Given/when/then of orders to a read model.

use super::*;
use crate::kernel::{AccountId, MAX_REASON_CHARS, spec::given};
use uuid::Uuid;

const ADA: AccountId = AccountId(Uuid::from_u128(1));

fn orders(events: Vec<ProjectionEvent>) -> crate::kernel::spec::Given<ProjectionDecider> {
    given(events)
}
fn retry(position: u64, parked: bool, reason: Option<&str>) -> ProjectionCommand {
    let reason = reason.map(Into::into);
    ProjectionCommand::Retry { projection: "team".into(), stream: "team-1".into(), position, parked, reason, by: ADA }
}
fn skip(position: u64, parked: bool, reason: &str) -> ProjectionCommand {
    let reason = reason.into();
    ProjectionCommand::Skip { projection: "team".into(), stream: "team-1".into(), position, parked, reason, by: ADA }
}
fn retried(position: u64, reason: Option<&str>) -> ProjectionEvent {
    let reason = reason.map(Into::into);
    RetryOrdered { projection: "team".into(), stream: "team-1".into(), position, reason, ordered_by: ADA }.into()
}
fn skipped(position: u64, reason: &str) -> ProjectionEvent {
    let reason = reason.into();
    SkipOrdered { projection: "team".into(), stream: "team-1".into(), position, reason, ordered_by: ADA }.into()
}

#[test]
fn a_parked_stream_is_retried_as_often_as_wished() {
    orders(vec![]).when(retry(7, true, None)).then([retried(7, None)]);
    orders(vec![retried(7, None)]).when(retry(7, true, Some(" mended "))).then([retried(7, Some("mended"))]);
    orders(vec![]).when(retry(7, false, None)).then_refused(ProjectionRejection::NotParked);
}

#[test]
fn an_event_is_skipped_once_and_with_a_reason() {
    orders(vec![]).when(skip(7, true, " broken import ")).then([skipped(7, "broken import")]);
    orders(vec![]).when(skip(7, false, "broken")).then_refused(ProjectionRejection::NotParked);
    for reason in ["", " ", "a\u{7}", &"x".repeat(MAX_REASON_CHARS + 1)] {
        orders(vec![]).when(skip(7, true, reason)).then_refused(ProjectionRejection::BadReason);
        orders(vec![]).when(retry(7, true, Some(reason))).then_refused(ProjectionRejection::BadReason);
    }
    let given = || vec![skipped(7, "broken")];
    orders(given()).when(skip(7, false, "again")).then_nothing();
    orders(given()).when(skip(9, true, "too")).then([skipped(9, "too")]);
    orders(given()).when(retry(7, true, None)).then_refused(ProjectionRejection::NotParked);
}
