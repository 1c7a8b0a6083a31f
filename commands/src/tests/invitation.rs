//! Invitations: made by admins, accepted once, by whom they are for, in time.

use opensail_domain::kernel::{AccountId, TeamId};
use opensail_domain::team::{INVITATION_LIFETIME, Role};

use super::world::{PASSWORD, World, code};
use crate::account::{RegisterAccount, SignedIn};
use crate::team::{CreateInvitation, DeleteTeam, RevokeInvitation};
use crate::{Caller, CommandError, Done, Permission, Registration};

async fn invite(world: &World, admin: AccountId, team_id: TeamId, email: Option<&str>) -> String {
    let invite = CreateInvitation { team_id, role: Role::Editor, email: email.map(Into::into) };
    let invited = world.a.execute(&Caller::person(admin), &invite).await.expect("invited").answer;
    world.a.invitation_token(invited.invitation_id)
}

async fn register(world: &World, email: &str, token: Option<&str>) -> Result<Done<SignedIn>, CommandError> {
    let wish = RegisterAccount { email: email.into(), password: PASSWORD.into(), name: "Bob".into(), invitation: token.map(Into::into) };
    world.b.register_account(&Caller::anonymous(), wish).await
}

async fn role(world: &World, account: AccountId, team: TeamId) -> Option<Role> {
    world.b.team_access(account, team, Permission::SeeTeam).await.ok().map(|access| access.role)
}

/// The platform's first admin has an account already; everybody else needs an invitation.
async fn by_invitation() -> (World, AccountId, TeamId) {
    let world = World::with(|settings| settings.registration = Registration::Invite).await;
    let ada = world.a.ensure_desktop_owner("ada").await.expect("made").account_id;
    let team = world.team(ada).await;
    (world, ada, team)
}

#[tokio::test]
async fn who_is_invited_registers_and_is_a_member_in_one_step() {
    let (world, ada, team) = by_invitation().await;
    assert_eq!(code(register(&world, "bob@example.org", None).await), "registration_invite");
    assert_eq!(code(register(&world, "bob@example.org", Some("guess")).await), "bad_invitation");
    let token = invite(&world, ada, team, None).await;
    let done = register(&world, "bob@example.org", Some(&token)).await.expect("registered");
    let bob = done.answer.account_id;
    assert_eq!(role(&world, bob, team).await, Some(Role::Editor));
    let of_the_append: Vec<_> =
        world.events().await.into_iter().filter(|event| event.actor.id == bob.to_string()).map(|event| event.event_type).collect();
    let expected = ["account.email_reserved", "account.registered", "account.signed_in", "team.invitation_accepted", "team.member_added"];
    assert_eq!(of_the_append.iter().collect::<std::collections::BTreeSet<_>>(), expected.map(String::from).iter().collect());
    assert_eq!(code(register(&world, "eve@example.org", Some(&token)).await), "bad_invitation");
}

#[tokio::test]
async fn who_has_an_account_accepts_once() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let eve = world.person("eve@example.org").await;
    let team = world.team(ada).await;
    let token = invite(&world, ada, team, None).await;
    assert_eq!(code(world.a.accept_invitation(&Caller::person(ada), &token).await), "member_exists");
    let caller = Caller::person(bob).idempotent("POST", "accept", "key", b"body");
    let joined = world.a.accept_invitation(&caller, &token).await.expect("accepted");
    assert_eq!((joined.answer.team_id, joined.answer.role), (team, Role::Editor));
    assert!(world.b.accept_invitation(&caller, &token).await.expect("told again").repeated);
    assert_eq!(code(world.b.accept_invitation(&Caller::person(eve), &token).await), "bad_invitation");
    assert_eq!(role(&world, eve, team).await, None);
}

