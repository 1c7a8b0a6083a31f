//! Looking again at a folder of which much is known: whatever was done to it, the look finds what one finds that knows nothing.

use std::path::Path;
use std::process::Command;

use super::super::*;
use super::world::*;
use crate::fileops::Root;

/// What may be done to a folder that [`fill`] filled, and how it is called.
pub(super) const STEPS: [(&str, &str); 24] = [
    ("a byte", "echo x >> 1/1/1"),
    ("a new file in the root", "echo y > new"),
    ("another file renamed over it", "mv 2/2/2 new"),
    ("bits", "chmod 755 3/3/3"),
    ("a folder's bits", "chmod 700 3/3"),
    ("a folder renamed", "mv 4/4 4/renamed"),
    ("another in its place", "mkdir 4/4; echo z > 4/4/z"),
    ("a file for a folder", "rm -r 1/6; echo file > 1/6"),
    ("a folder for a file", "rm 1/6; mkdir -p 1/6/deep/er; echo deep > 1/6/deep/er/f"),
    ("a link", "ln -s nowhere 2/link"),
    ("the link elsewhere", "ln -sfn elsewhere 2/link"),
    ("one of two names", "ln 0/0/0 0/second; echo through >> 0/second"),
    ("rules", "echo 'deep/' > 1/6/.gitignore"),
    ("other rules", "echo 'none/' > 1/6/.gitignore"),
    ("no rules", "rm 1/6/.gitignore"),
    ("rules for all", "mkdir -p .git/info; echo '7/' > .git/info/exclude; mkdir -p 2/7; echo 7 > 2/7/7"),
    ("no rules for all", "rm -r .git"),
    ("a cache", "mkdir -p 0/5/node_modules; echo c > 0/5/node_modules/c"),
    ("a byte beside it", "echo x >> 0/5/5"),
    ("a socket", "mkfifo 0/5/pipe"),
    ("moved across", "mv 0/5/5 3/3/5"),
    ("the same time", "touch -r 2/2/22 4/9/9; echo changed > 4/9/9; touch -r 2/2/22 4/9/9"),
    ("nothing", "true"),
    ("a byte again", "echo x >> 1/1/1"),
];

/// As folders do that are so alike that only their times tell them apart.
const CUNNING: [(&str, &str); 15] = [
    ("two folders change places", "mv 0/0 0/other; mv 0/10 0/0; mv 0/other 0/10"),
    ("and back", "mv 0/0 0/other; mv 0/10 0/0; mv 0/other 0/10"),
    ("a folder away and back", "mv 1 elsewhere; mv elsewhere 1"),
    ("a folder moved with what is in it", "mv 1/1 2/moved"),
    ("a copy with all its times in its place", "cp -a 2/2 2/copy; rm -r 2/2; mv 2/copy 2/2"),
    ("a name more, and the folder's time set back", "touch -r 3/3 stamp; echo z > 3/3/z; touch -r stamp 3/3; rm stamp"),
    ("a name less, and the folder's time set back", "touch -r 3/3 stamp; rm 3/3/z; touch -r stamp 3/3; rm stamp"),
    ("another file of one name, size and time", "cp -p 4/14/14 4/14/n; printf 41 > 4/14/n; touch -r 4/14/14 4/14/n; mv 4/14/n 4/14/14"),
    ("written through another name", "ln 0/0/20 hard; echo through >> hard"),
    (
        "a mapped page",
        "python3 -c \"import mmap; f = open('0/0/40', 'r+b'); m = mmap.mmap(f.fileno(), 0); m[0:1] = b'm'\" || echo m > 0/0/40",
    ),
    ("a file larger than is kept", "head -c 2000 /dev/zero > 1/6/6"),
    ("and small enough again", "head -c 10 /dev/zero > 1/6/6"),
    ("what was a folder is a link to it", "mv 4/9 4/real; ln -s real 4/9"),
    ("a folder deep in new ones", "mkdir -p 2/a/b/c; mv 3/8 2/a/b/c/8"),
    ("a folder that the rules of another name", "echo 8/ > 2/a/.gitignore"),
];

