use std::os::unix::fs::symlink;
use std::path::PathBuf;

use opensail_commands::ports::snapshots::Choice;
use opensail_eventstore::sqlite::SqliteStore;
use uuid::Uuid;

use super::*;

struct World {
    folder: tempfile::TempDir,
    snapshots: LocalSnapshots,
    project: ProjectId,
    root: PathBuf,
}

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().canonicalize().expect("its path");
        let store = SqliteStore::open(home.join("journal.db")).await.expect("a journal");
        let keys = Arc::new(Keyring::new(Arc::new(store), b"a secret of tests, long enough to be one"));
        let cas = LocalStore::open(&home.join("blobs")).expect("a store");
        let root = home.join("work");
        std::fs::create_dir(&root).expect("a project folder");
        let snapshots = LocalSnapshots::new(cas, keys, home.join("indexes"), home.join("forks"), Rules::default());
        World { folder, snapshots, project: ProjectId(Uuid::now_v7()), root }
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.root.join(path), text).expect("written");
    }

    fn text(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(path)).ok()
    }

    async fn take(&self) -> String {
        self.snapshots.capture(self.project, &self.root, None).await.expect("captured").tree.snapshot
    }
}

#[tokio::test]
async fn what_was_captured_is_told_read_and_laid_out() {
    let world = World::new().await;
    world.write("a.txt", "one\n");
    let first = world.take().await;
    world.write("a.txt", "one\ntwo\n");
    world.write("b.txt", "bee\n");
    let second = world.snapshots.capture(world.project, &world.root, Some(&first)).await.expect("captured");
    assert_eq!((second.changed, second.paths.as_slice()), (Some(2), ["a.txt".to_owned(), "b.txt".to_owned()].as_slice()));
    let second = second.tree.snapshot;
    let text = async |snapshot: &str, path: &str| {
        world
            .snapshots
            .read(world.project, snapshot, path, 100)
            .await
            .expect("read")
            .map(|bytes| String::from_utf8(bytes.to_vec()).expect("text"))
    };
    assert_eq!(text(&first, "a.txt").await.as_deref(), Some("one\n"));
    assert_eq!(text(&first, "b.txt").await, None);
    let blamed = world.snapshots.blame(world.project, &[first.clone(), second.clone()], "a.txt").await;
    let Ok(Blamed::Lines(blamed)) = blamed else { panic!("a text: {blamed:?}") };
    assert_eq!(blamed.iter().map(|line| line.snapshot).collect::<Vec<_>>(), [0, 1]);
    let copy = world.folder.path().canonicalize().expect("a path").join("forks/one");
    assert!(world.snapshots.lay_out(world.project, &first, &world.root, &copy).await.expect("laid out"));
    assert!(!world.snapshots.lay_out(world.project, &second, &world.root, &copy).await.expect("there"), "what is there stays");
    assert_eq!(std::fs::read_to_string(copy.join("a.txt")).expect("a file"), "one\n");
    assert!(!copy.join("b.txt").exists());
    world.snapshots.discard(&copy).await.expect("discarded");
    assert!(!copy.exists());
}

#[tokio::test]
async fn what_somebody_changed_meanwhile_is_not_overwritten() {
    let world = World::new().await;
    world.write("a.txt", "one\n");
    world.write("b.txt", "one\n");
    let goal = world.take().await;
    world.write("a.txt", "two, by the agent\n");
    world.write("b.txt", "two, by the agent\n");
    let before = world.take().await;
    world.write("b.txt", "three, by a person\n");
    world.write("c.txt", "new, by a person\n");
    let back = world.snapshots.put_back(world.project, &world.root, &before, &goal).await.expect("put back");
    assert_eq!(back.spared, ["b.txt"]);
    assert_eq!(world.text("a.txt").as_deref(), Some("one\n"));
    assert_eq!(world.text("b.txt").as_deref(), Some("three, by a person\n"));
    assert_eq!(world.text("c.txt").as_deref(), Some("new, by a person\n"));
}

#[tokio::test]
async fn a_copy_is_made_without_a_folder_nearby() {
    let world = World::new().await;
    world.write("a.txt", "one\n");
    let first = world.take().await;
    let home = world.folder.path().canonicalize().expect("a path");
    symlink(&world.root, home.join("link")).expect("linked");
    for (near, name) in [(home.join("nowhere"), "forks/one"), (home.join("link"), "forks/two"), (world.root.join("a.txt"), "forks/three")] {
        let copy = home.join(name);
        assert!(world.snapshots.lay_out(world.project, &first, &near, &copy).await.expect("laid out"));
        assert_eq!(std::fs::read_to_string(copy.join("a.txt")).expect("a file"), "one\n");
    }
}

