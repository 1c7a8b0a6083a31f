//! Projects: their sources, and people's changes of files.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use opensail_domain::kernel::{AccountId, ProjectId, RejectionKind, TeamId};
use opensail_domain::project::{Created, ProjectCommand, ProjectDecider, Source};
use opensail_domain::team::Role;
use opensail_eventstore::Journal;
use tokio::sync::Notify;

use super::world::{World, code};
use crate::project::{CreateProject, DeleteFile, Precondition, WriteFile};
use crate::team::{DeleteTeam, RemoveMember};
use crate::{Caller, Change, Command, CommandError, Commands, Mode, Place, Shown};

fn write(project_id: ProjectId, text: &str, precondition: Precondition) -> WriteFile {
    WriteFile { project_id, path: "a.txt".into(), bytes: Bytes::from(text.to_owned()), precondition }
}

async fn read(world: &World, account: AccountId, project: ProjectId) -> Option<String> {
    let file = world.b.read_file(account, project, "a.txt").await.ok()?;
    Some(String::from_utf8(file.bytes.to_vec()).expect("text"))
}

#[tokio::test]
async fn conditions_of_a_write() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let caller = || Caller::person(ada);
    let first = world.a.write_file(&caller(), write(project, "one", Precondition::Absent)).await.expect("written").answer;
    assert!(first.created);
    let refused = world.a.write_file(&caller(), write(project, "two", Precondition::Absent)).await;
    assert_eq!(refused.map(|_| ()), Err(CommandError::PreconditionFailed { actual: Some(first.hash.clone()) }));
    let second =
        world.a.write_file(&caller(), write(project, "two", Precondition::Matches(vec![first.hash.clone()]))).await.expect("written");
    assert!(!second.answer.created);
    let delete = |hash| DeleteFile { project_id: project, path: "a.txt".into(), precondition: Precondition::Matches(vec![hash]) };
    assert!(matches!(world.a.delete_file(&caller(), delete(first.hash)).await, Err(CommandError::PreconditionFailed { .. })));
    world.a.delete_file(&caller(), delete(second.answer.hash.clone())).await.expect("deleted");
    assert_eq!(read(&world, ada, project).await, None);
    assert_eq!((world.count("project.file_written").await, world.count("project.file_deleted").await), (2, 1));
}

#[tokio::test]
async fn a_repeated_write_writes_once() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let caller = Caller::person(ada).idempotent("PUT", "/file", "key", b"one");
    let first = world.a.write_file(&caller, write(project, "one", Precondition::Absent)).await.expect("written");
    world.a.write_file(&Caller::person(ada), write(project, "two", Precondition::Any)).await.expect("written");
    let again = world.b.write_file(&caller, write(project, "one", Precondition::Absent)).await.expect("told");
    assert_eq!((again.answer, again.repeated), (first.answer, true));
    assert_eq!(read(&world, ada, project).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_write_whose_author_lost_the_role_meanwhile_is_undone() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let team_id = world.team(ada).await;
    world.add(ada, team_id, bob, Role::Editor).await;
    let project = world.project(ada, team_id).await;
    world.a.write_file(&Caller::person(ada), write(project, "before", Precondition::Any)).await.expect("written");
    let node = world.a.clone();
    *world.files.after_apply.lock().expect("lock") = Some(Box::new(move || {
        Box::pin(async move {
            node.execute(&Caller::person(ada), &RemoveMember { team_id, account_id: bob }).await.expect("removed");
        })
    }));
    let refused = world.b.write_file(&Caller::person(bob), write(project, "after", Precondition::Any)).await;
    assert_eq!(refused.map(|_| ()), Err(CommandError::NotFound));
    assert_eq!(read(&world, ada, project).await.as_deref(), Some("before"));
    assert_eq!(world.count("project.file_written").await, 1);
}

#[tokio::test]
async fn a_refused_write_leaves_what_somebody_else_wrote_alike() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada@example.org").await, world.person("bob@example.org").await);
    let team_id = world.team(ada).await;
    world.add(ada, team_id, bob, Role::Editor).await;
    let project = world.project(ada, team_id).await;
    world.a.write_file(&Caller::person(ada), write(project, "before", Precondition::Any)).await.expect("written");
    let node = world.a.clone();
    *world.files.after_read.lock().expect("lock") = Some(Box::new(move || {
        Box::pin(async move {
            node.write_file(&Caller::person(ada), write(project, "after", Precondition::Any)).await.expect("written");
            node.execute(&Caller::person(ada), &RemoveMember { team_id, account_id: bob }).await.expect("removed");
        })
    }));
    let refused = world.b.write_file(&Caller::person(bob), write(project, "after", Precondition::Any)).await;
    assert_eq!(refused.map(|_| ()), Err(CommandError::NotFound));
    assert_eq!(read(&world, ada, project).await.as_deref(), Some("after"));
}

