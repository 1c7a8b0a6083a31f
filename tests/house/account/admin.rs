//! The first platform admin comes from the settings, only while no account exists.

use opensail_tests::people::PASSWORD;
use opensail_tests::world::World;
use reqwest::Method;

use crate::PROGRAM;

async fn is_admin(world: &World, email: &str) -> Option<bool> {
    let answer = world.login(email, PASSWORD).await;
    let token = answer.body["access_token"].as_str()?.to_owned();
    world.send_as(&token, Method::GET, "/api/v1/auth/me", None, &[]).await.body["platform_admin"].as_bool()
}

#[tokio::test]
async fn only_while_no_account_exists() {
    let settings = [("OPENSAIL_ADMIN_EMAIL", "root@example.org"), ("OPENSAIL_ADMIN_PASSWORD", PASSWORD)];
    let mut world = World::start(PROGRAM, &settings).await;
    assert_eq!(is_admin(&world, "root@example.org").await, Some(true), "{}", world.log());
    assert!(!world.log().contains(PASSWORD));

    world.kill().await;
    world.serve(&[("OPENSAIL_ADMIN_EMAIL", "second@example.org"), ("OPENSAIL_ADMIN_PASSWORD", PASSWORD)]).await;
    assert_eq!(is_admin(&world, "second@example.org").await, None);
    // Another password in the settings is no way in.
    world.kill().await;
    world.serve(&[("OPENSAIL_ADMIN_PASSWORD", "another password")]).await;
    assert_eq!(is_admin(&world, "root@example.org").await, Some(true));
    world.login("root@example.org", "another password").await.expect(401);
}

#[tokio::test]
async fn half_of_it_or_a_bad_password_stops_the_start() {
    for (settings, named) in [
        (vec![("OPENSAIL_ADMIN_EMAIL", "root@example.org")], "OPENSAIL_ADMIN_PASSWORD"),
        (vec![("OPENSAIL_ADMIN_PASSWORD", PASSWORD)], "OPENSAIL_ADMIN_EMAIL"),
        (vec![("OPENSAIL_ADMIN_EMAIL", "no address"), ("OPENSAIL_ADMIN_PASSWORD", PASSWORD)], "OPENSAIL_ADMIN_EMAIL"),
        (vec![("OPENSAIL_ADMIN_EMAIL", "root@example.org"), ("OPENSAIL_ADMIN_PASSWORD", "short")], "OPENSAIL_ADMIN_PASSWORD"),
    ] {
        let world = World::at_rest(PROGRAM, &settings);
        let (code, said) = world.refuses_to_serve(&[]).await;
        assert!(code != Some(0) && said.contains(named), "{named}: {said}");
        assert!(!said.contains(PASSWORD));
    }
}
