use std::sync::atomic::{AtomicUsize, Ordering};

use uuid::Uuid;

use super::*;
use crate::envelope::{Actor, CommandId};

/// A database that misbehaves on its first calls.
struct Faulty {
    calls: AtomicUsize,
    fault: fn(usize) -> Option<WriteFailed>,
}

#[async_trait]
impl Writer for Faulty {
    async fn write(&self, batch: &[&Prepared], _: Head) -> Result<Vec<Result<Appended, AppendError>>, WriteFailed> {
        match (self.fault)(self.calls.fetch_add(1, Ordering::SeqCst)) {
            Some(failed) => Err(failed),
            None => Ok(batch.iter().map(|prepared| Ok(done(prepared))).collect()),
        }
    }
    async fn sweep(&self) -> Result<bool, String> {
        Ok(false)
    }
}

fn done(prepared: &Prepared) -> Appended {
    Appended { epoch: prepared.epoch, position: 1, versions: Vec::new(), time: 0, repeated: false, answer: None }
}

fn group(fault: fn(usize) -> Option<WriteFailed>) -> Group {
    Group::start(Arc::new(Faulty { calls: AtomicUsize::new(0), fault }), Epoch(Uuid::nil()), 0)
}

fn command() -> Append {
    Append {
        command_id: CommandId(Uuid::now_v7()),
        fingerprint: None,
        fence: None,
        actor: Actor::system("test"),
        correlation_id: Uuid::nil(),
        causation_id: None,
        client_address: None,
        parts: Vec::new(),
        guards: Vec::new(),
        vault: Vec::new(),
        answer: None,
    }
}

#[tokio::test]
async fn a_lost_connection_is_tried_again() {
    let group = group(|call| (call < 2).then(|| WriteFailed::Lost("gone".into())));
    assert!(group.append(command()).await.is_ok());
    assert_eq!(*group.watch().borrow(), 1);
}

/// Whatever the last attempt says of itself.
#[tokio::test]
async fn what_may_have_been_written_once_stays_unknown() {
    let group = group(|call| Some(if call == 0 { WriteFailed::Lost("gone".into()) } else { WriteFailed::Busy("disk full".into()) }));
    let sent = command();
    let id = sent.command_id;
    assert_eq!(group.append(sent).await, Err(AppendError::Unknown(id)));
}

#[tokio::test]
async fn a_panic_leaves_the_outcome_unknown_and_the_journal_working() {
    let group = group(|call| if call == 0 { panic!("once") } else { None });
    let first = command();
    let id = first.command_id;
    assert_eq!(group.append(first).await, Err(AppendError::Unknown(id)));
    assert!(group.append(command()).await.is_ok());
}

#[tokio::test]
async fn a_timeout_is_not_an_unknown_outcome() {
    let group = group(|call| (call == 0).then(|| WriteFailed::Busy("lock timeout".into())));
    assert_eq!(group.append(command()).await, Err(AppendError::Unavailable("lock timeout".into())));
}

#[tokio::test]
async fn a_new_epoch_is_told_and_taken_over() {
    let group = group(|call| (call == 0).then(|| WriteFailed::Epoch(Epoch(Uuid::max()))));
    assert_eq!(group.append(command()).await, Err(AppendError::EpochChanged(Epoch(Uuid::max()))));
    assert_eq!(group.append(command()).await.map(|done| done.epoch), Ok(Epoch(Uuid::max())));
}

/// Nothing more is sent to a database that lacks what was there.
#[tokio::test]
async fn after_a_set_back_nothing_is_written() {
    let group = group(|call| (call == 0).then(|| WriteFailed::SetBack("it was set back".into())));
    for _ in 0..2 {
        assert_eq!(group.append(command()).await, Err(AppendError::Unavailable("it was set back".into())));
    }
}

#[test]
fn only_an_earlier_end_of_the_same_epoch_is_a_set_back() {
    let at = |epoch: u128, position| Head { epoch: Epoch(Uuid::from_u128(epoch)), position };
    assert!(at(1, 6).set_back(at(1, 7)).expect("why").contains("opensail new-epoch"));
    for (now, seen) in [(at(1, 7), at(1, 7)), (at(1, 8), at(1, 7)), (at(2, 3), at(1, 7))] {
        assert_eq!(now.set_back(seen), None);
    }
}