pub(super) fn fill(project: &Path) {
    for number in 0..200 {
        let folder = project.join(format!("{}/{}", number % 5, number % 20));
        std::fs::create_dir_all(&folder).expect("folder");
        std::fs::write(folder.join(number.to_string()), format!("{number}")).expect("written");
    }
}

pub(super) fn sh(project: &Path, step: &str) {
    let done = Command::new("sh").args(["-ec", step]).current_dir(project).status().expect("sh");
    assert!(done.success(), "{step}");
}

fn take(world: &mut World, rules: &Rules) -> Taken {
    let (root, hold) = (Root::open(&world.project()).expect("root"), world.hold());
    world.tracker.take(&world.subject, &root, rules, &hold).expect("taken")
}

/// Takes until all is old enough to be believed: no file is read and no folder listed.
fn settle(world: &mut World, rules: &Rules) -> Taken {
    loop {
        let taken = take(world, rules);
        if taken.read == 0 && taken.listed == 0 {
            return taken;
        }
    }
}

#[test]
fn a_look_at_a_folder_that_is_known_finds_what_one_finds_that_knows_nothing() {
    let mut world = World::new();
    fill(&world.project());
    let rules = Rules { max_file_bytes: 1000, ..Rules::default() };
    let mut listed = Vec::new();
    for (what, step) in STEPS.into_iter().chain(CUNNING) {
        settle(&mut world, &rules);
        sh(&world.project(), step);
        let taken = take(&mut world, &rules);
        let known = std::mem::take(&mut world.tracker);
        let anew = take(&mut world, &rules);
        world.tracker = known;
        assert_eq!((&taken.snapshot, taken.name), (&anew.snapshot, anew.name), "{what}");
        listed.push((what, taken.listed));
        if what.starts_with("a file larger") {
            // What is left out for its size is looked for again each time.
            sh(&world.project(), "head -c 5 /dev/zero > 1/6/6");
        }
    }
    let of = |what: &str| listed.iter().find(|(name, _)| *name == what).map(|(_, listed)| *listed);
    assert_eq!((of("a byte again"), of("a new file in the root"), of("nothing")), (Some(0), Some(1), Some(0)), "{listed:?}");
}

#[test]
fn what_is_mounted_and_unmounted_again_is_seen() {
    let mut world = World::new();
    fill(&world.project());
    let (rules, inner) = (Rules::default(), world.at("3/3"));
    let before = settle(&mut world, &rules);
    let mounted = rustix::process::geteuid().is_root()
        && Command::new("mount").args(["-t", "tmpfs", "none"]).arg(&inner).status().is_ok_and(|status| status.success());
    if !mounted {
        eprintln!("SKIPPED: mounts are only tested as root with the right to mount");
        return;
    }
    let covered = take(&mut world, &rules);
    let unmounted = Command::new("umount").arg(&inner).status().is_ok_and(|status| status.success());
    assert!(unmounted);
    assert_eq!(covered.snapshot.left_out, [LeftOut { path: b"3/3".to_vec(), why: Why::Mount }]);
    let after = take(&mut world, &rules);
    assert_eq!((after.name, after.snapshot.files), (before.name, 200));
}

#[test]
fn other_rules_are_asked_of_all_that_is_known() {
    let mut world = World::new();
    fill(&world.project());
    world.write("3/made/file", "x");
    settle(&mut world, &Rules::default());
    let rules = Rules { caches: vec!["made".into()], ..Rules::default() };
    assert_eq!(take(&mut world, &rules).snapshot.left_out, [LeftOut { path: b"3/made".to_vec(), why: Why::Cache }]);
    assert_eq!(settle(&mut world, &Rules::default()).snapshot.left_out_count, 0);
}

#[test]
fn what_a_writer_leaves_behind_is_removed_although_its_folder_did_not_change() {
    let mut world = World::new();
    let left = "in/.opensail-fedcba9876543210.tmp";
    world.write(left, "x");
    world.write("out/file", "x");
    let writer = std::fs::File::open(world.at(left)).expect("open");
    writer.try_lock().expect("its writer's lock");
    while take(&mut world, &Rules::default()).listed > 1 {}
    assert!(world.at(left).exists());
    drop(writer);
    take(&mut world, &Rules::default());
    assert!(!world.at(left).exists());
}
