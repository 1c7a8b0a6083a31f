//! SECRET_KEY is changed: everything opens under the new one, nothing under the old one any more.

use opensail_tests::people::PASSWORD;
use opensail_tests::postgres::{Database, fresh_database};
use reqwest::Method;
use serde_json::json;

use super::{run, said, world};

const NEW: &str = "a new secret of at least thirty-two characters";
const NEWER: &str = "a still newer secret of thirty-two characters";

async fn the_secret_is_changed_without_losing_anything(database: Option<&Database>) {
    let mut world = world(database).await;
    let (project, _) = world.project("boat").await;
    let session = said(&world, &project, "marzipan").await;
    let ben = world.register("ben").await;
    let forgotten = said(&world, &project, "xylograph").await;
    world.post(&format!("/api/v1/sessions/{forgotten}/forget"), json!({ "reason": "x" })).await.expect(202);
    let old = std::fs::read_to_string(world.home().join("secret.key")).expect("the key").trim().to_owned();
    assert_eq!(world.stop().await, Some(0));

    let (code, said) = world.refuses_to_serve(&[("SECRET_KEY", NEW)]).await;
    assert!(code == Some(1) && said.contains("SECRET_KEY_PREVIOUS"), "{said}");
    let (code, said) = world.refuses_to_serve(&[("SECRET_KEY", NEW), ("SECRET_KEY_PREVIOUS", NEWER)]).await;
    assert!(code == Some(1) && said.contains("SECRET_KEY"), "{said}");

    let mut previous = old.clone();
    for (secret, again) in [(NEW, true), (NEWER, false)] {
        world.serve(&[("SECRET_KEY", secret), ("SECRET_KEY_PREVIOUS", &previous)]).await;
        if again {
            // The same change once more, as after a crash in its middle.
            world.kill().await;
            world.serve(&[("SECRET_KEY", secret), ("SECRET_KEY_PREVIOUS", &previous)]).await;
        }
        world.stop().await;
        world.serve(&[("SECRET_KEY", secret)]).await;
        let text = world.send(Method::GET, &format!("/api/v1/sessions/{session}/export"), None).await.text;
        assert!(text.contains("marzipan"), "{text}");
        let text = world.send(Method::GET, &format!("/api/v1/sessions/{forgotten}/export"), None).await.text;
        assert!(text.contains("[forgotten]") && !text.contains("xylograph"), "{text}");
        assert_eq!(world.login(&ben.email, PASSWORD).await.status, 200, "addresses are found as before");
        let taken = json!({ "email": ben.email, "password": PASSWORD, "name": "b" });
        assert_eq!(world.send_as("", Method::POST, "/api/v1/auth/register", Some(&taken), &[]).await.status, 409);
        assert_eq!(world.stop().await, Some(0));
        previous = secret.into();
    }
    let (code, _) = world.refuses_to_serve(&[("SECRET_KEY", &old)]).await;
    assert_eq!(code, Some(1), "the first secret opens nothing any more");
    let (code, said) = world.refuses_to_serve(&[]).await;
    assert!(code == Some(1) && said.contains("secret.key"), "where it was read from: {said}");
    let (code, verified) = run(&world, &["audit", "verify"]).await;
    assert_eq!(code, 0, "{verified}");
}

#[tokio::test]
async fn the_secret_is_changed_on_sqlite() {
    the_secret_is_changed_without_losing_anything(None).await;
}

#[tokio::test]
async fn the_secret_is_changed_on_postgres() {
    the_secret_is_changed_without_losing_anything(Some(&fresh_database().await)).await;
}