#[tokio::test]
async fn half_made_copies_of_the_dead_are_removed_and_those_of_the_living_stay() {
    let world = World::new().await;
    world.write("a.txt", "one\n");
    let first = world.take().await;
    let forks = world.folder.path().canonicalize().expect("a path").join("forks");
    let half = forks.join(".making-somebody");
    std::fs::create_dir_all(half.join("in")).expect("folders");
    std::fs::write(half.join("in/file"), "half").expect("written");
    let living = std::fs::File::open(&forks).expect("open");
    living.lock_shared().expect("locked");
    let lay_out =
        async |name: &str| world.snapshots.lay_out(world.project, &first, &world.root, &forks.join(name)).await.expect("laid out");
    assert!(lay_out("one").await, "they do not wait for each other");
    world.snapshots.discard(&forks.join("one")).await.expect("discarded");
    world.snapshots.clear_drafts();
    assert!(half.join("in/file").exists(), "somebody may be at it");
    drop(living);
    assert!(lay_out("two").await);
    assert!(!half.exists());
    // Who makes the same copy at once is told that it is there.
    let made = futures::future::join_all((0..4).map(|_| lay_out("three"))).await;
    assert_eq!(made.into_iter().filter(|made| *made).count(), 1);
    let names: Vec<_> = std::fs::read_dir(&forks).expect("forks").flatten().map(|entry| entry.file_name()).collect();
    assert!(names.iter().all(|name| name == "two" || name == "three"), "{names:?}");
    assert_eq!(std::fs::read_to_string(forks.join("three/a.txt")).expect("a file"), "one\n");
}

#[tokio::test]
async fn both_sides_are_merged_and_decided() {
    let world = World::new().await;
    world.write("a.txt", "one\n");
    let base = world.take().await;
    world.write("a.txt", "ours\n");
    let ours = world.take().await;
    world.write("a.txt", "theirs, longer\n");
    let theirs = world.take().await;
    let sides = Sides { base, ours, theirs: theirs.clone() };
    let told = world.snapshots.merge(world.project, &sides, true, &Choices::default()).await.expect("merged");
    assert_eq!(told.conflicts.len(), 1);
    assert!(told.conflicts[0].marked.as_ref().expect("a text").contains("<<<<<<<"));
    let choices = Choices { rest: Some(Choice::Take), ..Choices::default() };
    let taken = world.snapshots.merge(world.project, &sides, true, &choices).await.expect("merged");
    assert!(taken.conflicts.is_empty());
    assert!(world.snapshots.changes(world.project, &theirs, &taken.snapshot).await.expect("compared").is_empty());
}

#[tokio::test]
async fn another_project_does_not_find_them() {
    let world = World::new().await;
    world.write("a.txt", "secret\n");
    let name = world.take().await;
    let stranger = ProjectId(Uuid::now_v7());
    let read = world.snapshots.read(stranger, &name, "a.txt", 100).await;
    assert!(matches!(read, Err(SnapshotError::Forgotten | SnapshotError::Missing)), "{read:?}");
    assert!(world.snapshots.lay_out(stranger, &name, &world.root, &world.root.join("copy")).await.is_err());
    assert!(!world.root.join("copy").exists());
}

#[tokio::test]
async fn no_path_of_a_snapshot_leads_out_of_a_root() {
    let world = World::new().await;
    std::fs::create_dir(world.root.join("in")).expect("a folder");
    world.write("in/a.txt", "one\n");
    let goal = world.take().await;
    world.write("in/a.txt", "two\n");
    let before = world.take().await;
    // The folder is swapped for a link that leads out, before the files are put back.
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("a.txt"), "two\n").expect("written");
    std::fs::remove_dir_all(world.root.join("in")).expect("removed");
    symlink(outside.path(), world.root.join("in")).expect("linked");
    let back = world.snapshots.put_back(world.project, &world.root, &before, &goal).await.expect("put back");
    assert_eq!(std::fs::read_to_string(outside.path().join("a.txt")).expect("read"), "two\n", "nothing outside was written");
    assert!(!back.spared.is_empty());
    for path in ["../journal.db", "/etc/passwd", "in/../../journal.db", ".", ""] {
        let read = world.snapshots.read(world.project, &goal, path, 100).await.expect("looked");
        assert_eq!(read, None, "{path}");
    }
}
