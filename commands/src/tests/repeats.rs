//! A wish repeated under its key is answered as before, for who may still see what the answer shows.

use bytes::Bytes;
use opensail_domain::agent_session::event::Decision;
use opensail_domain::kernel::{AccountId, ApprovalId, ProjectId, SessionId, TeamId};
use opensail_domain::project::Source;
use opensail_domain::team::Role;
use uuid::Uuid;

use super::world::World;
use crate::agent_session::{AddMessage, AnswerApproval, CancelSession};
use crate::project::{CreateProject, DeleteFile, Precondition, RenameProject, WriteFile};
use crate::team::{AddMember, ChangeMemberRole, CreateInvitation, CreateTeam, DeleteTeam, LeaveTeam, NewMember, RemoveMember, RenameTeam};
use crate::{Caller, CommandError, Commands};

/// What the wishes are about.
#[derive(Clone, Copy)]
struct Things {
    team_id: TeamId,
    project_id: ProjectId,
    session_id: SessionId,
    approval_id: ApprovalId,
    other: AccountId,
}

/// Told again: whether it was, or why not.
type Told = Result<bool, CommandError>;

/// Each wish by its name, put to a node.
async fn wish(node: &Commands, caller: &Caller, name: &str, things: Things) -> Told {
    let Things { team_id, project_id, session_id, approval_id, other } = things;
    let path = "a.txt".to_owned();
    macro_rules! execute {
        ($command:expr) => {
            node.execute(caller, &$command).await.map(|done| done.repeated)
        };
    }
    match name {
        "add_member" => execute!(AddMember { team_id, member: NewMember::Account(other), role: Role::Viewer }),
        "change_member_role" => execute!(ChangeMemberRole { team_id, account_id: other, role: Role::Editor }),
        "rename_team" => execute!(RenameTeam { team_id, name: "New".into() }),
        "create_invitation" => execute!(CreateInvitation { team_id, role: Role::Viewer, email: None }),
        "create_project" => execute!(CreateProject { team_id, name: "Project".into(), source: Source::Empty }),
        "rename_project" => execute!(RenameProject { project_id, name: "New".into() }),
        "start_session" => execute!(World::task(project_id, "Say hello")),
        "add_message" => execute!(AddMessage { session_id, text: "More".into() }),
        "answer_approval" => execute!(AnswerApproval { session_id, approval_id, decision: Decision::Deny, reason: None }),
        "cancel_session" => execute!(CancelSession { session_id }),
        "write_file" => {
            let write = WriteFile { project_id, path, bytes: Bytes::from_static(b"new"), precondition: Precondition::Any };
            node.write_file(caller, write).await.map(|done| done.repeated)
        }
        "delete_file" => {
            let delete = DeleteFile { project_id, path, precondition: Precondition::Any };
            node.delete_file(caller, delete).await.map(|done| done.repeated)
        }
        other => panic!("no wish is called {other}"),
    }
}

const SHOWING: &[&str] = &[
    "add_member",
    "change_member_role",
    "rename_team",
    "create_invitation",
    "create_project",
    "rename_project",
    "start_session",
    "add_message",
    "answer_approval",
    "cancel_session",
    "write_file",
    "delete_file",
];

#[tokio::test]
async fn what_is_shown_is_shown_to_who_may_still_see_it() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let other = world.person("eve@example.org").await;
    let team_id = world.team(ada).await;
    for name in SHOWING {
        world.add(ada, team_id, bob, Role::Admin).await;
        if *name == "change_member_role" {
            world.add(ada, team_id, other, Role::Viewer).await;
        }
        let project_id = world.project(ada, team_id).await;
        let session_id = world.session(ada, project_id).await;
        let approval_id = ApprovalId(Uuid::now_v7());
        if *name == "answer_approval" {
            world.question(session_id, approval_id).await;
        }
        if *name == "delete_file" {
            let write = WriteFile { project_id, path: "a.txt".into(), bytes: Bytes::new(), precondition: Precondition::Any };
            world.a.write_file(&Caller::person(ada), write).await.expect("written");
        }
        let things = Things { team_id, project_id, session_id, approval_id, other };
        let caller = Caller::person(bob).idempotent("POST", name, "key", b"body");
        assert_eq!(wish(&world.a, &caller, name, things).await, Ok(false), "{name}");
        assert_eq!(wish(&world.b, &caller, name, things).await, Ok(true), "{name}");
        world.a.execute(&Caller::person(ada), &RemoveMember { team_id, account_id: bob }).await.expect("removed");
        // On the node that has seen the removal, and on the one that has the old role in its cache.
        for node in [&world.a, &world.b] {
            assert_eq!(wish(node, &caller, name, things).await, Err(CommandError::NotFound), "{name}");
        }
        if *name == "add_member" {
            world.a.execute(&Caller::person(ada), &RemoveMember { team_id, account_id: other }).await.expect("removed");
        }
        if *name == "change_member_role" {
            world.a.execute(&Caller::person(ada), &RemoveMember { team_id, account_id: other }).await.expect("removed");
        }
    }
}

#[tokio::test]
async fn a_team_that_one_made_and_left_is_not_shown_again() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let caller = Caller::person(bob).idempotent("POST", "teams", "key", b"body");
    let create = CreateTeam { name: "Team".into() };
    let team_id = world.a.execute(&caller, &create).await.expect("made").answer.team_id;
    world.add(bob, team_id, ada, Role::Admin).await;
    world.a.execute(&Caller::person(ada), &RemoveMember { team_id, account_id: bob }).await.expect("removed");
    assert_eq!(world.b.execute(&caller, &create).await.map(|_| ()), Err(CommandError::NotFound));
}

/// Leaving and deleting show nothing, so their repeat is answered although the thing is gone for the caller.
#[tokio::test]
async fn who_left_or_deleted_is_told_so_again() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let team_id = world.team(ada).await;
    world.add(ada, team_id, bob, Role::Viewer).await;
    let caller = Caller::person(bob).idempotent("POST", "leave", "key", b"");
    let first = world.a.execute(&caller, &LeaveTeam { team_id }).await.expect("left");
    let again = world.b.execute(&caller, &LeaveTeam { team_id }).await.expect("told again");
    assert_eq!((again.position, again.repeated), (first.position, true));
    let caller = Caller::person(ada).idempotent("DELETE", "team", "key", b"");
    world.a.execute(&caller, &DeleteTeam { team_id }).await.expect("deleted");
    assert!(world.b.execute(&caller, &DeleteTeam { team_id }).await.expect("told again").repeated);
}

/// Who may no longer invite is not told the token again, although the team is still in sight.
#[tokio::test]
async fn a_token_is_told_again_only_to_who_may_invite() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let team_id = world.team(ada).await;
    world.add(ada, team_id, bob, Role::Admin).await;
    let caller = Caller::person(bob).idempotent("POST", "invitations", "key", b"body");
    let invite = CreateInvitation { team_id, role: Role::Admin, email: None };
    let first = world.a.execute(&caller, &invite).await.expect("invited").answer;
    assert_eq!(world.b.execute(&caller, &invite).await.expect("told again").answer, first);
    let demote = ChangeMemberRole { team_id, account_id: bob, role: Role::Editor };
    world.a.execute(&Caller::person(ada), &demote).await.expect("demoted");
    assert_eq!(world.b.execute(&caller, &invite).await.map(|_| ()), Err(CommandError::Forbidden));
}
