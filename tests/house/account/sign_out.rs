//! Signing out: one browser, or all of them; void at once.

use opensail_tests::people::{Browser, PASSWORD};
use opensail_tests::world::World;
use reqwest::Method;

use super::OPEN;
use crate::PROGRAM;

#[tokio::test]
async fn one_browser_or_all() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let eve = world.register("eve").await;
    let sign_in = async || Browser::of(&world.login(&ada.email, PASSWORD).await);
    let (phone, laptop) = (sign_in().await, sign_in().await);

    phone.send(&world, Method::POST, "/api/v1/auth/logout", None).await.expect(202);
    assert!(!phone.signed_in(&world).await);
    assert_eq!(phone.refresh(&world).await.status, 401);
    assert!(laptop.signed_in(&world).await && ada.browser.signed_in(&world).await);
    assert_eq!(phone.send(&world, Method::POST, "/api/v1/auth/logout", None).await.status, 401);

    laptop.send(&world, Method::POST, "/api/v1/auth/logout-all", None).await.expect(202);
    for browser in [&laptop, &ada.browser] {
        assert!(!browser.signed_in(&world).await);
        assert_eq!(browser.refresh(&world).await.status, 401);
    }
    assert_eq!(ada.get(&world, "/api/v1/teams").await.status, 401, "a bearer token of such a browser is void too");
    assert!(eve.browser.signed_in(&world).await, "nobody else is signed out");
    assert!(sign_in().await.signed_in(&world).await);
}
