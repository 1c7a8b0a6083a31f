//! Positions, versions, commands, guards, and what is kept.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Subject, append, event, everything, one, part, together};
use crate::append::{AppendError, Guard, content_hash};
use crate::append::{MAX_EVENTS, MAX_PAYLOAD_BYTES};
use crate::envelope::{Actor, ActorKind, NewEvent, StreamId};
use crate::journal::{Filter, Journal};

async fn assert_dense(journal: &dyn Journal, count: usize) {
    let events = everything(journal).await;
    assert_eq!(events.len(), count);
    let mut versions: BTreeMap<&StreamId, u64> = BTreeMap::new();
    let mut tenants: BTreeMap<&str, u64> = BTreeMap::new();
    for (event, position) in events.iter().zip(1..) {
        assert_eq!(event.position, position);
        let version = versions.entry(&event.stream).or_default();
        *version += 1;
        assert_eq!(event.stream_version, *version, "{}", event.stream);
        let tenant = tenants.entry(&event.tenant).or_default();
        *tenant += 1;
        assert_eq!(event.tenant_position, *tenant, "{}", event.tenant);
    }
}

pub async fn positions_are_dense_under_64_writers(subject: &dyn Subject) {
    let journal = subject.journal();
    let writers: Vec<_> = (0..64)
        .map(|writer| {
            let journal = journal.clone();
            tokio::spawn(async move {
                for turn in 0..5 {
                    let mut part = part(&format!("{writer}"), turn * 2, 2);
                    part.tenant = format!("team-{}", writer % 5);
                    let done = journal.append(append(vec![part])).await.expect("appended");
                    assert_eq!(done.versions[0].1, turn * 2 + 2);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    assert_dense(&*journal, 64 * 5 * 2).await;
}

pub async fn two_processes_share_one_order(subject: &dyn Subject) {
    let another = subject.another().await;
    let (ours, journal) = (subject.journal(), another.journal());
    let here = together(&ours, (0..100).map(|n| one(&format!("here{n}"))).collect());
    let there = together(&journal, (0..100).map(|n| one(&format!("there{n}"))).collect());
    let (here, there) = tokio::join!(here, there);
    assert!(here.into_iter().chain(there).all(|answer| answer.is_ok()));
    assert_dense(&*journal, 200).await;
}

pub async fn tenants_count_on_their_own(subject: &dyn Subject) {
    let journal = subject.journal();
    let mut first = part("a", 0, 2);
    first.tenant = "team-a".into();
    let mut second = part("b", 0, 3);
    second.tenant = "team-b".into();
    journal.append(append(vec![first.clone(), second])).await.expect("appended");
    first.expected = 2;
    first.events = vec![event("{}")];
    journal.append(append(vec![first])).await.expect("appended");
    let filter = Filter { tenants: vec!["team-a".into()], ..Filter::default() };
    let page = journal.read_all(0, 10, &filter).await.expect("a page");
    let places: Vec<_> = page.events.iter().map(|event| (event.position, event.tenant_position)).collect();
    assert_eq!(places, [(1, 1), (2, 2), (6, 3)]);
}

pub async fn several_streams_are_atomic(subject: &dyn Subject) {
    let journal = subject.journal();
    let done = journal.append(append(vec![part("a", 0, 2), part("b", 0, 1)])).await.expect("appended");
    assert_eq!(done.versions, [(StreamId::new("test", "a"), 2), (StreamId::new("test", "b"), 1)]);
    assert_eq!(done.position, 3);
    let refused = journal.append(append(vec![part("a", 2, 1), part("b", 0, 1)])).await;
    assert_eq!(refused, Err(AppendError::Conflict { stream: StreamId::new("test", "b"), expected: 0, actual: 1 }));
    assert_eq!(journal.stream_version(&StreamId::new("test", "a")).await, Ok(2));
    assert_dense(&*journal, 3).await;
}

pub async fn a_stale_version_conflicts(subject: &dyn Subject) {
    let journal = subject.journal();
    journal.append(append(vec![part("a", 0, 3)])).await.expect("appended");
    let stale = journal.append(append(vec![part("a", 2, 1)])).await;
    assert_eq!(stale, Err(AppendError::Conflict { stream: StreamId::new("test", "a"), expected: 2, actual: 3 }));
    let ahead = journal.append(append(vec![part("a", 9, 1)])).await;
    assert_eq!(ahead, Err(AppendError::Conflict { stream: StreamId::new("test", "a"), expected: 9, actual: 3 }));
    let racing = together(&journal, (0..20).map(|_| append(vec![part("a", 3, 1)])).collect()).await;
    assert_eq!(racing.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_dense(&*journal, 4).await;
}

pub async fn a_new_stream_must_not_exist(subject: &dyn Subject) {
    let journal = subject.journal();
    let racing = together(&journal, (0..20).map(|_| one("slug")).collect()).await;
    assert_eq!(racing.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(
        racing
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .all(|error| matches!(error, AppendError::Conflict { expected: 0, actual: 1, .. }))
    );
}

pub async fn guards_are_checked(subject: &dyn Subject) {
    let journal = subject.journal();
    journal.append(append(vec![part("role", 0, 2)])).await.expect("appended");
    let guard = |version| vec![Guard { stream: StreamId::new("test", "role"), version }];
    let stale = crate::append::Append { guards: guard(1), ..one("a") };
    assert_eq!(journal.append(stale).await, Err(AppendError::Conflict { stream: StreamId::new("test", "role"), expected: 1, actual: 2 }));
    journal.append(crate::append::Append { guards: guard(2), ..one("a") }).await.expect("appended");
    let absent = crate::append::Append { guards: vec![Guard { stream: StreamId::new("test", "none"), version: 0 }], ..one("b") };
    journal.append(absent).await.expect("appended");
    assert_dense(&*journal, 4).await;
}

/// However much a store remembers of what it wrote, what others wrote behind its back counts.
pub async fn what_another_process_wrote_counts(subject: &dyn Subject) {
    let (journal, another) = (subject.journal(), subject.another().await.journal());
    let stream = || StreamId::new("test", "role");
    let conflict = |expected, actual| Err(AppendError::Conflict { stream: stream(), expected, actual });
    let guarded = |name: &str, version| crate::append::Append { guards: vec![Guard { stream: stream(), version }], ..one(name) };
    journal.append(append(vec![part("role", 0, 1)])).await.expect("appended");
    another.append(append(vec![part("role", 1, 1)])).await.expect("appended");
    assert_eq!(journal.append(guarded("a", 1)).await, conflict(1, 2));
    journal.append(guarded("a", 2)).await.expect("appended");
    another.append(append(vec![part("role", 2, 1)])).await.expect("appended");
    // Also when something else was written in between, so that the journal's end is ours again: what was written first is what we last knew.
    journal.append(one("b")).await.expect("appended");
    assert_eq!(journal.append(guarded("c", 1)).await, conflict(1, 3));
    assert_eq!(journal.append(guarded("c", 2)).await, conflict(2, 3));
    assert_eq!(journal.append(append(vec![part("role", 2, 1)])).await, conflict(2, 3));
    assert_eq!(journal.append(append(vec![part("role", 4, 1)])).await, conflict(4, 3));
    assert_eq!(journal.append(append(vec![part("role", 0, 1)])).await, conflict(0, 3));
    journal.append(append(vec![part("role", 3, 1)])).await.expect("appended");
    assert_eq!(another.append(guarded("c", 3)).await, conflict(3, 4));
    assert_dense(&*journal, 6).await;
}

pub async fn a_repeated_command_answers_with_the_first_result(subject: &dyn Subject) {
    let journal = subject.journal();
    let command = crate::append::Append { answer: Some("new-id".into()), fingerprint: Some([7; 32]), ..one("a") };
    let first = journal.append(command.clone()).await.expect("appended");
    assert!(!first.repeated);
    journal.append(append(vec![part("a", 1, 1)])).await.expect("appended");
    let expected = crate::append::Appended { repeated: true, ..first.clone() };
    // Its expected version is stale by now; the repeated command comes first.
    assert_eq!(journal.append(command.clone()).await, Ok(expected.clone()));
    let another = subject.another().await.journal();
    assert_eq!(another.append(command.clone()).await, Ok(expected.clone()));
    let later = append(vec![part("a", 2, 1)]);
    let first = journal.append(later.clone()).await.expect("appended");
    journal.append(append(vec![part("a", 3, 1)])).await.expect("appended");
    assert_eq!(journal.append(later).await, Ok(crate::append::Appended { repeated: true, ..first }));
    assert_eq!(journal.command(command.command_id).await, Ok(Some((expected, Some([7; 32])))));
    let racing = crate::append::Append { fingerprint: None, ..one("b") };
    let answers = together(&journal, vec![racing; 20]).await;
    assert_eq!(answers.iter().filter(|answer| answer.as_ref().is_ok_and(|done| !done.repeated)).count(), 1);
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|done| done.position == 5)));
    assert_dense(&*journal, 5).await;
}

pub async fn a_reused_command_is_told_apart(subject: &dyn Subject) {
    let journal = subject.journal();
    let command = crate::append::Append { fingerprint: Some([1; 32]), ..one("a") };
    journal.append(command.clone()).await.expect("appended");
    let reused = crate::append::Append { command_id: command.command_id, fingerprint: Some([2; 32]), ..one("b") };
    assert_eq!(journal.append(reused).await, Err(AppendError::Reused(command.command_id)));
    assert_dense(&*journal, 1).await;
}

pub async fn a_command_without_events_is_kept(subject: &dyn Subject) {
    let journal = subject.journal();
    journal.append(one("a")).await.expect("appended");
    let quiet = crate::append::Append { answer: Some("nothing to do".into()), ..append(Vec::new()) };
    let done = journal.append(quiet.clone()).await.expect("kept");
    assert_eq!((done.position, done.versions.len()), (1, 0));
    let again = journal.append(quiet).await.expect("known");
    assert!(again.repeated && again.answer.as_deref() == Some("nothing to do"));
    assert_dense(&*journal, 1).await;
}

pub async fn what_is_not_valid_is_refused(subject: &dyn Subject) {
    let journal = subject.journal();
    let with = |payload: String| append(vec![crate::append::Part { events: vec![event(&payload)], ..part("a", 0, 1) }]);
    let bad = [
        append(vec![part("a", 0, 1), part("a", 1, 1)]),
        append(vec![part("a", 0, 0)]),
        append(vec![part("a", 0, MAX_EVENTS + 1)]),
        append(vec![crate::append::Part { tenant: String::new(), ..part("a", 0, 1) }]),
        append(vec![crate::append::Part { stream: StreamId::from_stored("nodash".into()), ..part("a", 0, 1) }]),
        append(vec![crate::append::Part { tenant: "a\0b".into(), ..part("a", 0, 1) }]),
        with("{not json".into()),
        with("{\"a\":{\"$open\":{\"subject\":\"s\",\"value\":1}}}".into()),
        with(format!("\"{}\"", "x".repeat(MAX_PAYLOAD_BYTES))),
        with(format!("{}{}", "[".repeat(5000), "]".repeat(5000))),
    ];
    for append in bad {
        let answer = journal.append(append).await;
        assert!(matches!(answer, Err(AppendError::Invalid(_))), "{answer:?}");
    }
    assert_dense(&*journal, 0).await;
    journal.append(append(vec![part("a", 0, MAX_EVENTS)])).await.expect("as many as may be");
    assert_dense(&*journal, MAX_EVENTS).await;
}

pub async fn payloads_are_kept_byte_for_byte(subject: &dyn Subject) {
    let journal = subject.journal();
    let payloads = [
        r#"{"a":"\u0000","b":"\ud83d\ude00😀"}"#,
        r#"{"n":123456789012345678901234567890.12345678901234567890e-7,"u":18446744073709551615}"#,
        r#"{"a":1,"a":2}"#,
        "null",
        "\"\u{7f}\u{2028}'\\\"$1?\"",
    ];
    let part = crate::append::Part { events: payloads.iter().map(|payload| event(payload)).collect(), ..part("a", 0, 1) };
    journal.append(append(vec![part])).await.expect("appended");
    let read = journal.read_stream(&StreamId::new("test", "a"), 0, 10).await.expect("read");
    assert_eq!(read.iter().map(|event| event.payload.as_str()).collect::<Vec<_>>(), payloads);
}

pub async fn the_envelope_comes_back_whole(subject: &dyn Subject) {
    let journal = subject.journal();
    let new = NewEvent { event_id: Uuid::now_v7(), event_type: "test.named".into(), version: 3, payload: "{}".into() };
    let mut append = one("with-dashes-inside");
    append.parts[0].events = vec![new.clone()];
    append.actor = Actor { kind: ActorKind::Agent, id: "id".into(), name: "ünï".into() };
    append.causation_id = Some(Uuid::now_v7());
    append.client_address = Some("::1".into());
    let done = journal.append(append.clone()).await.expect("appended");
    let read = journal.read_at(&[1, 99]).await.expect("read").remove(0);
    assert_eq!((read.position, read.tenant_position, read.stream_version), (1, 1, 1));
    assert_eq!((read.epoch, read.time), (done.epoch, done.time));
    assert_eq!((&read.stream, &read.tenant, &read.project), (&append.parts[0].stream, &append.parts[0].tenant, &append.parts[0].project));
    assert_eq!((read.event_id, &read.event_type, read.version), (new.event_id, &new.event_type, 3));
    assert_eq!((&read.actor, read.command_id, read.correlation_id), (&append.actor, append.command_id, append.correlation_id));
    assert_eq!((read.causation_id, &read.client_address), (append.causation_id, &append.client_address));
    assert_eq!(read.content_hash, content_hash(done.epoch, &append, &append.parts[0], 1, &new));
}

pub async fn time_never_goes_back(subject: &dyn Subject) {
    let journal = subject.journal();
    let first = journal.append(one("a")).await.expect("appended");
    // An event of tomorrow, as if the clock had been set back since.
    let tomorrow = first.time + 86_400_000_000;
    let columns = "epoch, event_id, stream_type, event_type, version, tenant, project, actor_kind, actor_id, actor_name, \
        command_id, correlation_id, payload, content_hash";
    let copy = format!(
        "INSERT INTO {{events}} (position, tenant_position, stream_id, stream_version, time, {columns})
         SELECT 2, 2, 'tomorrow', 1, {tomorrow}, {columns} FROM {{events}} WHERE position = 1"
    );
    subject.sql(&copy).await.expect("written behind the journal's back");
    let next = journal.append(one("b")).await.expect("appended");
    assert_eq!((next.time, next.position), (tomorrow, 3));
}

pub async fn events_cannot_be_changed(subject: &dyn Subject) {
    let journal = subject.journal();
    journal.append(one("a")).await.expect("appended");
    let before = everything(&*journal).await;
    for statement in
        ["UPDATE {events} SET payload = '{}'", "DELETE FROM {events}", "DELETE FROM {epochs}", "{empty_events}", "{replace_event}"]
    {
        let refused = subject.sql(statement).await.expect_err(statement);
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
    assert_eq!(everything(&*journal).await, before);
}

pub async fn four_increments_give_four(subject: &dyn Subject) {
    let journal = subject.journal();
    let stream = StreamId::new("test", "counter");
    for version in 0..4 {
        journal.append(append(vec![part("counter", version, 1)])).await.expect("appended");
    }
    assert_eq!(journal.read_stream(&stream, 0, 100).await.expect("read").len(), 4);
    assert_eq!(journal.stream_version(&stream).await, Ok(4));
    assert_eq!(journal.stream_version(&StreamId::new("test", "none")).await, Ok(0));
    let rest = journal.read_stream(&stream, 2, 1).await.expect("read");
    assert_eq!(rest.iter().map(|event| event.stream_version).collect::<Vec<_>>(), [3]);
}
