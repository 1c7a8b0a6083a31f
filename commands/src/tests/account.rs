//! Registering, signing in, refreshing, signing out.

use std::sync::atomic::Ordering;

use opensail_domain::kernel::RejectionKind;
use opensail_eventstore::Journal;

use super::world::{PASSWORD, World, code};
use crate::account::{ACCOUNT_LIMIT, ChangePassword, RegisterAccount, SignIn};
use crate::{Caller, CommandError, Registration};

fn wish(email: &str) -> RegisterAccount {
    RegisterAccount { email: email.into(), password: PASSWORD.into(), name: "Ada Lovelace".into(), invitation: None }
}

fn credentials(email: &str, password: &str) -> SignIn {
    SignIn { email: email.into(), password: password.into() }
}

#[tokio::test]
async fn one_address_makes_one_account() {
    let world = World::new().await;
    let caller = Caller::anonymous();
    let (one, two) = tokio::join!(
        world.a.register_account(&caller, wish("ada@example.org")),
        world.b.register_account(&caller, wish(" ADA@example.org"))
    );
    let refused = if one.is_ok() { two } else { one };
    assert_eq!(code(refused), "email_taken");
    assert_eq!(world.count("account.registered").await, 1);
}

#[tokio::test]
async fn the_policy_holds() {
    for (policy, expected) in [(Registration::Invite, "registration_invite"), (Registration::Closed, "registration_closed")] {
        let world = World::with(|settings| settings.registration = policy).await;
        assert_eq!(code(world.a.register_account(&Caller::anonymous(), wish("ada@example.org")).await), expected);
    }
}

