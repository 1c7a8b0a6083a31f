//! Leases and the fence inside the append.

use std::time::Duration;

use super::{Subject, append, one, part};
use crate::append::{Append, AppendError};
use crate::lease::LeaseError;

const LONG: Duration = Duration::from_secs(600);

fn held(holder: &str) -> LeaseError {
    LeaseError::Held { resource: "r".into(), holder: holder.into() }
}

pub async fn a_lease_has_one_holder(subject: &dyn Subject) {
    let leases = subject.leases();
    let tries = (0..16).map(|number| {
        let leases = leases.clone();
        async move { leases.acquire("r", &format!("node-{number}"), LONG).await }
    });
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let another = subject.another().await;
    assert!(matches!(another.leases().acquire("r", "other", LONG).await, Err(LeaseError::Held { .. })));
    assert!(leases.acquire("another", "other", LONG).await.is_ok());
}

pub async fn tokens_grow_for_ever(subject: &dyn Subject) {
    let leases = subject.leases();
    let mut last = 0;
    for _ in 0..5 {
        let lease = leases.acquire("r", "me", LONG).await.expect("acquired");
        assert!(lease.token > last);
        last = lease.token;
        leases.release(&lease).await.expect("released");
        leases.release(&lease).await.expect("released twice is harmless");
    }
}

pub async fn a_fence_keeps_a_ghost_out(subject: &dyn Subject) {
    let (leases, journal) = (subject.leases(), subject.journal());
    let ghost = leases.acquire("r", "ghost", LONG).await.expect("acquired");
    let fenced = |fence, stream: &str| Append { fence: Some(fence), ..one(stream) };
    journal.append(fenced(ghost.fence(), "a")).await.expect("appended");
    leases.void_others("heir").await.expect("voided");
    let refused = Err(AppendError::Fenced { resource: "r".into(), token: ghost.token });
    assert_eq!(journal.append(fenced(ghost.fence(), "b")).await, refused);
    let heir = leases.acquire("r", "heir", LONG).await.expect("acquired");
    assert_eq!(journal.append(fenced(ghost.fence(), "b")).await, refused);
    journal.append(fenced(heir.fence(), "b")).await.expect("appended");
    // Fenced before stale: a ghost learns that it is one.
    let stale = Append { fence: Some(ghost.fence()), ..append(vec![part("b", 0, 1)]) };
    assert_eq!(journal.append(stale).await, refused);
}

pub async fn an_expired_lease_is_free(subject: &dyn Subject) {
    let leases = subject.leases();
    let old = leases.acquire("r", "old", Duration::ZERO).await.expect("acquired");
    let new = leases.acquire("r", "new", LONG).await.expect("acquired");
    assert!(new.token > old.token);
    assert_eq!(leases.renew(&old, LONG).await, Err(held("new")));
}

pub async fn others_are_voided(subject: &dyn Subject) {
    let leases = subject.leases();
    let mine = leases.acquire("mine", "me", LONG).await.expect("acquired");
    leases.acquire("r", "older boot", LONG).await.expect("acquired");
    leases.void_others("me").await.expect("voided");
    leases.acquire("r", "me", LONG).await.expect("acquired");
    leases.renew(&mine, LONG).await.expect("still held");
}

pub async fn a_lost_lease_is_not_renewed(subject: &dyn Subject) {
    let leases = subject.leases();
    let lease = leases.acquire("r", "me", LONG).await.expect("acquired");
    let renewed = leases.renew(&lease, LONG * 2).await.expect("renewed");
    assert!(renewed.expires > lease.expires && renewed.token == lease.token);
    leases.release(&renewed).await.expect("released");
    assert_eq!(leases.renew(&renewed, LONG).await, Err(held("nobody")));
    // The same holder again: a new token, and the old one stays lost.
    leases.acquire("r", "me", LONG).await.expect("acquired");
    assert_eq!(leases.renew(&renewed, LONG).await, Err(held("me")));
    leases.release(&renewed).await.expect("harmless");
    assert_eq!(leases.acquire("r", "other", LONG).await, Err(held("me")));
}
