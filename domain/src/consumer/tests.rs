//! Given/when/then of orders to a consumer.

use super::*;
use crate::kernel::{AccountId, MAX_REASON_CHARS, spec::given};
use uuid::Uuid;

const ADA: AccountId = AccountId(Uuid::from_u128(1));

fn retry(parked: bool, reason: Option<&str>) -> ConsumerCommand {
    let reason = reason.map(Into::into);
    ConsumerCommand::Retry { consumer: "webhooks".into(), stream: "team-1".into(), position: 7, parked, reason, by: ADA }
}
fn skip(parked: bool, reason: &str) -> ConsumerCommand {
    let reason = reason.into();
    ConsumerCommand::Skip { consumer: "webhooks".into(), stream: "team-1".into(), position: 7, parked, reason, by: ADA }
}
fn retried(reason: Option<&str>) -> ConsumerEvent {
    let reason = reason.map(Into::into);
    RetryOrdered { consumer: "webhooks".into(), stream: "team-1".into(), position: 7, reason, ordered_by: ADA }.into()
}
fn skipped(reason: &str) -> ConsumerEvent {
    let reason = reason.into();
    SkipOrdered { consumer: "webhooks".into(), stream: "team-1".into(), position: 7, reason, ordered_by: ADA }.into()
}

#[test]
fn a_parked_stream_is_ordered_about_as_often_as_it_is_parked() {
    given::<ConsumerDecider>(vec![]).when(retry(true, None)).then([retried(None)]);
    given::<ConsumerDecider>(vec![retried(None)]).when(retry(true, Some(" mended "))).then([retried(Some("mended"))]);
    given::<ConsumerDecider>(vec![retried(None)]).when(skip(true, " broken import ")).then([skipped("broken import")]);
    // The journal was set back, and the event came again.
    given::<ConsumerDecider>(vec![skipped("broken")]).when(skip(true, "again")).then([skipped("again")]);
}

#[test]
fn nothing_is_ordered_of_what_is_not_parked_or_without_a_reason() {
    given::<ConsumerDecider>(vec![]).when(retry(false, None)).then_refused(ConsumerRejection::NotParked);
    given::<ConsumerDecider>(vec![skipped("broken")]).when(skip(false, "broken")).then_refused(ConsumerRejection::NotParked);
    for reason in ["", " ", "a\u{7}", &"x".repeat(MAX_REASON_CHARS + 1)] {
        given::<ConsumerDecider>(vec![]).when(skip(true, reason)).then_refused(ConsumerRejection::BadReason);
        given::<ConsumerDecider>(vec![]).when(retry(true, Some(reason))).then_refused(ConsumerRejection::BadReason);
    }
}
