use uuid::Uuid;

use super::*;
use crate::append::check::prepare;
use crate::append::{Append, Guard, Part};
use crate::envelope::{Actor, CommandId, Epoch, NewEvent, StreamId};

fn append(tenant: &str, stream: &str, guard: Option<&str>) -> Prepared {
    let event = NewEvent { event_id: Uuid::nil(), event_type: "test.happened".into(), version: 1, payload: "{}".into() };
    let part = Part { stream: StreamId::new("t", stream), expected: 0, tenant: tenant.into(), project: None, events: vec![event] };
    let append = Append {
        command_id: CommandId(Uuid::now_v7()),
        fingerprint: None,
        fence: None,
        actor: Actor::system("test"),
        correlation_id: Uuid::nil(),
        causation_id: None,
        client_address: None,
        parts: vec![part],
        guards: guard.map(|name| Guard { stream: StreamId::new("t", name), version: 0 }).into_iter().collect(),
        vault: Vec::new(),
        answer: None,
    };
    prepare(append, Epoch(Uuid::nil())).expect("a valid append")
}

fn queue(appends: Vec<Prepared>) -> Queue {
    let queue = Queue::default();
    for prepared in appends {
        assert!(queue.push(prepared, oneshot::channel().0).is_ok());
    }
    queue
}

/// Streams of the next batch, in order; nothing when none waits.
fn next(queue: &Queue) -> Vec<String> {
    let mut lanes = queue.lock();
    lanes.take(BATCH_APPENDS).iter().map(|waiting| waiting.prepared.append.parts[0].stream.id().to_owned()).collect()
}

#[test]
fn tenants_take_turns() {
    let mut appends: Vec<_> = (0..3).map(|number| append("busy", &format!("busy{number}"), None)).collect();
    appends.push(append("quiet", "quiet", None));
    assert_eq!(next(&queue(appends)), ["busy0", "quiet", "busy1", "busy2"]);
}

#[test]
fn a_full_batch_leaves_the_turn_to_who_was_not_served() {
    let mut appends: Vec<_> = (0..BATCH_APPENDS + 10).map(|number| append("busy", &format!("busy{number}"), None)).collect();
    appends.push(append("quiet", "quiet", None));
    let queue = queue(appends);
    let first = next(&queue);
    assert_eq!((first.len(), first[1].as_str()), (BATCH_APPENDS, "quiet"));
    assert_eq!(next(&queue).len(), 11);
    assert_eq!(queue.lock().appends, 0);
}

/// Whoever waits is in the batch that his place among the tenants gives him, however much any of them brings.
#[test]
fn nobody_waits_longer_than_a_batch_for_each_512_tenants() {
    const TENANTS: usize = 2 * BATCH_APPENDS + 76;
    let flood = (0..1000).map(|number| append("busy", &format!("busy{number}"), None));
    let others = (0..TENANTS - 1).map(|number| append(&format!("tenant{number}"), &format!("first{number}"), None));
    let queue = queue(flood.chain(others).collect());
    let batches: Vec<_> = std::iter::repeat_with(|| next(&queue)).take_while(|batch| !batch.is_empty()).collect();
    let waited = 1 + batches.iter().rposition(|batch| batch.iter().any(|stream| stream.starts_with("first"))).expect("somebody");
    assert_eq!(waited, TENANTS.div_ceil(BATCH_APPENDS));
    assert_eq!(queue.lock().appends, 0);
}

#[test]
fn one_append_per_stream_and_no_overtaking() {
    let queue = queue(vec![
        append("a", "s", None),
        append("a", "s", None),
        append("b", "free", Some("s")),
        append("b", "other", Some("read")),
        append("c", "third", Some("read")),
    ]);
    // Two may read the same stream; who rests on a written one waits.
    assert_eq!(next(&queue), ["s", "other", "third"]);
    let second = next(&queue);
    assert_eq!(second.len(), 1);
    let third = next(&queue);
    assert_eq!(third.len(), 1);
    let mut rest = [second, third].concat();
    rest.sort();
    assert_eq!(rest, ["free", "s"]);
}

