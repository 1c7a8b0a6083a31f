//! The whole chapter on a real btrfs: the project is a subvolume, the data folder lies beside it. Where that may not be mounted, the tests say so
//! and pass.

use std::os::unix::fs::MetadataExt;

use opensail_csi::tree::create_subvolume;
use opensail_tests::btrfs::Btrfs;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::bench::ENDED;
use super::*;
use crate::PROGRAM;

const BYTES: u64 = 1 << 30;
/// Inode of the top folder of every subvolume.
const TOP: u64 = 256;

/// A house on a btrfs. Its fields are dropped in order: the mount goes before the folder that it covers.
struct House {
    disk: Btrfs,
    bench: Bench,
}

impl House {
    /// `subvolume`: whether the project is one, or an ordinary folder.
    async fn new(subvolume: bool) -> Option<House> {
        let mut world = World::at_rest(PROGRAM, &[]);
        let disk = Btrfs::over(world.path(), BYTES)?;
        if subvolume {
            let work = world.path().join("work");
            std::fs::create_dir(&work).expect("the project roots");
            create_subvolume(std::fs::File::open(&work).expect("opened"), c"boat").expect("a subvolume");
        }
        world.serve(&[]).await;
        let (project, folder) = world.project("boat").await;
        assert_eq!(is_subvolume(&folder), subvolume);
        Some(House { disk, bench: Bench { world, project, folder } })
    }

    /// Ends the server first, so that nothing is busy.
    async fn end(mut self) {
        assert_eq!(self.bench.world.stop().await, Some(0));
        let top = self.disk.top().to_owned();
        drop(self.disk);
        let mounts = std::fs::read_to_string("/proc/self/mounts").expect("the mounts");
        assert!(!mounts.contains(&*top.to_string_lossy()), "nothing stays mounted");
    }
}

fn is_subvolume(folder: &Path) -> bool {
    folder.metadata().expect("there").ino() == TOP
}

/// Four steps: each changes, makes or removes something else, of every kind.
fn steps() -> Vec<Value> {
    vec![
        write("a.txt", "one\n"),
        shell("mkdir -p d/e/f; ln -s ../a.txt d/link; printf x > d/b.bin; chmod 755 d/b.bin; mkdir target; echo cache > target/c"),
        shell("mv a.txt d/e/moved.txt; echo more >> d/e/moved.txt; printf 'odd' > \"$(printf 'odd \\344 name')\""),
        shell("rm -r d/e; head -c 3000000 /dev/urandom > large.bin; chmod 600 d/b.bin; rm d/link"),
        say("done"),
    ]
}

/// What a folder holds without what snapshots leave out.
fn kept(folder: &Path) -> Contents {
    let mut contents = holds(folder);
    contents.retain(|path, _| path != "target" && !path.starts_with("target/"));
    contents
}

#[tokio::test]
async fn captures_undo_forks_merge_discard_and_sweep_on_a_subvolume() {
    let Some(House { disk, bench }) = House::new(true).await else { return };
    std::fs::write(bench.folder.join("old.txt"), "old\n").expect("written");
    let before = kept(&bench.folder);
    let (session, _) = bench.run(&steps(), json!({})).await;
    let path = format!("/api/v1/sessions/{session}");
    let after = kept(&bench.folder);
    // Each step's files, in forks that are copies of the subvolume.
    let mut at_step = Vec::new();
    let mut forks = Vec::new();
    for n in 0..=4 {
        let fork = bench.world.post(&format!("{path}/fork"), json!({ "at": bench.step(&session, n).await })).await.expect(201);
        let copy = bench.copy_of(fork["id"].as_str().expect("an id"));
        assert!(is_subvolume(&copy), "a copy of the subvolume");
        at_step.push(kept(&copy));
        forks.push(fork["id"].as_str().expect("an id").to_owned());
    }
    assert_eq!((&at_step[0], &at_step[4]), (&before, &after));
    assert_eq!(at_step[1]["a.txt"].2, b"one\n");
    assert_eq!(at_step[2]["d/link"], ('l', 0, b"../a.txt".to_vec()));
    assert_eq!(at_step[2]["d/b.bin"], ('f', 0o755, b"x".to_vec()));
    assert!(at_step[2].contains_key("d/e/f"), "an empty folder");
    assert_eq!((at_step[3]["d/e/moved.txt"].2.as_slice(), at_step[3].contains_key("a.txt")), (b"one\nmore\n".as_slice(), false));
    assert_eq!(kept(&bench.folder), after, "the project is as it was");
    // Caches come along, for it is a copy of all.
    assert_eq!(std::fs::read(bench.copy_of(&forks[1]).join("target/c")).expect("a cache"), b"cache\n");

    for (n, files) in at_step.iter().enumerate() {
        let to = bench.step(&session, n).await;
        bench.world.post(&format!("{path}/undo"), json!({ "to": to })).await.expect(202);
        assert_eq!(&kept(&bench.folder), files, "back at step {n}");
    }

    // A fork works on, beside the project, and is merged back.
    let lines = [shell("echo forked > made.txt; rm d/b.bin"), say("done")];
    let word = json!({ "message": "on", "model": bench.world.script(&lines) });
    let fork = bench.world.post(&format!("{path}/fork"), word).await.expect(201)["id"].as_str().expect("an id").to_owned();
    assert_eq!(bench.world.session_is(&fork, ENDED).await["status"], "completed");
    forks.push(fork.clone());
    let fork = &fork;
    std::fs::write(bench.copy_of(fork).join("by-hand.txt"), "mine\n").expect("written");
    let there = kept(&bench.copy_of(fork));
    bench.world.post(&format!("/api/v1/sessions/{fork}/merge"), json!({})).await.expect(202);
    assert_eq!(kept(&bench.folder), there);

    for fork in &forks {
        bench.world.post(&format!("/api/v1/sessions/{fork}/discard"), json!({})).await.expect(202);
        assert!(!bench.copy_of(fork).exists(), "its subvolume is gone: {}", bench.world.log());
    }
    let retention = json!({ "retention": { "days": 0, "every": 2 } });
    bench.world.send(Method::PUT, &format!("/api/v1/projects/{}/retention", bench.project), Some(&retention)).await.expect(200);
    super::keeping::age(&bench.world.home().join("blobs"));
    let swept = bench.sweep(false).await;
    assert_eq!(swept["missing"], 0, "{swept}");
    assert!(swept["removed"]["objects"].as_u64().expect("a number") > 0, "{swept}");
    // What is kept is laid out from the store as it was.
    let to = bench.step(&session, 2).await;
    let fork = bench.world.post(&format!("{path}/fork"), json!({ "at": to })).await.expect(201);
    assert_eq!(kept(&bench.copy_of(fork["id"].as_str().expect("an id"))), at_step[2]);
    House { disk, bench }.end().await;
}

/// An ordinary folder on the same file system: forks share the files' blocks and hold no caches.
#[tokio::test]
async fn an_ordinary_folder_is_forked_file_by_file() {
    let Some(House { disk, bench }) = House::new(false).await else { return };
    let (session, _) = bench.run(&steps(), json!({})).await;
    let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), json!({})).await.expect(201);
    let copy = bench.copy_of(fork["id"].as_str().expect("an id"));
    assert!(!is_subvolume(&copy));
    assert_eq!(holds(&copy), kept(&bench.folder));
    assert!(!copy.join("target").exists());
    House { disk, bench }.end().await;
}
