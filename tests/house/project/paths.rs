//! Paths that lead, or would like to lead, out of the project.

use std::os::unix::fs::symlink;

use opensail_tests::world::World;

use crate::PROGRAM;

#[tokio::test]
async fn nothing_outside_is_read_or_written() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, folder) = world.project("boat").await;
    let canary = world.path().join("work/canary.txt");
    std::fs::write(&canary, "canary").expect("written");
    std::fs::create_dir(folder.join("sub")).expect("a folder");
    symlink("../canary.txt", folder.join("link")).expect("a link");
    symlink("..", folder.join("up")).expect("a link");
    symlink("/etc", folder.join("etc")).expect("a link");
    symlink(world.home(), folder.join("home")).expect("a link");
    let files = format!("/api/v1/projects/{project}/files");
    let long = "x/".repeat(3000);
    let name = "n".repeat(300);
    for path in [
        "../canary.txt",
        "sub/../../canary.txt",
        "%2e%2e/canary.txt",
        "%2e%2e%2fcanary.txt",
        "..%2fcanary.txt",
        "sub%2f..%2f..%2fcanary.txt",
        "%252e%252e%252fcanary.txt",
        "..%5ccanary.txt",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "//etc/passwd",
        "link",
        "up/canary.txt",
        "etc/passwd",
        "home/secret.key",
        "home/cli.token",
        "a%00b",
        "canary.txt%00",
        "%ff%fe",
        "%c0%ae%c0%ae/canary.txt",
        "sub/./../../canary.txt",
        &long,
        &name,
        ".",
        "",
        "sub/",
        "..",
        "%2e%2e",
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let (status, answer) = world.raw_path(method, &format!("{files}/{path}"), if method == "PUT" { "changed" } else { "" }).await;
            // A name that only looks odd may be written inside the project; everything else is refused.
            let harmless = matches!(path, "%252e%252e%252fcanary.txt" | "..%5ccanary.txt") && matches!(status, 200 | 404);
            assert!(harmless || (400..500).contains(&status), "{method} {path}: {answer}");
            assert!(!answer.contains("root:") && !answer.ends_with("canary"), "{method} {path}: {answer}");
            assert!(
                !answer.contains(&world.path().display().to_string()) || path.contains("home"),
                "an answer names no place on this machine: {answer}"
            );
        }
        assert_eq!(std::fs::read_to_string(&canary).expect("it is there"), "canary", "{path}");
    }
    assert!(world.home().join("cli.token").exists() && world.home().join("secret.key").exists());
    // A link that stays inside is fine to read; the listing shows links and follows none.
    std::fs::write(folder.join("sub/real"), "real").expect("written");
    symlink("sub/real", folder.join("inner")).expect("a link");
    assert!(world.raw_path("GET", &format!("{files}/inner"), "").await.1.ends_with("real"));
}

#[tokio::test]
async fn git_is_not_written_by_hand() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, folder) = world.project("boat").await;
    std::fs::create_dir_all(folder.join(".git/hooks")).expect("a folder");
    std::fs::write(folder.join(".git/config"), "[core]\n").expect("written");
    std::fs::create_dir_all(folder.join("vendor/.git")).expect("a folder");
    symlink(".git", folder.join("g")).expect("a link");
    let files = format!("/api/v1/projects/{project}/files");
    for path in [
        ".git/config",
        ".git/hooks/pre-commit",
        ".GIT/config",
        "%2egit/config",
        ".git",
        "vendor/.git/config",
        "g/config",
        "g/hooks/post-checkout",
        "new/.git/config",
    ] {
        for method in ["PUT", "DELETE"] {
            let (status, answer) = world.raw_path(method, &format!("{files}/{path}"), "[core]\nfsmonitor = touch /tmp/x\n").await;
            assert!((400..500).contains(&status), "{method} {path}: {answer}");
        }
    }
    assert_eq!(std::fs::read_to_string(folder.join(".git/config")).expect("there"), "[core]\n");
    assert_eq!(std::fs::read_dir(folder.join(".git/hooks")).expect("a folder").count(), 0);
    assert!(!folder.join("new").exists());
    // Files that only begin like it are anybody's.
    assert_eq!(world.raw_path("PUT", &format!("{files}/.gitignore"), "x").await.0, 200);
}

#[tokio::test]
async fn odd_names_are_only_names() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, folder) = world.project("boat").await;
    let files = format!("/api/v1/projects/{project}/files");
    for (written, name) in [
        ("a%20b.txt", "a b.txt"),
        ("%C3%A4%F0%9F%9A%A2", "ä🚢"),
        ("line%0Abreak", "line\nbreak"),
        ("%22quoted%22", "\"quoted\""),
        ("a%3Fb%23c", "a?b#c"),
        ("-rf", "-rf"),
        ("%24%28touch%20x%29", "$(touch x)"),
        ("%E2%80%AEevil", "\u{202e}evil"),
        ("...", "..."),
        ("con:aux", "con:aux"),
        ("%7E", "~"),
    ] {
        let (status, answer) = world.raw_path("PUT", &format!("{files}/{written}"), name).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(std::fs::read_to_string(folder.join(name)).expect("it has its name"), name);
        assert!(world.raw_path("GET", &format!("{files}/{written}"), "").await.1.ends_with(name), "{written}");
    }
    let tree = world.get(&format!("/api/v1/projects/{project}/tree")).await;
    assert_eq!(tree["items"].as_array().expect("items").len(), 11, "{tree}");
    assert!(tree["items"].as_array().expect("items").iter().any(|item| item["path"] == "line\nbreak"));
}
