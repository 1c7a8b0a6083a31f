use super::*;
use crate::small_disk::SmallDisk;

#[test]
fn a_full_disk_is_said_and_nothing_is_changed() {
    let Some(disk) = SmallDisk::mount("2m") else { return };
    let root = Root::open(&disk.path().canonicalize().expect("canonical")).expect("root");
    let big = "x".repeat(4 * 1024 * 1024);
    apply(&root, &change("a", None, Some("old"))).expect("fits");
    assert_eq!(apply(&root, &change("a", Some("old"), Some(&big))), Err(FileError::Full));
    assert_eq!(apply(&root, &change("new/deep/b", None, Some(&big))), Err(FileError::Full));
    assert_eq!(read(&root, "a").expect("read").expect("there").bytes, "old");
    let left: Vec<_> = std::fs::read_dir(disk.path()).expect("readable").map(|entry| entry.expect("entry").file_name()).collect();
    assert_eq!(left, ["a"]);
    assert_eq!(apply(&root, &change("a", Some("old"), Some("new"))), Ok(Applied::Done));
}
