//! Names of any bytes: told apart, asked for again, decided on, and harmless in a diff.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use reqwest::Method;
use serde_json::json;

use super::*;

fn at(bench: &Bench, name: &[u8]) -> PathBuf {
    bench.folder.join(OsStr::from_bytes(name))
}

/// In a query or path, every byte of it.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn names_that_are_no_text_are_told_apart_and_asked_for() {
    let bench = Bench::new().await;
    // Alike when what is no UTF-8 is replaced by a mark; and one that looks like how another is told.
    let names: [(&[u8], &str); 4] =
        [(b"f\xff", "f\\xff"), (b"f\xfe", "f\\xfe"), (b"f\\xff", "f\\\\xff"), ("f\u{fffd}".as_bytes(), "f\u{fffd}")];
    let make = "for n in $'f\\xff' $'f\\xfe' 'f\\xff' $'f\\xef\\xbf\\xbd'; do printf '%s\\n' \"$n one\" > \"$n\"; done";
    let (session, _) = bench.run(&[shell(make), say("done")], json!({})).await;
    let path = format!("/api/v1/sessions/{session}");
    let tree = bench.world.get(&format!("{path}/tree")).await;
    let told: Vec<&str> = tree["items"].as_array().expect("items").iter().map(|item| item["path"].as_str().expect("a path")).collect();
    let mut expected: Vec<&str> = names.iter().map(|(_, text)| *text).collect();
    expected.sort_unstable();
    let mut sorted = told.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected, "{:?}", bench.calls(&session).await);
    let here = bench.world.get(&format!("/api/v1/projects/{}/tree", bench.project)).await;
    for (raw, text) in names {
        let bytes = std::fs::read(at(&bench, raw)).expect("made");
        for place in [format!("{path}/files"), format!("/api/v1/projects/{}/files", bench.project)] {
            let read = bench.world.send(Method::GET, &format!("{place}/{}", encoded(text)), None).await;
            assert_eq!((read.status.as_u16(), read.text.as_bytes()), (200, String::from_utf8_lossy(&bytes).as_bytes()), "{place} {text}");
        }
        let blame = bench.world.get(&format!("{path}/blame?path={}", encoded(text))).await;
        assert_eq!((&blame["path"], blame["items"].as_array().map(Vec::len)), (&json!(text), Some(1)));
        assert!(here["items"].as_array().expect("items").iter().any(|item| item["path"] == text), "{here}");
        let event = &bench.events_of(&session, "workspace_captured").await[1];
        assert!(event["data"]["paths"].as_array().expect("paths").contains(&json!(text)), "{event}");
    }
    // Each is decided by its own name.
    let begin = bench.step(&session, 0).await;
    for (raw, _) in names {
        std::fs::write(at(&bench, raw), "mine\n").expect("written");
    }
    let undo = format!("{path}/undo");
    let refused = bench.world.post(&undo, json!({ "to": begin })).await;
    let told: Vec<&str> = refused.body["conflicts"]
        .as_array()
        .expect("conflicts")
        .iter()
        .map(|conflict| conflict["path"].as_str().expect("a path"))
        .collect();
    assert_eq!((refused.status.as_u16(), told.len()), (409, 4), "{}", refused.text);
    let decisions = json!({ "f\\xff": "keep", "f\\xfe": "take", "f\\\\xff": "take", "f\u{fffd}": "take" });
    bench.world.post(&undo, json!({ "to": begin, "decisions": decisions })).await.expect(202);
    let left: Vec<_> = std::fs::read_dir(&bench.folder).expect("a folder").flatten().map(|entry| entry.file_name().into_vec()).collect();
    assert_eq!(left, [b"f\xff".to_vec()]);
}

#[tokio::test]
async fn a_diff_of_any_names_is_applied_by_git_and_forged_by_none() {
    let bench = Bench::new().await;
    let names: [&[u8]; 9] = [
        b"plain",
        b"two words",
        b"tab\tbed",
        b"line\n--- a/etc\n+++ b/etc\n@@ -0,0 +1 @@\n+forged",
        b"\"quoted\"",
        b"\x1b[31mred",
        b"back\\slash",
        b"byte\xff",
        b"\\xff",
    ];
    for name in names.iter().skip(1) {
        std::fs::create_dir_all(at(&bench, name).parent().expect("a folder")).expect("folders");
        std::fs::write(at(&bench, name), "one\n").expect("written");
    }
    let before = holds(&bench.folder);
    let (session, _) =
        bench.run(&[shell("echo new > plain; find . -type f ! -name plain -exec sed -i s/one/two/ {} +"), say("done")], json!({})).await;
    let begin = bench.step(&session, 0).await;
    let diff = bench.world.get(&format!("/api/v1/sessions/{session}/diff?from={begin}")).await;
    let items = diff["items"].as_array().expect("items");
    assert_eq!(items.len(), names.len(), "{diff}");
    let patch: String = items.iter().map(|item| item["diff"].as_str().expect("a diff")).collect();
    for item in items {
        let diff = item["diff"].as_str().expect("a diff");
        assert_eq!(diff.lines().filter(|line| line.starts_with("+++ ") || line.starts_with("--- ")).count(), 2, "{diff}");
    }
    let elsewhere = tempfile::tempdir().expect("a folder");
    for name in names.iter().skip(1) {
        let path = elsewhere.path().join(OsStr::from_bytes(name));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, "one\n").expect("written");
    }
    let contents = |holds: Contents| holds.into_iter().map(|(name, (kind, _, bytes))| (name, kind, bytes)).collect::<Vec<_>>();
    assert_eq!(contents(holds(elsewhere.path())), contents(before));
    let patch_file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(patch_file.path(), patch).expect("written");
    let applied =
        std::process::Command::new("git").current_dir(elsewhere.path()).arg("apply").arg(patch_file.path()).output().expect("git");
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    assert_eq!(contents(holds(elsewhere.path())), contents(holds(&bench.folder)));
}