#[tokio::test]
async fn a_write_whose_client_hung_up_half_way_is_told_of() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (reached.clone(), go_on.clone());
    *world.files.after_apply.lock().expect("lock") = Some(Box::new(move || {
        Box::pin(async move {
            tell.notify_one();
            wait.notified().await;
        })
    }));
    let caller = Caller::person(ada);
    tokio::select! {
        _ = world.a.write_file(&caller, write(project, "one", Precondition::Any)) => panic!("it waits for the hook"),
        () = reached.notified() => {}
    }
    go_on.notify_one();
    let mut head = world.store.watch();
    let told = async {
        while world.count("project.file_written").await == 0 {
            head.changed().await.expect("a journal");
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), told).await.expect("the event of the change that was made");
}

#[tokio::test]
async fn a_conditional_write_repeated_after_a_crash_half_way_appends_the_missing_event() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let first = world.a.write_file(&Caller::person(ada), write(project, "one", Precondition::Any)).await.expect("written").answer;
    // The process died after the change and before the append.
    let path = world.settings.home.join("projects").join(project.to_string()).join("a.txt");
    world.files.held.lock().expect("lock").insert(path, Bytes::from_static(b"two"));
    let caller = || Caller::person(ada).idempotent("PUT", "/file", "key", b"two");
    let wish = || write(project, "two", Precondition::Matches(vec![first.hash.clone()]));
    world.a.write_file(&caller(), wish()).await.expect("written");
    assert_eq!(world.count("project.file_written").await, 2);
    assert!(world.b.write_file(&caller(), wish()).await.expect("told").repeated);
    // Without a key it is another request.
    let other = world.a.write_file(&Caller::person(ada), wish()).await;
    assert!(matches!(other, Err(CommandError::PreconditionFailed { .. })));
}

#[tokio::test]
async fn folders_are_the_owners_beneath_the_roots_and_never_the_platforms() {
    let world = World::new().await;
    let owner = world.a.ensure_desktop_owner("ada").await.expect("made");
    let make = async |account: AccountId, team_id, path: String| {
        let create = CreateProject { team_id, name: "P".into(), source: Source::Folder { path } };
        world.a.execute(&Caller::person(account), &create).await
    };
    let text = |name: &str| world.path(name).display().to_string();
    let made = make(owner.account_id, owner.team_id, text("work")).await.expect("made").answer;
    let access = world.a.project_access(owner.account_id, made.project_id, crate::Permission::SeeProject).await.expect("seen");
    assert!(access.ready && access.root == world.path("work"));
    let refusals = [
        (text("home"), "folder_holds_home"),
        (text("home/projects/x"), "folder_holds_home"),
        (text(""), "folder_holds_home"),
        ("/".into(), "folder_outside_roots"),
        ("work".into(), "folder_not_absolute"),
        (format!("{}/none", text("work")), "folder_unusable"),
    ];
    for (path, expected) in refusals {
        assert_eq!(code(make(owner.account_id, owner.team_id, path).await), expected);
    }
    let bob = world.person("bob@example.org").await;
    let team = world.team(bob).await;
    assert_eq!(code(make(bob, team, text("work")).await), "folder_not_allowed");
    // Deleting the project leaves the folder.
    world.a.delete_project(&Caller::person(owner.account_id), made.project_id).await.expect("deleted");
    assert!(world.path("work").exists());
}

async fn in_folder(node: &Commands, account: AccountId, team_id: TeamId, path: &Path) -> Result<ProjectId, CommandError> {
    let source = Source::Folder { path: path.display().to_string() };
    let create = CreateProject { team_id, name: "Boat".into(), source };
    node.execute(&Caller::person(account), &create).await.map(|done| done.answer.project_id)
}

#[tokio::test]
async fn a_folder_serves_one_project_until_that_is_deleted() {
    let world = World::new().await;
    let owner = world.a.ensure_desktop_owner("ada").await.expect("made");
    let (ada, team) = (owner.account_id, owner.team_id);
    let boat = world.path("work/boat");
    let first = in_folder(&world.a, ada, team, &boat).await.expect("made");
    let link = world.path("work").join("alias");
    std::os::unix::fs::symlink(&boat, &link).expect("a link");
    for taken in [boat.clone(), link, world.path("work/boat/mast"), world.path("work")] {
        let Err(CommandError::Rejected(info)) = in_folder(&world.b, ada, team, &taken).await else { panic!("{}", taken.display()) };
        assert_eq!((info.code, info.kind), ("folder_taken", RejectionKind::Exists));
        assert!(info.message.contains(&first.to_string()) && info.message.contains("“Boat”"), "{}", info.message);
    }
    in_folder(&world.b, ada, team, &world.path("work/boats")).await.expect("a neighbour");
    // Its own events, not the team's: they tell paths of a person's machine.
    let reserved: Vec<_> = world.events().await.into_iter().filter(|event| event.event_type == "project.folder_reserved").collect();
    assert_eq!(reserved.len(), 2);
    assert!(reserved.iter().all(|event| event.tenant == format!("account-{ada}")));

    world.a.delete_project(&Caller::person(ada), first).await.expect("deleted");
    in_folder(&world.b, ada, team, &world.path("work/boat/mast")).await.expect("free again");
}

