//! Repeated commands, stale caches, guards.

use std::sync::Mutex;

use async_trait::async_trait;
use opensail_domain::kernel::{AccountId, TeamId};
use opensail_domain::team::{Role, TeamCommand, TeamDecider};

use super::world::{World, code};
use crate::team::{ChangeMemberRole, CreateTeam, RemoveMember, RenameTeam};
use crate::{Caller, Change, Command, CommandError, Commands, Permission, Place, Shown};

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let caller = |body: &[u8]| Caller::person(ada).idempotent("POST", "/api/v1/teams", "key", body);
    let create = CreateTeam { name: "One".into() };
    let first = world.a.execute(&caller(b"1"), &create).await.expect("done");
    let again = world.b.execute(&caller(b"1"), &create).await.expect("done");
    assert_eq!((again.answer, again.position), (first.answer, first.position));
    assert!(again.repeated && !first.repeated);
    assert_eq!(world.b.execute(&caller(b"2"), &create).await.map(|_| ()), Err(CommandError::IdempotencyKeyReused));
    assert_eq!(world.count("team.created").await, 1);
}

#[tokio::test]
async fn the_same_request_twice_at_once_is_done_once() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let caller = Caller::person(ada).idempotent("POST", "/api/v1/teams", "key", b"1");
    let create = CreateTeam { name: "One".into() };
    let (one, two) = tokio::join!(world.a.execute(&caller, &create), world.b.execute(&caller, &create));
    assert_eq!(one.expect("done").answer, two.expect("done").answer);
    assert_eq!(world.count("team.created").await, 1);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let team_id = world.team(ada).await;
    let caller = Caller::person(bob).idempotent("PATCH", "/team", "key", b"1");
    let rename = RenameTeam { team_id, name: "Ours".into() };
    assert_eq!(world.a.execute(&caller, &rename).await.map(|_| ()), Err(CommandError::NotFound));
    world.add(ada, team_id, bob, Role::Admin).await;
    world.a.execute(&caller, &rename).await.expect("done");
}

#[tokio::test]
async fn a_stale_state_is_decided_again() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team_id = world.team(ada).await;
    for (node, name) in [(&world.b, "x"), (&world.a, "y"), (&world.b, "z"), (&world.a, "w")] {
        node.execute(&Caller::person(ada), &RenameTeam { team_id, name: name.into() }).await.expect("done");
    }
    // What is true already by a stale cache is looked at again, too.
    let back = RenameTeam { team_id, name: "z".into() };
    world.b.execute(&Caller::person(ada), &back).await.expect("done");
    assert_eq!(world.count("team.renamed").await, 5);
    let nothing = world.a.execute(&Caller::person(ada), &back).await.expect("done");
    assert_eq!((nothing.versions.len(), nothing.position), (0, world.events().await.len() as u64));
}

#[tokio::test]
async fn a_role_given_elsewhere_counts_at_once() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let team_id = world.team(ada).await;
    let rename = RenameTeam { team_id, name: "Ours".into() };
    assert_eq!(world.b.execute(&Caller::person(bob), &rename).await.map(|_| ()), Err(CommandError::NotFound));
    world.add(ada, team_id, bob, Role::Viewer).await;
    assert_eq!(world.b.execute(&Caller::person(bob), &rename).await.map(|_| ()), Err(CommandError::Forbidden));
    let raise = ChangeMemberRole { team_id, account_id: bob, role: Role::Admin };
    world.a.execute(&Caller::person(ada), &raise).await.expect("done");
    world.b.execute(&Caller::person(bob), &rename).await.expect("done");
}

#[tokio::test]
async fn a_role_removed_elsewhere_stops_a_command_that_was_granted_from_a_cache() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let team_id = world.team(ada).await;
    world.add(ada, team_id, bob, Role::Editor).await;
    let project_id = world.project(bob, team_id).await;
    let start = World::task(project_id, "go");
    world.b.execute(&Caller::person(bob), &start).await.expect("node b knows bob's role now");
    world.a.execute(&Caller::person(ada), &RemoveMember { team_id, account_id: bob }).await.expect("done");
    assert_eq!(world.b.execute(&Caller::person(bob), &start).await.map(|_| ()), Err(CommandError::NotFound));
    assert_eq!(world.count("agent_session.requested").await, 1);
}

#[tokio::test]
async fn the_last_admin_stays() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team_id = world.team(ada).await;
    let leave = RemoveMember { team_id, account_id: ada };
    assert_eq!(code(world.a.execute(&Caller::person(ada), &leave).await), "last_admin");
}

/// Renames a team; between the look at the role and the decision an admin loses it, through the same node.
struct SlowRename {
    team_id: TeamId,
    meanwhile: Mutex<Option<(Commands, AccountId, RemoveMember)>>,
}

#[async_trait]
impl Command for SlowRename {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.team_access(self.team_id, Permission::EditTeam).await?;
        let meanwhile = self.meanwhile.lock().expect("lock").take();
        if let Some((node, ada, remove)) = meanwhile {
            node.execute(&Caller::person(ada), &remove).await?;
        }
        change.decide::<TeamDecider>(self.team_id, Place::team(self.team_id), TeamCommand::Rename { name: "Mine".into() }).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Team(self.team_id)
    }
}

#[tokio::test]
async fn a_role_lost_between_the_look_and_the_decision_stops_the_command() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let team_id = world.team(ada).await;
    world.add(ada, team_id, bob, Role::Admin).await;
    let remove = RemoveMember { team_id, account_id: bob };
    let rename = SlowRename { team_id, meanwhile: Mutex::new(Some((world.a.clone(), ada, remove))) };
    assert_eq!(world.a.execute(&Caller::person(bob), &rename).await.map(|_| ()), Err(CommandError::NotFound));
    assert_eq!(world.count("team.renamed").await, 0);
}
