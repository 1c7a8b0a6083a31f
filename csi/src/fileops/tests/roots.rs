use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn the_real_path_of_a_folder_is_found() {
    let world = world();
    std::os::unix::fs::symlink(world.path(""), world.base().join("alias")).expect("link");
    let real = world.base().join("project");
    assert_eq!(canonical_root(&world.base().join("neighbour/../alias")), Ok(real));
    assert!(matches!(canonical_root(&world.base().join("gone")), Err(FileError::NotFound(_))));
    invalid(canonical_root(&world.base().join("neighbour/secret")));
    invalid(canonical_root(Path::new("relative")));
    for system in ["/", "/proc/self", "/dev", "/sys/kernel"] {
        forbidden(canonical_root(Path::new(system)));
    }
}

#[test]
fn a_root_is_made_with_its_parents_and_only_if_it_is_empty() {
    let world = world();
    let root = world.base().join("kept/projects/one");
    for _ in 0..2 {
        create_root(&root).expect("made");
    }
    assert_eq!(std::fs::metadata(&root).expect("metadata").permissions().mode() & 0o777, 0o700);
    std::fs::write(root.join("a"), "x").expect("write");
    assert!(invalid(create_root(&root)).contains("not empty"));
    std::os::unix::fs::symlink(world.base().join("neighbour"), world.base().join("alias")).expect("link");
    forbidden(create_root(&world.base().join("alias/new")));
    invalid(create_root(&world.base().join("kept/../elsewhere")));
    assert!(!world.base().join("neighbour/new").exists());
}

#[test]
fn a_root_is_removed_whole_without_following_links() {
    let world = world();
    let root = world.path("");
    world.file("a/b/c", "x");
    world.file("read-only/inner/d", "x");
    world.link("out", "../neighbour");
    world.link("a/out", world.base().join("neighbour/secret"));
    for folder in ["read-only/inner", "read-only"] {
        std::fs::set_permissions(world.path(folder), std::fs::Permissions::from_mode(0o500)).expect("chmod");
    }
    for _ in 0..2 {
        remove_root(&root).expect("removed");
    }
    assert!(!root.exists());
    assert_eq!(std::fs::read(world.base().join("neighbour/secret")).expect("untouched"), SECRET);
}

#[test]
fn a_link_is_not_removed_as_a_root_nor_gone_through() {
    let world = world();
    std::os::unix::fs::symlink(world.base().join("neighbour"), world.base().join("alias")).expect("link");
    std::fs::create_dir(world.base().join("neighbour/inner")).expect("mkdir");
    forbidden(remove_root(&world.base().join("alias")));
    forbidden(remove_root(&world.base().join("alias/inner")));
    forbidden(remove_root(Path::new("/")));
    assert!(world.base().join("neighbour/inner").exists());
}

/// Deeper than a path may be long, so that no path names the innermost folder.
#[test]
fn a_root_of_any_depth_is_listed_and_removed() {
    let world = world();
    let mut dir = std::fs::File::open(world.path("")).map(std::os::fd::OwnedFd::from).expect("open");
    let name = "d".repeat(200);
    for _ in 0..100 {
        rustix::fs::mkdirat(&dir, &name, rustix::fs::Mode::RWXU).expect("mkdir");
        let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::DIRECTORY;
        dir = rustix::fs::openat(&dir, &name, flags, rustix::fs::Mode::empty()).expect("open");
    }
    let query = TreeQuery { depth: u32::MAX, limit: 999, ..Default::default() };
    let depth = tree(&world.root, &query, &Cancel::default()).expect("tree").items.len();
    assert!((15..100).contains(&depth), "{depth}");
    remove_root(&world.path("")).expect("removed");
    assert!(!world.path("").exists());
}