#[tokio::test]
async fn of_two_who_accept_at_the_same_time_one_gets_in() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let eve = world.person("eve@example.org").await;
    for _ in 0..5 {
        let team = world.team(ada).await;
        let token = invite(&world, ada, team, None).await;
        let (of_bob, of_eve) = (Caller::person(bob), Caller::person(eve));
        let (one, other) = tokio::join!(world.a.accept_invitation(&of_bob, &token), world.b.accept_invitation(&of_eve, &token));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let roles = [role(&world, bob, team).await, role(&world, eve, team).await];
        assert_eq!(roles.iter().flatten().count(), 1);
    }
}

#[tokio::test]
async fn one_for_an_address_is_for_nobody_else() {
    let (world, ada, team) = by_invitation().await;
    let token = invite(&world, ada, team, Some(" Bob@Example.org")).await;
    assert_eq!(code(register(&world, "eve@example.org", Some(&token)).await), "bad_invitation");
    assert_eq!(world.count("account.registered").await, 1, "nothing is left of who was refused");
    register(&world, "bob@example.org", Some(&token)).await.expect("registered");

    let token = invite(&world, ada, team, Some("carl@example.org")).await;
    let bob = world.a.account_of_email("bob@example.org").await.expect("asked").expect("bob");
    let refused = world.a.accept_invitation(&Caller::person(bob), &token).await;
    assert_eq!(code(refused), "bad_invitation");
    let journal: String = world.events().await.into_iter().map(|event| event.payload).collect();
    assert!(!journal.contains("carl@example.org") && !journal.contains(&token), "neither address nor token lies open");
}

#[tokio::test]
async fn it_ends_after_seven_days_when_revoked_or_with_its_team() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let accept = async |token: &str| code(world.b.accept_invitation(&Caller::person(bob), token).await);
    let team_id = world.team(ada).await;
    let invited = CreateInvitation { team_id, role: Role::Viewer, email: None };
    let revoked = world.a.execute(&Caller::person(ada), &invited).await.expect("invited").answer.invitation_id;
    let late = invite(&world, ada, team_id, None).await;
    // Another team's admin cannot take it back.
    let others = RevokeInvitation { team_id: world.team(bob).await, invitation_id: revoked };
    world.a.execute(&Caller::person(bob), &others).await.expect("nothing to take back");
    assert!(world.a.invitation_row(&world.a.invitation_token(revoked)).await.expect("asked").is_some());
    world.a.execute(&Caller::person(ada), &RevokeInvitation { team_id, invitation_id: revoked }).await.expect("revoked");
    assert_eq!(accept(&world.a.invitation_token(revoked)).await, "bad_invitation");

    world.clock.advance(i64::try_from(INVITATION_LIFETIME.as_secs()).expect("seconds"));
    assert_eq!(accept(&late).await, "bad_invitation");
    let orphaned = invite(&world, ada, team_id, None).await;
    world.a.execute(&Caller::person(ada), &DeleteTeam { team_id }).await.expect("deleted");
    assert_eq!(accept(&orphaned).await, "bad_invitation");
}

#[tokio::test]
async fn guesses_are_slowed_down() {
    let world = World::new().await;
    let bob = world.person("bob@example.org").await;
    let caller = || Caller::person(bob).from_address(Some("192.0.2.1".into()));
    let mut codes = Vec::new();
    for n in 0..=crate::account::ADDRESS_LIMIT {
        codes.push(code(world.a.accept_invitation(&caller(), &format!("guess {n}")).await));
    }
    assert_eq!(codes.first(), Some(&"bad_invitation"));
    assert_eq!(codes.last(), Some(&"too_many_attempts"));
}

#[tokio::test]
async fn only_admins_invite() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let team_id = world.team(ada).await;
    let invite = CreateInvitation { team_id, role: Role::Viewer, email: None };
    assert_eq!(world.a.execute(&Caller::person(bob), &invite).await.map(|_| ()), Err(CommandError::NotFound));
    world.add(ada, team_id, bob, Role::Editor).await;
    assert_eq!(world.a.execute(&Caller::person(bob), &invite).await.map(|_| ()), Err(CommandError::Forbidden));
    let malformed = CreateInvitation { email: Some("nobody".into()), ..invite };
    assert_eq!(code(world.a.execute(&Caller::person(ada), &malformed).await), "bad_email");
}