/// The refusal names the project only to who may see it.
#[tokio::test]
async fn a_taken_folder_tells_no_stranger_whose_it_is() {
    let world = World::new().await;
    let owner = world.a.ensure_desktop_owner("ada").await.expect("made");
    let ada = owner.account_id;
    let bob = world.person("bob@example.org").await;
    let team = world.team(ada).await;
    let boat = world.path("boat");
    let first = in_folder(&world.a, ada, team, &boat).await.expect("made");
    world.add(ada, team, bob, Role::Admin).await;
    world.a.execute(&Caller::person(bob), &RemoveMember { team_id: team, account_id: ada }).await.expect("removed");
    let Err(CommandError::Rejected(info)) = in_folder(&world.b, ada, owner.team_id, &boat).await else { panic!("granted") };
    assert_eq!(info.code, "folder_taken");
    assert!(!info.message.contains(&first.to_string()) && !info.message.contains("Boat"), "{}", info.message);
}

#[tokio::test]
async fn of_two_who_want_one_folder_at_the_same_time_one_gets_it() {
    let world = World::new().await;
    let owner = world.a.ensure_desktop_owner("ada").await.expect("made");
    let (ada, team) = (owner.account_id, owner.team_id);
    for round in 0..10 {
        let outer = world.path(&format!("race{round}"));
        let inner = world.path(&format!("race{round}/inner"));
        let (one, other) = tokio::join!(in_folder(&world.a, ada, team, &outer), in_folder(&world.b, ada, team, &inner));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let refused = one.err().or(other.err()).expect("a refusal");
        assert!(matches!(&refused, CommandError::Rejected(info) if info.code == "folder_taken"), "{refused:?}");
    }
}

/// Projects made before folders were reserved hold theirs from the first reservation on.
#[tokio::test]
async fn folders_in_use_before_are_adopted() {
    let world = World::new().await;
    let owner = world.a.ensure_desktop_owner("ada").await.expect("made");
    let (ada, team) = (owner.account_id, owner.team_id);
    let old = world.path("old");
    let source = Source::Folder { path: old.display().to_string() };
    let before = world.a.execute(&Caller::person(ada), &OlderProject { team_id: team, source }).await.expect("made").answer;
    assert_eq!(world.count("project.folder_reserved").await, 0);
    let Err(CommandError::Rejected(info)) = in_folder(&world.b, ada, team, &old).await else { panic!("granted") };
    assert!(info.message.contains(&before.to_string()), "{}", info.message);
    in_folder(&world.b, ada, team, &world.path("new")).await.expect("made");
    assert_eq!(world.count("project.folder_reserved").await, 2);
    world.a.delete_project(&Caller::person(ada), before).await.expect("deleted");
    in_folder(&world.b, ada, team, &old).await.expect("free");
}

/// A project as it was made when folders were not reserved.
struct OlderProject {
    team_id: TeamId,
    source: Source,
}

#[async_trait]
impl Command for OlderProject {
    type Answer = ProjectId;
    async fn decide(&self, change: &mut Change) -> Result<ProjectId, CommandError> {
        let (team_id, project_id) = (self.team_id, ProjectId(change.next_id()));
        let created = Created { project_id, team_id, name: "Old".into(), source: self.source.clone(), created_by: change.account()? };
        change.decide::<ProjectDecider>(project_id, Place::project(team_id, project_id), ProjectCommand::Create(created)).await?;
        Ok(project_id)
    }
    fn shows(&self, _: &ProjectId) -> Shown {
        Shown::Nothing
    }
}

#[tokio::test]
async fn off_the_desktop_private_addresses_are_refused() {
    let world = World::with(|settings| settings.mode = Mode::Docker).await;
    let ada = world.person("ada@example.org").await;
    let team_id = world.team(ada).await;
    let make = async |source: Source| {
        let create = CreateProject { team_id, name: "P".into(), source };
        world.a.execute(&Caller::person(ada), &create).await
    };
    let git = |url: &str| Source::Git { url: url.into(), reference: None };
    make(git("https://example.org/a.git")).await.expect("made");
    assert_eq!(code(make(git("https://169.254.169.254/a.git")).await), "private_address");
    assert_eq!(code(make(git("file:///etc")).await), "bad_git_url");
    assert_eq!(code(make(Source::Template { name: "none".into() }).await), "unknown_template");
    make(Source::Template { name: "hello".into() }).await.expect("made");
    assert_eq!(code(world.a.execute(&Caller::person(ada), &DeleteTeam { team_id }).await), "team_has_projects");
}
