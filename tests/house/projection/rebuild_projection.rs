use opensail_tests::postgres::fresh_database;
use opensail_tests::world::World;
use serde_json::Value;

use crate::PROGRAM;

pub(crate) async fn opensail(world: &World, arguments: &[&str]) -> (bool, String) {
    let done = world.command(arguments).output().await.expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.success(), text(&done.stdout) + &text(&done.stderr))
}

/// Exit code of `projection lag`, and the events that it says are still to be projected.
pub(super) async fn lag(world: &World) -> (Option<i32>, String) {
    let done = world.command(&["projection", "lag"]).output().await.expect("it runs");
    (done.status.code(), String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

async fn kept(world: &World, name: &str) -> Option<u64> {
    let (_, list) = opensail(world, &["projection", "list", "--json"]).await;
    let views: Vec<Value> = list.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    views.iter().find(|view| view["name"] == name).expect("the view")["kept"].as_u64()
}

async fn built_anew_and_back_again_while_it_is_read(world: World) {
    let (project, _) = world.project("boat").await;
    let shown = world.get(&format!("/api/v1/projects/{project}")).await;

    let (done, told) = opensail(&world, &["projection", "rebuild", "project"]).await;
    assert!(done && told.contains("kept for rollback"), "{told}");
    assert_eq!(world.get(&format!("/api/v1/projects/{project}")).await, shown);
    assert!(kept(&world, "project").await.is_some());

    let (done, told) = opensail(&world, &["projection", "rollback", "project"]).await;
    assert!(done, "{told}");
    assert_eq!(world.get(&format!("/api/v1/projects/{project}")).await, shown);

    assert!(opensail(&world, &["projection", "drop-old", "project"]).await.0);
    assert_eq!(kept(&world, "project").await, None);
    let (done, told) = opensail(&world, &["projection", "rollback", "project"]).await;
    assert!(!done && told.contains("no earlier tables are kept"), "{told}");
    let (done, told) = opensail(&world, &["projection", "rebuild", "nothing"]).await;
    assert!(!done, "{told}");
    assert_eq!(lag(&world).await, (Some(0), "0".to_owned()));
}

#[tokio::test]
async fn built_anew_and_back_again_while_it_is_read_on_sqlite() {
    built_anew_and_back_again_while_it_is_read(World::start(PROGRAM, &[]).await).await;
}

#[tokio::test]
async fn built_anew_and_back_again_while_it_is_read_on_postgres() {
    let database = fresh_database().await;
    built_anew_and_back_again_while_it_is_read(World::start(PROGRAM, &database.settings()).await).await;
}
