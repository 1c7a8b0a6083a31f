//! `GET projects/{id}/tree`.

use std::os::unix::fs::symlink;

use opensail_tests::world::World;
use reqwest::Method;

use crate::PROGRAM;

#[tokio::test]
async fn as_deep_as_asked_and_no_link_is_followed() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, folder) = world.project("boat").await;
    std::fs::create_dir_all(folder.join("a/b/c")).expect("folders");
    std::fs::write(folder.join("a/b/c/deep.txt"), "12345").expect("written");
    std::fs::write(folder.join("top.txt"), "").expect("written");
    symlink("/etc", folder.join("etc")).expect("a link");
    symlink("a", folder.join("loop")).expect("a link");
    symlink("..", folder.join("a/up")).expect("a link");
    let tree = async |query: &str| world.get(&format!("/api/v1/projects/{project}/tree{query}")).await;
    let paths = |tree: &serde_json::Value| -> Vec<String> {
        tree["items"].as_array().expect("items").iter().map(|item| item["path"].as_str().expect("a path").to_owned()).collect()
    };
    assert_eq!(paths(&tree("").await), ["a", "etc", "loop", "top.txt"]);
    assert_eq!(paths(&tree("?depth=2").await), ["a", "a/b", "a/up", "etc", "loop", "top.txt"]);
    let whole = tree("?depth=64").await;
    assert_eq!(paths(&whole), ["a", "a/b", "a/b/c", "a/b/c/deep.txt", "a/up", "etc", "loop", "top.txt"]);
    let item = |path: &str| whole["items"].as_array().expect("items").iter().find(|item| item["path"] == path).cloned().expect(path);
    assert_eq!((item("etc")["kind"].as_str(), item("etc")["link_target"].as_str()), (Some("link"), Some("/etc")));
    assert_eq!((item("a/b/c/deep.txt")["kind"].as_str(), item("a/b/c/deep.txt")["size"].as_u64()), (Some("file"), Some(5)));
    assert!(item("top.txt")["mtime"].as_str().expect("a time").ends_with('Z'));
    assert_eq!(paths(&tree("?path=a/b&depth=2").await), ["a/b/c", "a/b/c/deep.txt"]);
    for query in ["path=etc", "path=..", "path=/etc", "path=top.txt", "path=missing", "depth=0", "depth=65", "depth=x", "path=a%00"] {
        let refused = world.send(Method::GET, &format!("/api/v1/projects/{project}/tree?{query}"), None).await;
        assert!((400..500).contains(&refused.status.as_u16()), "{query}: {}", refused.text);
    }
}
