//! Many appends in one commit: each answered for itself.

use std::collections::BTreeSet;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::{Subject, append, event, everything, one, part, together};
use crate::append::{Append, AppendError, BATCH_APPENDS, Guard, MAX_WAITING_OF_TENANT, Part};
use crate::envelope::StreamId;

pub async fn one_bad_append_fails_alone(subject: &dyn Subject) {
    for statement in subject.poison().split(";;") {
        subject.sql(statement).await.expect("a database that refuses test.poison");
    }
    let journal = subject.journal();
    let mut appends: Vec<_> = (0..40).map(|number| one(&format!("{number}"))).collect();
    let mut poison = event("{}");
    poison.event_type = "test.poison".into();
    appends[20] = append(vec![part("beside", 0, 1), Part { events: vec![poison], ..part("poison", 0, 1) }]);
    let answers = together(&journal, appends).await;
    for (number, answer) in answers.iter().enumerate() {
        match number {
            20 => assert!(matches!(answer, Err(AppendError::Invalid(_))), "{answer:?}"),
            _ => assert!(answer.is_ok(), "{answer:?}"),
        }
    }
    assert_eq!(everything(&*journal).await.len(), 39);
    assert_eq!(journal.stream_version(&StreamId::new("test", "beside")).await, Ok(0));
}

pub async fn a_conflict_answers_only_its_caller(subject: &dyn Subject) {
    let journal = subject.journal();
    let appends = (0..60).map(|number| append(vec![part(&format!("{number}"), u64::from(number % 3 == 0), 1)])).collect();
    let answers = together(&journal, appends).await;
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_err(), number % 3 == 0, "{number}: {answer:?}");
    }
    let positions: BTreeSet<_> = answers.iter().flatten().map(|done| done.position).collect();
    assert_eq!(positions, (1..=40).collect());
    for done in answers.iter().flatten() {
        let event = journal.read_at(&[done.position]).await.expect("read").remove(0);
        assert_eq!(event.stream, done.versions[0].0);
    }
}

pub async fn a_guard_waits_for_the_write_it_rests_on(subject: &dyn Subject) {
    let journal = subject.journal();
    for round in 0..20u64 {
        let writes = append(vec![part("role", round, 1)]);
        let stream = StreamId::new("test", "role");
        let rests = Append { guards: vec![Guard { stream, version: round }], ..one(&format!("rests{round}")) };
        let answers = together(&journal, vec![writes.clone(), rests.clone()]).await;
        let written = answers[0].as_ref().expect("appended").position;
        // Either it came first, or it was refused; never after the role had changed.
        match &answers[1] {
            Ok(done) => assert!(done.position < written),
            Err(error) => assert!(matches!(error, AppendError::Conflict { .. }), "{error}"),
        }
    }
}

pub async fn one_tenant_does_not_hold_up_another(subject: &dyn Subject) {
    let journal = subject.journal();
    let mut appends: Vec<_> = (0..MAX_WAITING_OF_TENANT).map(|number| one(&format!("busy{number}"))).collect();
    let mut quiet = one("quiet");
    quiet.parts[0].tenant = "team-quiet".into();
    appends.push(quiet);
    let answers = futures::future::join_all(appends.into_iter().map(|append| journal.append(append))).await;
    let quiet = answers.last().and_then(|answer| answer.as_ref().ok()).expect("appended").position;
    // It arrived last and is written with one of the first batches.
    assert!(quiet < MAX_WAITING_OF_TENANT as u64, "at {quiet}");
}

/// While the writer is held up, two batches are under way at most and the queue fills behind it: who comes then is told at once when to
/// ask again and leaves nothing behind, and everybody before is written.
pub async fn a_full_queue_is_refused(subject: &dyn Subject) {
    const TOO_MANY: usize = 64;
    let journal = subject.journal();
    let held = subject.hold_the_writer().await;
    let all: Vec<_> = (0..2 * BATCH_APPENDS + MAX_WAITING_OF_TENANT + TOO_MANY).map(|number| one(&format!("s{number}"))).collect();
    let ask = async |number: usize| (number, journal.append(all[number].clone()).await);
    let mut answers: FuturesUnordered<_> = (0..all.len()).map(ask).collect();
    let mut refused = BTreeSet::new();
    for _ in 0..TOO_MANY {
        // Nobody else can have been answered: the writer is held.
        match answers.next().await.expect("an answer") {
            (number, Err(AppendError::Overloaded { retry_after })) => {
                assert!(!retry_after.is_zero());
                assert!(refused.insert(number));
            }
            (number, other) => panic!("{number}: {other:?}"),
        }
    }
    // Another tenant's queue is not full.
    let mut quiet = one("quiet");
    quiet.parts[0].tenant = "team-quiet".into();
    let quiet = {
        let journal = journal.clone();
        tokio::spawn(async move { journal.append(quiet).await })
    };
    held.release().await;
    let mut written = BTreeSet::new();
    while let Some((number, answer)) = answers.next().await {
        match answer {
            Ok(_) => assert!(written.insert(number)),
            Err(AppendError::Overloaded { .. }) => assert!(refused.insert(number)),
            Err(error) => panic!("{number}: {error}"),
        }
    }
    quiet.await.expect("no panic").expect("appended");
    assert!(written.len() >= MAX_WAITING_OF_TENANT, "only {} were taken", written.len());
    let found: BTreeSet<_> = everything(&*journal).await.into_iter().map(|event| event.stream.id().to_owned()).collect();
    let expected = written.iter().map(|number| format!("s{number}")).chain(["quiet".into()]).collect();
    assert_eq!(found, expected, "all who were taken are written, and nobody else");
    // Asked again later, a refused append is as good as new.
    for number in refused {
        assert!(!journal.append(all[number].clone()).await.expect("appended").repeated);
    }
    assert_eq!(everything(&*journal).await.len(), all.len() + 1);
}
