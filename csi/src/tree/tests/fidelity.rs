//! A thousand random states, each laid out and gone back to without a differing file.

use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rand::{Rng, RngCore, SeedableRng};

use super::super::diff;
use super::world::*;

const STATES: usize = 1000;

struct Random(rand::rngs::StdRng);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    /// Few enough names that they meet again; some are no UTF-8, some hold what shells trip over.
    fn name(&mut self) -> std::ffi::OsString {
        let names: [&[u8]; 12] =
            [b"a", b"b", b"B", b"c.txt", b"d d", b"\xff\xfe", b"new\nline", b"-rf", "ü".as_bytes(), b".hidden", b"*", b"...."];
        std::ffi::OsString::from_vec(names[self.below(names.len())].to_vec())
    }

    fn bytes(&mut self) -> Vec<u8> {
        let size = match self.below(20) {
            0 => 0,
            1 => 70_000 + self.below(200_000),
            _ => self.below(3000),
        };
        let mut bytes = vec![0; size];
        if self.below(2) == 0 {
            self.0.fill_bytes(&mut bytes)
        } else {
            bytes.fill(b'x')
        }
        bytes
    }

    fn folder(&mut self, root: &Path) -> PathBuf {
        let mut folder = root.to_owned();
        for _ in 0..self.below(4) {
            let next = folder.join(self.name());
            if next.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
                folder = next;
            }
        }
        folder
    }

    fn change(&mut self, root: &Path) {
        let folder = self.folder(root);
        let path = folder.join(self.name());
        let there = path.symlink_metadata().ok();
        let is_dir = there.as_ref().is_some_and(std::fs::Metadata::is_dir);
        match self.below(10) {
            0 | 1 if there.is_none() => std::fs::create_dir(&path).expect("folder"),
            2 if there.is_none() => {
                let target = self.name();
                std::os::unix::fs::symlink(target, &path).expect("link");
            }
            3 if is_dir => std::fs::remove_dir_all(&path).expect("removed"),
            3 if there.is_some() => std::fs::remove_file(&path).expect("removed"),
            4 if there.is_some() => {
                let to = self.folder(root).join(self.name());
                if to.symlink_metadata().is_err() && !to.starts_with(&path) {
                    std::fs::rename(&path, to).expect("renamed");
                }
            }
            5 if there.as_ref().is_some_and(|meta| !meta.is_symlink()) => {
                let modes = if is_dir { [0o755, 0o700, 0o2775, 0o1777] } else { [0o644, 0o755, 0o600, 0o444] };
                let mode = modes[self.below(4)];
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("mode");
            }
            _ if there.as_ref().is_none_or(std::fs::Metadata::is_file) => {
                let bytes = self.bytes();
                std::fs::write(&path, bytes).expect("written");
            }
            _ => {}
        }
    }
}

#[test]
fn a_thousand_random_states_come_back_without_a_differing_file() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = Random(rand::rngs::StdRng::seed_from_u64(seed));
    let mut world = World::new();
    let mut taken: Vec<(crate::cas::Address, State)> = Vec::new();
    for round in 0..STATES {
        for _ in 0..1 + random.below(12) {
            random.change(&world.project());
        }
        let snapshot = world.take();
        assert_eq!((snapshot.unsteady.len(), snapshot.snapshot.left_out.len()), (0, 0));
        if let Some((before, _)) = taken.last() {
            // What the tracker remembers says the same as what is stored.
            let remembered = world.tracker.changes(&world.subject, before, &snapshot.name);
            assert_eq!(remembered, diff(&world.subject, before, &snapshot.name), "round {round}");
        }
        taken.push((snapshot.name, state(&world.project())));
        // Laid out anew, at any of the states so far; and every tenth time the folder itself goes back to one.
        let (name, expected) = &taken[random.below(taken.len())];
        let into = world.checkout(name);
        assert_eq!(&state(into.path()), expected, "round {round}");
        if round % 10 == 9 {
            let (name, expected) = taken[random.below(taken.len())].clone();
            let restored = world.restore(&name);
            assert_eq!(restored.spared, Vec::<Vec<u8>>::new());
            let expected: State = expected.into_iter().map(|(path, (mode, _, bytes))| (path, (mode, 0, bytes))).collect();
            assert_eq!(timeless(&world.project()), expected, "round {round}");
        }
    }
}

#[test]
fn a_file_of_holes_takes_no_more_room_when_it_comes_back() {
    // Taking it reads all of it, which takes long where nothing is optimised.
    const SIZE: u64 = 1 << 28;
    let mut world = World::new();
    let make = |path: &std::path::Path| {
        let file = std::fs::File::create(path).expect("a file");
        file.set_len(SIZE).expect("its size");
        for at in [0, SIZE / 3, SIZE - 5] {
            file.write_all_at(b"bytes", at).expect("written");
        }
    };
    make(&world.at("sparse"));
    let taken = world.take();
    let into = world.checkout(&taken.name);
    std::fs::remove_file(world.at("sparse")).expect("removed");
    world.restore(&taken.name);
    let expected = world.folder.path().join("expected");
    make(&expected);
    for path in [into.path().join("sparse"), world.at("sparse")] {
        let meta = path.metadata().expect("metadata");
        assert_eq!(meta.len(), SIZE);
        assert!(meta.blocks() * 512 < 1024 * 1024, "{} blocks", meta.blocks());
        let same = std::process::Command::new("cmp").arg(&path).arg(&expected).status().expect("cmp");
        assert!(same.success(), "{} holds other bytes", path.display());
    }
}
