//! Relays that let in who is known to them, over TLS, with a certificate of an authority that only this installation knows: real servers.

mod refused;

use std::sync::Arc;

use opensail_eventstore::conformance::relay::guarded::{Guarded, Login};
use opensail_eventstore::conformance::relay::servers::{Kind, RelayServer};
use opensail_tests::authority::signed;
use serde_json::json;

use super::{Fleet, until_text};
use crate::PROGRAM;

/// Also what has to be written otherwise in an address.
const PASSWORD: &str = "unspeakable/told:a@pass%word";
const TOKEN: &str = "unspeakable+told?a#token";

fn guarded(login: Login) -> Guarded {
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let files = signed(folder.path(), "127.0.0.1");
    Guarded { login, authority: files.authority, certificate: files.certificate, key: files.key, folder }
}

mod live_redis_of_one_user {
    use super::*;
    opensail_eventstore::live_relay_suite!(RelayServer::guarded(Kind::Redis, guarded(Login::User("sailor", PASSWORD))));
}

mod work_nats_of_a_token {
    use super::*;
    opensail_eventstore::work_relay_suite!(RelayServer::guarded(Kind::Nats, guarded(Login::Token(TOKEN))));
}

/// The other way to sign in at each, in the settings of real processes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_and_work_go_between_nodes_and_nothing_tells_a_password() {
    let redis = RelayServer::guarded(Kind::Redis, guarded(Login::Token(PASSWORD))).await;
    let nats = RelayServer::guarded(Kind::Nats, guarded(Login::User("sailor", PASSWORD))).await;
    let mut fleet = Fleet::new(Some(redis), Some(nats)).await;
    fleet.cluster.set("RUST_LOG", "debug");
    let (one, other) = fleet.two_api_nodes().await;
    let worker = fleet.cluster.start("worker").await;
    let token = fleet.admin(&one).await;
    let (_, project, _) = fleet.cluster.project(&one, &token).await;

    let words = fleet.author.answer();
    let session = fleet.cluster.session(&one, &token, &project, json!({ "task": "sail" })).await;
    let mut there = fleet.watch(&other, &token, &session, None).await;
    // What is being written comes to another node by Redis alone.
    words.write("Schöne ");
    until_text(&mut there, "Schöne ").await;
    drop(words);
    there.until("end").await;
    for node in [&one, &other, &worker] {
        let readiness = fleet.cluster.get(node, "", "/readyz").await;
        assert_eq!(readiness["status"], "ready", "{readiness}");
    }
    let examined = fleet.cluster.command(&["doctor", "--json"]).output().await.expect("it runs");
    let examined = String::from_utf8_lossy(&examined.stdout);
    for relay in ["redis", "nats"] {
        assert!(examined.lines().any(|line| line.contains(&format!("\"what\":\"{relay}\",\"verdict\":\"good\""))), "{examined}");
    }
    let logs = [one.log(), other.log(), worker.log(), examined.into_owned()].concat();
    assert!(logs.contains("DEBUG") && logs.contains("NATS, the work queue: it answers"), "{logs}");
    for secret in [PASSWORD.to_owned(), Login::Token(PASSWORD).userinfo(Kind::Nats)] {
        assert!(!logs.contains(secret.trim_end_matches('@')), "a password is told");
    }
}
