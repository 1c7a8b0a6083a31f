//! `projects/{id}/files/{path}`: bytes with an ETag, and conditions on it.

use opensail_tests::world::{Answer, World};
use reqwest::Method;
use sha2::{Digest, Sha256};

use crate::PROGRAM;

struct Bench {
    world: World,
    files: String,
    project: String,
    folder: std::path::PathBuf,
}

impl Bench {
    async fn new() -> Bench {
        let world = World::start(PROGRAM, &[]).await;
        let (project, folder) = world.project("boat").await;
        Bench { files: format!("/api/v1/projects/{project}/files"), world, project, folder }
    }

    async fn ask(&self, method: Method, path: &str, condition: &[(&str, &str)], body: impl Into<reqwest::Body>) -> Answer {
        let bearer = format!("Bearer {}", self.world.token);
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(condition);
        self.world.ask(method, &format!("{}/{path}", self.files), &headers, body).await
    }

    async fn put(&self, path: &str, condition: &[(&str, &str)], body: &str) -> u16 {
        self.ask(Method::PUT, path, condition, body.to_owned()).await.status.as_u16()
    }

    fn on_disk(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.join(path)).ok()
    }
}

fn etag(text: &str) -> String {
    let hash: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hash}\"")
}

#[tokio::test]
async fn written_read_and_deleted() {
    let bench = Bench::new().await;
    let written = bench.ask(Method::PUT, "src/deep/a.txt", &[], "one").await;
    assert_eq!(written.headers["etag"].to_str().ok(), Some(etag("one").as_str()));
    let cursor = written.headers["opensail-position"].to_str().expect("text").to_owned();
    let written = written.expect(200);
    assert!(cursor.ends_with(&format!(".{}", written["position"])));
    assert_eq!(bench.on_disk("src/deep/a.txt").as_deref(), Some("one"));

    let read = bench.ask(Method::GET, "src/deep/a.txt", &[], "").await;
    assert_eq!((read.status.as_u16(), read.text.as_str(), read.headers["etag"].to_str().ok()), (200, "one", Some(etag("one").as_str())));
    // Others' bytes under our name: never a page.
    assert_eq!(read.headers["content-type"], "application/octet-stream");
    assert_eq!(read.headers["x-content-type-options"], "nosniff");
    assert_eq!(bench.ask(Method::GET, "src/deep/a.txt", &[("if-none-match", &etag("one"))], "").await.status, 304);
    assert_eq!(bench.ask(Method::GET, "src/deep/a.txt", &[("if-none-match", &etag("two"))], "").await.status, 200);

    // Any bytes, empty ones too.
    let bytes: Vec<u8> = (0..=255).collect();
    bench.ask(Method::PUT, "bytes", &[], bytes.clone()).await.expect(200);
    assert_eq!(std::fs::read(bench.folder.join("bytes")).expect("there"), bytes);
    assert_eq!(bench.put("empty", &[], "").await, 200);
    assert_eq!(bench.on_disk("empty").as_deref(), Some(""));

    let deleted = bench.ask(Method::DELETE, "src/deep/a.txt", &[], "").await.expect(200)["position"].clone();
    assert_eq!(bench.on_disk("src/deep/a.txt"), None);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(bench.ask(method, "src/deep/a.txt", &[], "").await.status, 404);
    }
    // Each was an event with its hashes, and without its content.
    let of_project = format!("project_id={}&stream=project-{}&min_position={deleted}", bench.project, bench.project);
    let events = bench.world.get(&format!("/api/v1/audit/events?{of_project}")).await;
    let of =
        |kind: &str| events["items"].as_array().expect("items").iter().filter(|event| event["type"] == kind).cloned().collect::<Vec<_>>();
    let (writes, deletes) = (of("project.file_written"), of("project.file_deleted"));
    assert_eq!((writes.len(), deletes.len()), (3, 1));
    assert_eq!(writes[0]["data"]["path"], "src/deep/a.txt");
    assert_eq!(writes[0]["data"]["after"].as_str(), Some(etag("one").trim_matches('"')));
    assert_eq!(deletes[0]["data"]["before"].as_str(), Some(etag("one").trim_matches('"')));
}

#[tokio::test]
async fn a_condition_that_does_not_hold_changes_nothing() {
    let bench = Bench::new().await;
    let (one, two) = (etag("one"), etag("two"));
    assert_eq!(bench.put("a", &[("if-match", &one)], "x").await, 412, "it is not there");
    assert_eq!(bench.put("a", &[("if-match", "*")], "x").await, 412);
    assert_eq!(bench.on_disk("a"), None);
    assert_eq!(bench.put("a", &[("if-none-match", "*")], "one").await, 200);
    assert_eq!(bench.put("a", &[("if-none-match", "*")], "again").await, 412);
    assert_eq!(bench.put("a", &[("if-match", &two)], "x").await, 412);
    assert_eq!(bench.on_disk("a").as_deref(), Some("one"));
    assert_eq!(bench.ask(Method::DELETE, "a", &[("if-match", &two)], "").await.status, 412);
    assert_eq!(bench.on_disk("a").as_deref(), Some("one"));
    let either = format!("{two}, {one}");
    assert_eq!(bench.put("a", &[("if-match", &either)], "two").await, 200);
    assert_eq!(bench.put("a", &[("if-match", "*")], "three").await, 200);
    assert_eq!(bench.ask(Method::DELETE, "a", &[("if-match", &etag("three"))], "").await.status, 200);
    for bad in ["one", "\"", "one, two"] {
        assert_eq!(bench.put("a", &[("if-match", bad)], "x").await, 422, "{bad}");
    }
    assert_eq!(bench.on_disk("a"), None);
}

/// Many writers with one hash in hand: one of them wins, and what lies there is what the winner wrote.
#[tokio::test]
async fn of_many_writers_one_wins() {
    let bench = Bench::new().await;
    assert_eq!(bench.put("a", &[], "start").await, 200);
    let start = etag("start");
    let condition = [("if-match", start.as_str())];
    let texts: Vec<String> = (0..8).map(|number| format!("writer {number}")).collect();
    let statuses = futures::future::join_all(texts.iter().map(|text| bench.put("a", &condition, text))).await;
    let winners: Vec<&String> = texts.iter().zip(&statuses).filter(|(_, status)| **status == 200).map(|(text, _)| text).collect();
    assert_eq!(winners.len(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 412)), "{statuses:?}");
    assert_eq!(bench.on_disk("a").as_ref(), Some(winners[0]));
}

#[tokio::test]
async fn at_most_25_mib() {
    let bench = Bench::new().await;
    let most = 25 * 1024 * 1024;
    bench.ask(Method::PUT, "large", &[], vec![b'x'; most]).await.expect(200);
    assert_eq!(std::fs::metadata(bench.folder.join("large")).expect("there").len(), most as u64);
    let refused = bench.ask(Method::PUT, "larger", &[], vec![b'x'; most + 1]).await;
    assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (413, Some("too_large")));
    assert!(!bench.folder.join("larger").exists());
    // Not believed by its header alone: sent in pieces without a length.
    let pieces = futures::stream::iter((0..26).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1024 * 1024])));
    let refused = bench.ask(Method::PUT, "larger", &[], reqwest::Body::wrap_stream(pieces)).await;
    assert_eq!(refused.status, 413, "{}", refused.text);
    assert_eq!(std::fs::read_dir(&bench.folder).expect("a folder").count(), 1, "no draft is left");
}