#[test]
fn a_tenant_cannot_fill_the_queue() {
    let queue = queue((0..MAX_WAITING_OF_TENANT).map(|number| append("busy", &format!("{number}"), None)).collect());
    let refused = queue.push(append("busy", "more", None), oneshot::channel().0);
    assert_eq!(refused, Err(AppendError::Overloaded { retry_after: RETRY_AFTER }));
    assert!(queue.push(append("quiet", "more", None), oneshot::channel().0).is_ok());
}

/// Nor with few appends that are large; what was written makes room again.
#[test]
fn a_tenant_cannot_fill_the_queue_with_bytes() {
    let large = |tenant: &str, number: usize| {
        let mut prepared = append(tenant, &format!("{tenant}{number}"), None);
        prepared.bytes = MAX_WAITING_BYTES_OF_TENANT / 4;
        prepared
    };
    let queue = queue((0..4).map(|number| large("busy", number)).collect());
    let refused = queue.push(append("busy", "more", None), oneshot::channel().0);
    assert_eq!(refused, Err(AppendError::Overloaded { retry_after: RETRY_AFTER }));
    for number in 0..3 {
        assert!(queue.push(large("quiet", number), oneshot::channel().0).is_ok());
    }
    // A batch holds one of them.
    assert_eq!(next(&queue), ["busy0"]);
    assert!(queue.push(large("busy", 4), oneshot::channel().0).is_ok());
    assert!(queue.push(append("busy", "more", None), oneshot::channel().0).is_err());
    while !next(&queue).is_empty() {}
    let lanes = queue.lock();
    assert!(lanes.appends == 0 && lanes.bytes == 0 && lanes.bytes_of.is_empty());
}

/// Each of them within its own bound; whoever comes then is refused, until a batch has made room.
#[test]
fn all_tenants_together_cannot_overfill_the_queue() {
    const TENANTS: usize = 2 * MAX_WAITING / MAX_WAITING_OF_TENANT;
    let queue = queue((0..MAX_WAITING).map(|number| append(&format!("tenant{}", number % TENANTS), &format!("{number}"), None)).collect());
    let another = || queue.push(append("another", "more", None), oneshot::channel().0);
    assert_eq!(another(), Err(AppendError::Overloaded { retry_after: RETRY_AFTER }));
    assert_eq!(next(&queue).len(), BATCH_APPENDS);
    assert!(another().is_ok());
}

#[test]
fn all_tenants_together_cannot_overfill_the_queue_with_bytes() {
    let quarter = |number: usize| {
        let mut prepared = append(&format!("tenant{number}"), &format!("{number}"), None);
        prepared.bytes = MAX_WAITING_BYTES / 4;
        prepared
    };
    let queue = queue((0..4).map(quarter).collect());
    let another = || queue.push(append("another", "more", None), oneshot::channel().0);
    assert_eq!(another(), Err(AppendError::Overloaded { retry_after: RETRY_AFTER }));
    // A batch holds one of them.
    assert_eq!(next(&queue), ["0"]);
    assert!(another().is_ok());
}

#[tokio::test]
async fn a_closed_queue_is_emptied_first() {
    let queue = queue(vec![append("a", "s", None)]);
    queue.close();
    assert!(queue.push(append("a", "t", None), oneshot::channel().0).is_err());
    let ask = Ask { at_least: 5, half: false };
    assert_eq!(queue.batch(ask).await.map(|batch| batch.len()), Some(1));
    assert!(queue.batch(ask).await.is_none());
}

#[tokio::test]
async fn half_stays_for_the_next_batch_which_waits_for_enough() {
    let queue = queue((0..5).map(|number| append("a", &format!("{number}"), None)).collect());
    let sizes = async |ask| queue.batch(ask).await.map(|batch| batch.len());
    assert_eq!(sizes(Ask { at_least: 1, half: true }).await, Some(3));
    let mut more = std::pin::pin!(sizes(Ask { at_least: 3, half: false }));
    assert!(futures::poll!(&mut more).is_pending());
    assert!(queue.push(append("a", "late", None), oneshot::channel().0).is_ok());
    assert_eq!(more.await, Some(3));
}