#[tokio::test]
async fn nothing_private_lies_open_in_the_journal() {
    let world = World::new().await;
    let caller = Caller::anonymous().from_address(Some("203.0.113.77".into()));
    let ada = world.a.register_account(&caller, wish("ada@example.org")).await.expect("done").answer.account_id;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    world.session(ada, project).await;
    let events = world.events().await;
    let text = format!("{events:?}");
    for secret in ["ada@example.org", "Lovelace", "203.0.113.77", PASSWORD, "secret garden"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(events[0].client_address.as_deref().is_some_and(|address| address.starts_with("{\"$p\":{")));
    assert_eq!(events[0].actor.id, ada.to_string());
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_alike() {
    let world = World::new().await;
    world.register("ada@example.org").await;
    for (email, password) in [("ada@example.org", "wrong"), ("eve@example.org", PASSWORD), ("ada@example.org", &"x".repeat(100))] {
        let before = world.passwords.verified.load(Ordering::SeqCst);
        assert_eq!(code(world.a.sign_in(&Caller::anonymous(), credentials(email, password)).await), "bad_credentials");
        assert_eq!(world.passwords.verified.load(Ordering::SeqCst), before + 1);
    }
    let signed_in = world.a.sign_in(&Caller::anonymous(), credentials("Ada@Example.org", PASSWORD)).await.expect("done").answer;
    assert!(world.b.session_valid(signed_in.account_id, signed_in.family).await.expect("told"));
}

#[tokio::test]
async fn guessing_becomes_slow_and_success_forgives() {
    let world = World::new().await;
    world.register("ada@example.org").await;
    let try_it = async |password: &str| world.a.sign_in(&Caller::anonymous(), credentials("ada@example.org", password)).await;
    for _ in 0..ACCOUNT_LIMIT {
        assert_eq!(code(try_it("wrong").await), "bad_credentials");
    }
    // Even the right one has to wait.
    for wait in [1, 2, 4] {
        match try_it(PASSWORD).await {
            Err(CommandError::Rejected(info)) => assert_eq!(info.kind, RejectionKind::Limit { retry_after: Some(wait) }),
            other => panic!("{other:?}"),
        }
        world.clock.advance(i64::try_from(wait).expect("small"));
        assert_eq!(code(try_it("wrong").await), "bad_credentials");
    }
    world.clock.advance(8);
    try_it(PASSWORD).await.expect("done");
    assert_eq!(code(try_it("wrong").await), "bad_credentials");
    try_it(PASSWORD).await.expect("done");
}

#[tokio::test]
async fn many_guesses_at_once_are_counted_too() {
    let world = World::new().await;
    world.register("ada@example.org").await;
    let caller = Caller::anonymous();
    let guesses = (0..30).map(|_| world.a.sign_in(&caller, credentials("ada@example.org", "wrong")));
    let outcomes = futures::future::join_all(guesses).await;
    let looked_at = outcomes.into_iter().filter(|outcome| matches!(outcome, Err(CommandError::Unauthenticated { .. }))).count();
    assert!(looked_at <= ACCOUNT_LIMIT as usize, "{looked_at}");
}

#[tokio::test]
async fn refresh_rotates_replays_and_revokes() {
    let world = World::new().await;
    let first = world.register("ada@example.org").await;
    let caller = Caller::anonymous();
    let second = world.a.refresh(&caller, &first.refresh_token).await.expect("rotated");
    assert_ne!(second.refresh_token, first.refresh_token);
    // The answer was lost on the way: the same one again.
    assert_eq!(world.b.refresh(&caller, &first.refresh_token).await, Ok(second.clone()));
    let third = world.b.refresh(&caller, &second.refresh_token).await.expect("rotated");
    // A token two generations old was stolen.
    assert_eq!(code(world.a.refresh(&caller, &first.refresh_token).await), "refresh_reused");
    assert_eq!(code(world.a.refresh(&caller, &third.refresh_token).await), "session_ended");
    assert!(!world.b.session_valid(first.account_id, first.family).await.expect("told"));
    assert_eq!(world.count("account.refresh_reused").await, 1);
}

#[tokio::test]
async fn the_last_token_may_come_again_for_a_short_while_only() {
    let world = World::new().await;
    let first = world.register("ada@example.org").await;
    world.a.refresh(&Caller::anonymous(), &first.refresh_token).await.expect("rotated");
    world.clock.advance(31);
    assert_eq!(code(world.a.refresh(&Caller::anonymous(), &first.refresh_token).await), "refresh_reused");
}

#[tokio::test]
async fn two_refreshes_at_once_get_the_same_token() {
    let world = World::new().await;
    let first = world.register("ada@example.org").await;
    let caller = Caller::anonymous();
    let (one, two) = tokio::join!(world.a.refresh(&caller, &first.refresh_token), world.b.refresh(&caller, &first.refresh_token));
    assert_eq!(one.expect("rotated"), two.expect("rotated"));
}

#[tokio::test]
async fn a_forged_token_ends_nothing() {
    let world = World::new().await;
    let first = world.register("ada@example.org").await;
    let (head, _) = first.refresh_token.rsplit_once('.').expect("three words");
    for forged in [format!("{head}.AAAA"), head.replace(".1", ".0") + ".AAAA", "x.y.z".into(), String::new()] {
        assert_eq!(code(world.a.refresh(&Caller::anonymous(), &forged).await), "session_ended");
    }
    world.a.refresh(&Caller::anonymous(), &first.refresh_token).await.expect("rotated");
}

#[tokio::test]
async fn a_family_slides_and_ends() {
    let world = World::new().await;
    let mut token = world.register("ada@example.org").await.refresh_token;
    for _ in 0..3 {
        world.clock.advance(13 * 24 * 3600);
        token = world.a.refresh(&Caller::anonymous(), &token).await.expect("rotated").refresh_token;
    }
    world.clock.advance(14 * 24 * 3600);
    assert_eq!(code(world.a.refresh(&Caller::anonymous(), &token).await), "session_ended");
}

#[tokio::test]
async fn a_link_is_used_once_and_in_time() {
    let world = World::new().await;
    let owner = world.a.ensure_desktop_owner("Ada L").await.expect("made");
    assert_eq!(world.b.ensure_desktop_owner("Ada L").await, Ok(owner));
    let system = Caller::system("test");
    let link = world.a.create_sign_in_link(&system, owner.account_id).await.expect("made");
    let caller = Caller::anonymous();
    let (one, two) = tokio::join!(world.a.sign_in_by_link(&caller, &link.token), world.b.sign_in_by_link(&caller, &link.token));
    assert_eq!([&one, &two].iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let signed_in = one.or(two).expect("one of them").answer;
    assert!(signed_in.platform_admin);
    let late = world.a.create_sign_in_link(&system, owner.account_id).await.expect("made");
    world.clock.advance(15 * 60);
    assert_eq!(code(world.a.sign_in_by_link(&caller, &late.token).await), "bad_link");
    assert_eq!(world.a.create_sign_in_link(&Caller::person(owner.account_id), owner.account_id).await.err(), Some(CommandError::Forbidden));
}

#[tokio::test]
async fn signing_out_everywhere_counts_on_every_node() {
    let world = World::new().await;
    let one = world.register("ada@example.org").await;
    let two = world.b.sign_in(&Caller::anonymous(), credentials("ada@example.org", PASSWORD)).await.expect("done").answer;
    let caller = Caller::person(one.account_id);
    world.a.sign_out(&caller, one.family).await.expect("done");
    assert_eq!(world.b.session_valid(one.account_id, one.family).await, Ok(false));
    assert_eq!(world.b.session_valid(one.account_id, two.family).await, Ok(true));
    world.a.sign_out_everywhere(&caller).await.expect("done");
    assert_eq!(world.b.session_valid(one.account_id, two.family).await, Ok(false));
    assert_eq!(code(world.b.refresh(&Caller::anonymous(), &two.refresh_token).await), "session_ended");
}

#[tokio::test]
async fn a_new_password_ends_the_other_browsers() {
    let world = World::new().await;
    let here = world.register("ada@example.org").await;
    let other = world.b.sign_in(&Caller::anonymous(), credentials("ada@example.org", PASSWORD)).await.expect("done").answer;
    let caller = Caller::person(here.account_id);
    let change = |current: Option<&str>| ChangePassword {
        family: Some(here.family),
        current_password: current.map(Into::into),
        new_password: "battery staple".into(),
    };
    assert_eq!(code(world.a.change_password(&caller, change(None)).await), "password_required");
    assert_eq!(code(world.a.change_password(&caller, change(Some("wrong"))).await), "wrong_password");
    world.a.change_password(&caller, change(Some(PASSWORD))).await.expect("done");
    assert_eq!(world.b.session_valid(here.account_id, here.family).await, Ok(true));
    assert_eq!(world.b.session_valid(here.account_id, other.family).await, Ok(false));
    assert_eq!(code(world.a.sign_in(&Caller::anonymous(), credentials("ada@example.org", PASSWORD)).await), "bad_credentials");
    world.a.sign_in(&Caller::anonymous(), credentials("ada@example.org", "battery staple")).await.expect("done");
    // By link the old one is not asked for, as long as that is fresh.
    let link = world.a.create_sign_in_link(&Caller::system("test"), here.account_id).await.expect("made");
    let by_link = world.a.sign_in_by_link(&Caller::anonymous(), &link.token).await.expect("done").answer;
    let change = ChangePassword { family: Some(by_link.family), current_password: None, new_password: PASSWORD.into() };
    world.a.change_password(&caller, change.clone()).await.expect("done");
    world.clock.advance(15 * 60 + 1);
    assert_eq!(code(world.a.change_password(&caller, change).await), "password_required");
}

#[tokio::test]
async fn the_first_admin_is_made_once() {
    let world = World::new().await;
    let made = world.a.ensure_platform_admin("root@example.org", PASSWORD.into()).await.expect("made").expect("an account");
    assert!(world.a.platform_admin(made).await.expect("told"));
    assert_eq!(world.b.ensure_platform_admin("other@example.org", PASSWORD.into()).await, Ok(None));
}

#[tokio::test]
async fn a_token_stands_for_its_owner_until_it_is_revoked() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let token = world.a.create_token(&Caller::system("test"), ada, "cli").await.expect("made");
    assert!(token.starts_with("osk_"));
    let owner = world.b.verify_token(&token).await.expect("told").expect("known");
    assert_eq!((owner.account_id, owner.caller().account), (ada, Some(ada)));
    assert_eq!(world.b.verify_token("osk_other").await, Ok(None));
    world.a.revoke_token(&token).await.expect("done");
    assert_eq!(world.b.verify_token(&token).await, Ok(None));
    assert!(world.store.head().await.is_ok());
}

/// What was written before lies in the future then: nobody is shut out for that, nothing lives longer than it should by much.
#[tokio::test]
async fn a_clock_set_back_shuts_nobody_out() {
    let world = World::new().await;
    let caller = Caller::anonymous().from_address(Some("192.0.2.1".into()));
    let signed_in = world.register("ada@example.org").await;
    for _ in 0..3 {
        assert_eq!(code(world.a.sign_in(&caller, credentials("ada@example.org", "wrong")).await), "bad_credentials");
    }
    world.clock.advance(-2 * 24 * 3600);
    assert_eq!(world.b.session_valid(signed_in.account_id, signed_in.family).await, Ok(true));
    world.b.refresh(&caller, &signed_in.refresh_token).await.expect("refreshed");
    assert_eq!(code(world.a.sign_in(&caller, credentials("ada@example.org", "wrong")).await), "bad_credentials");
    world.b.sign_in(&caller, credentials("ada@example.org", PASSWORD)).await.expect("signed in");
}
