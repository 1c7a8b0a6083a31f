//! `POST projects`: from a folder, a template, a git address, or empty.

use std::os::unix::fs::symlink;

use opensail_tests::world::World;
use serde_json::{Value, json};

use super::{OPEN, made};
use crate::PROGRAM;

async fn refused(world: &World, source: Value) -> (u16, String) {
    let body = json!({ "team_id": world.team().await, "name": "p", "source": source });
    let answer = world.post("/api/v1/projects", body).await;
    let pointer = answer.body["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), pointer)
}

#[tokio::test]
async fn an_empty_one_and_one_from_a_template() {
    let world = World::start(PROGRAM, &[]).await;
    let body = json!({ "team_id": world.team().await, "name": "bare" });
    let bare = world.post("/api/v1/projects", body).await.expect(201);
    let bare = super::settled(&world, bare["id"].as_str().expect("an id")).await;
    assert_eq!((bare["status"].as_str(), bare["name"].as_str()), (Some("ready"), Some("bare")));
    let tree = world.get(&format!("/api/v1/projects/{}/tree", bare["id"].as_str().expect("an id"))).await;
    assert_eq!(tree["items"], json!([]));

    let templates = world.get("/api/v1/templates").await;
    let names: Vec<&str> = templates["items"].as_array().expect("items").iter().filter_map(|item| item["name"].as_str()).collect();
    assert!(!names.is_empty());
    for name in names {
        let project = made(&world, json!({ "kind": "template", "name": name })).await;
        assert_eq!(project["status"], "ready", "{project}");
        let tree = world.get(&format!("/api/v1/projects/{}/tree?depth=9", project["id"].as_str().expect("an id"))).await;
        assert!(!tree["items"].as_array().expect("items").is_empty(), "{name} has files");
    }
    assert_eq!(refused(&world, json!({ "kind": "template", "name": "../../etc" })).await, (422, "/source/name".into()));
    assert_eq!(refused(&world, json!({ "kind": "template" })).await, (422, "/source/name".into()));
}

#[tokio::test]
async fn a_folder_is_worked_on_in_place() {
    let world = World::start(PROGRAM, &[]).await;
    let folder = world.project_folder("boat");
    std::fs::write(folder.join("hull.txt"), "oak").expect("written");
    let project = made(&world, json!({ "kind": "folder", "path": folder })).await;
    assert_eq!(project["status"], "ready");
    let id = project["id"].as_str().expect("an id");
    let file = world.send(reqwest::Method::GET, &format!("/api/v1/projects/{id}/files/hull.txt"), None).await;
    assert_eq!((file.status.as_u16(), file.text.as_str()), (200, "oak"));
    world
        .ask(
            reqwest::Method::PUT,
            &format!("/api/v1/projects/{id}/files/mast.txt"),
            &[("authorization", &format!("Bearer {}", world.token))],
            "fir",
        )
        .await
        .expect(200);
    assert_eq!(std::fs::read_to_string(folder.join("mast.txt")).expect("it is there"), "fir");
}

#[tokio::test]
async fn folders_that_are_nobodys_to_give_are_refused() {
    let world = World::start(PROGRAM, OPEN).await;
    let roots = world.path().join("work");
    let outside = world.path().join("outside");
    std::fs::create_dir_all(&outside).expect("a folder");
    symlink(&outside, roots.join("way-out")).expect("a link");
    symlink(world.home(), roots.join("to-home")).expect("a link");
    std::fs::write(roots.join("file"), "x").expect("a file");
    for path in [
        outside.clone(),
        roots.join("way-out"),
        roots.join("to-home"),
        roots.join("../outside"),
        roots.join("missing"),
        roots.join("file"),
        world.home(),
        world.home().join("projects"),
        world.path().to_path_buf(),
        "/".into(),
        "/etc".into(),
        "/proc/self/cwd".into(),
        "work".into(),
        "".into(),
        "a\0b".into(),
    ] {
        assert_eq!(refused(&world, json!({ "kind": "folder", "path": path })).await, (422, "/source/path".into()), "{path:?}");
    }
    // A link inside the roots to a folder inside the roots is that folder.
    let real = world.project_folder("real");
    symlink(&real, roots.join("alias")).expect("a link");
    let project = made(&world, json!({ "kind": "folder", "path": roots.join("alias") })).await;
    assert_eq!(project["source"]["path"].as_str(), real.to_str());

    // Somebody who is not the owner of this machine has no folders on it.
    let eve = world.register("eve").await;
    let team = eve.post(&world, "/api/v1/teams", json!({ "name": "t" })).await.expect(201)["id"].clone();
    let body = json!({ "team_id": team, "name": "p", "source": { "kind": "folder", "path": real } });
    let answer = eve.post(&world, "/api/v1/projects", body).await;
    assert!(matches!(answer.status.as_u16(), 403 | 422), "{}", answer.text);
}

/// The roots hold the data folder: the folder itself stays out of reach all the same.
#[tokio::test]
async fn the_data_folder_is_no_project_even_beneath_the_roots() {
    let mut world = World::at_rest(PROGRAM, &[]);
    let root = world.path().display().to_string();
    world.serve(&[("OPENSAIL_PROJECT_ROOTS", &root)]).await;
    for path in [world.home(), world.home().join("blobs"), world.path().to_path_buf()] {
        assert_eq!(refused(&world, json!({ "kind": "folder", "path": path })).await, (422, "/source/path".into()), "{path:?}");
    }
}

#[tokio::test]
async fn a_git_address_that_does_not_answer_fails_with_a_reason() {
    let world = World::start(PROGRAM, &[]).await;
    // Bound and closed again: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let project = made(&world, json!({ "kind": "git", "url": format!("https://127.0.0.1:{port}/boat.git") })).await;
    assert_eq!(project["status"], "failed", "{project}");
    let reason = project["reason"].as_str().expect("a reason");
    assert!(!reason.is_empty() && !reason.contains(&world.home().display().to_string()), "{reason}");
    let id = project["id"].as_str().expect("an id");
    // Nothing can be done in it, and it can be thrown away.
    let session = world.post(&format!("/api/v1/projects/{id}/sessions"), json!({ "task": "t" })).await;
    assert_eq!((session.status.as_u16(), session.body["code"].as_str()), (409, Some("state")), "{}", session.text);
    assert_eq!(world.send(reqwest::Method::GET, &format!("/api/v1/projects/{id}/tree"), None).await.status, 409);
    world.send(reqwest::Method::DELETE, &format!("/api/v1/projects/{id}"), None).await.expect(200);
}

#[tokio::test]
async fn addresses_that_run_or_read_something_here_are_refused() {
    let world = World::start(PROGRAM, &[]).await;
    let secret = world.project_folder("repo");
    for url in [
        format!("file://{}", secret.display()),
        secret.display().to_string(),
        "ext::sh -c touch%20/tmp/x".into(),
        "ext::sh".into(),
        "fd::17".into(),
        "git://example.org/x".into(),
        "http://example.org/x".into(),
        "ftp://example.org/x".into(),
        "--upload-pack=touch /tmp/x".into(),
        "-oProxyCommand=x@host:path".into(),
        "ssh://-oProxyCommand=x/path".into(),
        "https://user:password@example.org/x".into(),
        "https://example.org/x\nfoo".into(),
        "https://0x7f.1/x".into(),
        "https://2130706433/x".into(),
        "".into(),
    ] {
        assert_eq!(refused(&world, json!({ "kind": "git", "url": url })).await, (422, "/source/url".into()), "{url}");
    }
    for reference in ["--upload-pack=x", "-x", "a b", "a\nb", "..", "a..b", ""] {
        let (status, pointer) = refused(&world, json!({ "kind": "git", "url": "https://127.0.0.1:1/x", "ref": reference })).await;
        assert_eq!((status, pointer.as_str()), (422, "/source/ref"), "{reference:?}");
    }
}

#[tokio::test]
async fn odd_wishes_are_pointed_at() {
    let world = World::start(PROGRAM, &[]).await;
    let team = world.team().await;
    for (body, pointer) in [
        (json!({ "team_id": team, "name": "" }), "/name"),
        (json!({ "team_id": team, "name": "a\u{7}" }), "/name"),
        (json!({ "team_id": team, "name": "p", "source": { "kind": "tarball" } }), "/source/kind"),
        (json!({ "team_id": team, "name": "p", "source": { "kind": "git", "url": "https://a.b/c", "path": "/" } }), "/source/path"),
        (json!({ "team_id": "x", "name": "p" }), "/team_id"),
        (json!({ "team_id": team, "name": "p", "sauce": {} }), "/sauce"),
    ] {
        let answer = world.post("/api/v1/projects", body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.body["errors"][0]["pointer"].as_str()), (422, Some(pointer)), "{body} {}", answer.text);
    }
    let foreign = json!({ "team_id": uuid::Uuid::now_v7(), "name": "p" });
    world.post("/api/v1/projects", foreign).await.expect(404);
}
