//! The arrows between the folders, and the house's own rules, held by a test: a drift is a decision file first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each folder may depend on of the others (house: "What stands on the ground").
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("eventstore", &[]),
    ("proto", &[]),
    ("csi", &["proto"]),
    ("commands", &["domain", "eventstore"]),
    ("projections", &["domain", "eventstore"]),
    ("api", &["domain", "eventstore", "commands", "projections"]),
    ("workers", &["domain", "eventstore", "commands", "projections", "proto", "csi"]),
    ("deploy", &["domain", "eventstore", "commands", "projections", "proto", "csi", "api", "workers"]),
    ("tests", &["domain", "eventstore", "commands", "projections", "proto", "csi", "api", "workers", "deploy"]),
];

/// The domain is pure: it may use these crates and no others.
const DOMAIN_MAY_USE: &[&str] = &["schemars", "serde", "serde_json", "thiserror", "uuid"];

fn root() -> PathBuf {
    // Asked when it runs: clones share their build results, and each has a folder of its own.
    let tests = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    Path::new(&tests).parent().expect("the tests lie in the project").to_path_buf()
}

/// Names under `[dependencies]` of a folder's manifest.
fn dependencies(folder: &str) -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("every folder is a package");
    let mut section = "";
    let mut names = BTreeSet::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if section == "[dependencies]" && !line.is_empty() && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            names.insert(name.to_string());
        }
    }
    names
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn folders_depend_only_along_the_arrows() {
    let arrows: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    for (folder, allowed) in ARROWS {
        for name in dependencies(folder) {
            let Some(other) = name.strip_prefix("opensail-") else { continue };
            assert!(arrows.contains_key(other), "{folder} depends on {other}, which is no folder of the house");
            assert!(allowed.contains(&other), "{folder} may not depend on {other}");
        }
    }
}

/// Cargo would give the product what `tests` asks of the other folders when all are built together: such a release does not compile.
#[test]
fn a_release_holds_nothing_that_is_only_for_tests() {
    let main = std::fs::read_to_string(root().join("deploy/src/main.rs")).expect("text");
    assert!(main.contains("const _: () = opensail_deploy::product::check(cfg!(debug_assertions));"), "nobody looks");
    opensail_deploy::product::check(true);
    let refused = std::panic::catch_unwind(|| opensail_deploy::product::check(false)).expect_err("this build has the features of tests");
    let why = refused.downcast_ref::<&str>().expect("words");
    assert!(why.ends_with("cargo build --release --package opensail-deploy"), "{why}");
}

#[test]
fn the_domain_is_pure() {
    for name in dependencies("domain") {
        assert!(DOMAIN_MAY_USE.contains(&name.as_str()), "the domain may not use {name}");
    }
    let mut files = Vec::new();
    rust_files(&root().join("domain/src"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("text");
        for word in ["async fn", "SystemTime::now", "Instant::now", "Uuid::now_v7", "std::fs", "std::net", "rand::"] {
            assert!(!text.contains(word), "{} uses {word}", file.display());
        }
    }
}

#[test]
fn no_folder_with_code_stands_beside_the_ten() {
    for entry in std::fs::read_dir(root()).expect("the project").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') && name != "target" {
            assert!(ARROWS.iter().any(|(folder, _)| *folder == name), "{name} is not a folder of the house");
        }
    }
}

#[test]
fn no_file_hides_unfinished_work_or_is_named_util() {
    let mut files = Vec::new();
    for (folder, _) in ARROWS {
        rust_files(&root().join(folder), &mut files);
    }
    for file in files {
        assert!(!file.ends_with("util.rs") && !file.ends_with("utils.rs"), "{} has no name of the field's", file.display());
        if file.ends_with("house/architecture.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("text");
        for word in ["todo!(", "unimplemented!(", "FIXME", "TODO"] {
            assert!(!text.contains(word), "{} holds {word}", file.display());
        }
    }
}

#[test]
fn one_sqlx_one_rustls_no_openssl() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("the lock file");
    let versions = |name: &str| lock.matches(&format!("name = \"{name}\"\n")).count();
    assert_eq!(versions("sqlx"), 1);
    assert_eq!(versions("rustls"), 1);
    for banned in ["openssl", "openssl-sys", "native-tls", "aws-lc-sys", "aws-lc-rs"] {
        assert_eq!(versions(banned), 0, "{banned} came into the tree");
    }
}
