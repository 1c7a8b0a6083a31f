//! Repositories in undo and merge, judged by git itself.

use std::path::Path;
use std::process::Command;

use super::super::*;
use super::world::*;
use crate::cas::Address;
use crate::fileops::Root;

const KEEP: Wish<'static> = Wish { choose: &|_| Some(Choice::Ours), ..Wish::LINES };
const TAKE: Wish<'static> = Wish { choose: &|_| Some(Choice::Theirs), ..Wish::LINES };
const MARKED: Wish<'static> = Wish { choose: &|_| Some(Choice::Marked), ..Wish::LINES };
const RESUMED: Wish<'static> = Wish { lines: false, resumes: true, choose: &|_| Some(Choice::Ours) };

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "gc.auto=0"]).args(arguments);
    let answer = command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").output().expect("git");
    assert!(answer.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8(answer.stdout).expect("text").trim().to_owned()
}

impl World {
    fn git(&self, arguments: &[&str]) -> String {
        git(&self.project(), arguments)
    }

    fn commit(&self, path: &str, text: &str) -> String {
        self.write(path, text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", path]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Every reference, reflog and index entry leads to objects that are there and whole.
    fn is_whole(&self) {
        self.git(&["fsck", "--full", "--strict"]);
        self.git(&["status", "--porcelain"]);
    }

    fn merge(&self, sides: [&Address; 3], wish: Wish<'_>) -> Merged {
        merge(&self.subject, sides, wish, &self.hold()).expect("merged")
    }

    /// Puts three sides together, of which ours is there, and lays the outcome over it.
    fn put(&mut self, sides: [&Address; 3], wish: Wish<'_>) -> Restored {
        let merged = self.merge(sides, wish);
        assert_eq!(merged.conflicts, []);
        let (root, before) = (Root::open(&self.project()).expect("root"), self.take());
        bring(&self.subject, &self.tracker, &root, before, &merged.snapshot).expect("put")
    }
}

fn paths(conflicts: &[Conflict]) -> Vec<&[u8]> {
    conflicts.iter().map(|conflict| conflict.path.as_slice()).collect()
}

#[test]
fn commits_of_a_person_beside_those_that_are_undone_are_one_conflict() {
    for packed in [false, true] {
        for (wish, keeps) in [(KEEP, true), (TAKE, false)] {
            let mut world = World::new();
            world.git(&["init", "-q", "-b", "main"]);
            let first = world.commit("a", "1\n");
            let start = world.take().name;
            let agents = world.commit("b", "the agent's\n");
            let last = world.take().name;
            let persons = world.commit("c", "the person's\n");
            if packed {
                world.git(&["gc", "-q", "--prune=now"]);
            }
            let ours = world.take().name;
            let told = world.merge([&last, &ours, &start], Wish::LINES);
            assert_eq!(paths(&told.conflicts), [b".git"]);
            assert_eq!(told.conflicts[0].marked, None);
            let told = world.merge([&last, &ours, &start], MARKED);
            assert_eq!(paths(&told.conflicts), [b".git"], "it is never marked");
            world.put([&last, &ours, &start], wish);
            world.is_whole();
            assert_eq!(world.git(&["rev-parse", "HEAD"]), if keeps { persons.clone() } else { first.clone() });
            assert!(!world.at("b").exists() && world.at("c").exists(), "other files go as they always do");
            for commit in [&first, &agents, &persons] {
                world.git(&["cat-file", "-e", commit]);
            }
            // And back again.
            let now = world.take().name;
            world.put([&now, &now, &ours], Wish::LINES);
            world.is_whole();
            assert_eq!(world.git(&["rev-parse", "HEAD"]), persons);
        }
    }
}

#[test]
fn a_repository_that_only_the_session_changed_goes_back_and_its_objects_stay() {
    let mut world = World::new();
    world.git(&["init", "-q", "-b", "main"]);
    let first = world.commit("a", "1\n");
    let start = world.take().name;
    let agents = world.commit("b", "2\n");
    let last = world.take().name;
    // Objects alone are no difference: a person may have looked for what is lost, or packed what is there.
    world.git(&["hash-object", "-w", "--stdin-paths"]);
    std::fs::write(world.at("kept"), "for later").expect("written");
    let kept = world.git(&["hash-object", "-w", "kept"]);
    let ours = world.take().name;
    world.put([&last, &ours, &start], Wish::LINES);
    world.is_whole();
    assert_eq!(world.git(&["rev-parse", "HEAD"]), first);
    for object in [&agents, &kept] {
        world.git(&["cat-file", "-e", object]);
    }
    // What the session began goes as a whole when nobody touched it.
    let mut world = World::new();
    let start = world.take().name;
    world.git(&["init", "-q"]);
    let last = world.take().name;
    world.put([&last, &last, &start], Wish::LINES);
    assert!(!world.at(".git").exists());
}

#[test]
fn a_fork_with_commits_on_both_sides_is_kept_or_taken_whole() {
    for (wish, takes) in [(KEEP, false), (TAKE, true)] {
        let mut world = World::new();
        world.git(&["init", "-q", "-b", "main"]);
        world.commit("a", "1\n2\n3\n");
        let base = world.take().name;
        let theirs_commit = world.commit("a", "1\n2\nthree\n");
        world.git(&["branch", "side"]);
        let theirs = world.take().name;
        world.restore(&base);
        let ours_commit = world.commit("a", "one\n2\n3\n");
        world.git(&["tag", "mine"]);
        let ours = world.take().name;
        let told = world.merge([&base, &ours, &theirs], Wish::LINES);
        assert_eq!(paths(&told.conflicts), [b".git"], "texts are merged by line beside it");
        world.put([&base, &ours, &theirs], wish);
        world.is_whole();
        let (head, names) = if takes { (&theirs_commit, "main side") } else { (&ours_commit, "main mine") };
        assert_eq!(world.git(&["rev-parse", "HEAD"]), *head);
        assert_eq!(world.git(&["for-each-ref", "--format=%(refname:short)"]).replace('\n', " "), names);
        assert_eq!(std::fs::read(world.at("a")).expect("read"), b"one\n2\nthree\n");
        world.git(&["cat-file", "-e", &ours_commit]);
    }
}

#[test]
fn repositories_within_and_files_that_name_them_are_units_too() {
    let mut world = World::new();
    world.write("x/.git", "gitdir: ../one\n");
    world.write("in/deep/.git/HEAD", "ref: refs/heads/main\n");
    world.write("in/deep/.git/objects/aa/1", "1");
    world.write(".git/HEAD", "ref: refs/heads/main\n");
    world.write(".git/modules/a/b/HEAD", "ref: refs/heads/main\n");
    world.write(".git/lfs/objects/aa", "large");
    // A branch may be called like a store of objects.
    world.write(".git/refs/heads/objects", "1\n");
    let base = world.take().name;
    world.write("x/.git", "gitdir: ../ours\n");
    world.write("in/deep/.git/HEAD", "ref: refs/heads/ours\n");
    world.write("in/deep/.git/objects/bb/2", "2");
    world.write(".git/modules/a/b/objects/cc/3", "3");
    world.write(".git/lfs/objects/bb", "larger");
    std::fs::remove_file(world.at(".git/refs/heads/objects")).expect("removed");
    world.write(".git/refs/heads/other/objects", "2\n");
    let ours = world.take().name;
    world.restore(&base);
    world.write("x/.git", "gitdir: ../theirs\n");
    world.write("in/deep/.git/HEAD", "ref: refs/heads/theirs\n");
    world.write(".git/modules/a/b/objects/dd/4", "4");
    world.write(".git/HEAD", "ref: refs/heads/theirs\n");
    let theirs = world.take().name;
    let told = world.merge([&base, &ours, &theirs], MARKED);
    assert_eq!(paths(&told.conflicts), [b".git".as_slice(), b"in/deep/.git", b"x/.git"]);
    let taken = world.merge([&base, &ours, &theirs], TAKE).snapshot;
    let there = |path: &str| entry_at(&world.subject, &taken, path.as_bytes()).expect("read").is_some();
    for path in ["in/deep/.git/objects/bb/2", ".git/modules/a/b/objects/cc/3", ".git/modules/a/b/objects/dd/4", ".git/lfs/objects/bb"] {
        assert!(there(path), "{path}");
    }
    assert!(there(".git/refs/heads/objects") && !there(".git/refs/heads/other"), "references are theirs alone");
}

#[test]
fn a_way_back_that_was_broken_off_is_gone_to_its_end() {
    let mut world = World::new();
    world.git(&["init", "-q", "-b", "main"]);
    let first = world.commit("a", "1\n");
    let start = world.take().name;
    world.commit("b", "2\n");
    world.git(&["branch", "more/of/it"]);
    let before = world.take().name;
    let goal = world.merge([&before, &before, &start], Wish::LINES).snapshot;
    let whole = state(&world.project());
    // Broken off at each of its files in turn: these are done, the others not.
    let changes = diff(&world.subject, &before, &goal).expect("compared");
    assert!(changes.len() > 4, "{changes:?}");
    for done in 0..=changes.len() {
        for change in &changes[..done] {
            let path = world.at(std::str::from_utf8(&change.path).expect("text"));
            match file_at(&world.subject, &goal, &change.path, 1_000_000).expect("read") {
                Some(bytes) => std::fs::write(&path, bytes).expect("written"),
                None => std::fs::remove_file(&path).expect("removed"),
            }
        }
        let now = world.take().name;
        world.put([&before, &now, &goal], RESUMED);
        assert_eq!(world.git(&["rev-parse", "HEAD"]), first, "broken off after {done}");
        assert!(world.git(&["status", "--porcelain"]).is_empty());
        world.is_whole();
        world.restore(&before);
        assert_eq!(state(&world.project()).len(), whole.len());
    }
    // Somebody was there meanwhile: all of it stays.
    world.git(&["config", "x.y", "1"]);
    let now = world.take().name;
    let merged = world.merge([&before, &now, &goal], RESUMED);
    assert_eq!(merged.decided, [b".git".to_vec()]);
    world.put([&before, &now, &goal], RESUMED);
    assert_eq!(world.git(&["config", "x.y"]), "1");
    world.is_whole();
}
