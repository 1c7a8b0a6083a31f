//! What somebody is told who gave a relay's address wrong: everything goes on, readiness and the log say why not, `doctor` what to do, and nothing
//! says the secret.

use opensail_tests::world::{World, until};

use super::*;

/// As they are given, and what is said of each: by readiness, and by `doctor` as the thing to look at.
struct Wrong {
    settings: Vec<(&'static str, String)>,
    redis: (&'static str, &'static str),
    nats: (&'static str, &'static str),
}

const LOGIN: &str = "refuses the user, the password or the token";
const CERTIFICATE: &str = "certificate is not trusted";
const AWAY: &str = "does not answer";

async fn is_told(wrong: Wrong) {
    let mut settings: Vec<(&str, &str)> = wrong.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.push(("RUST_LOG", "debug"));
    let world = World::start(PROGRAM, &settings).await;
    let expected = [("redis", wrong.redis), ("nats", wrong.nats)];
    let told = until("readiness to say why", async || {
        let readiness = world.get("/readyz").await;
        let why = |relay: &str| {
            let back_end = readiness["back_ends"].as_array().expect("back ends").iter().find(|back_end| back_end["name"] == relay);
            back_end.expect("a relay")["why"].as_str().unwrap_or_default().to_owned()
        };
        expected.iter().all(|(relay, (says, _))| why(relay).contains(says)).then(|| readiness.to_string())
    })
    .await;
    assert!(told.contains("\"degraded\""), "{told}");
    // What the house is for goes on.
    let (project, _) = world.project("boat").await;
    let session = world.session(&project, json!({ "task": "sail", "model": world.script(&[json!({ "text": "aye" })]) })).await;
    world.session_is(&session, &["completed"]).await;

    let examined = world.command(&["doctor", "--json"]).envs(wrong.settings.iter().cloned()).output().await.expect("it runs");
    let examined = String::from_utf8_lossy(&examined.stdout).into_owned();
    for (relay, (says, remedy)) in expected {
        let finding = examined.lines().find(|line| line.contains(&format!("\"what\":\"{relay}\""))).expect("a finding");
        assert!(finding.contains("\"weak\"") && finding.contains(says) && finding.contains(remedy), "{finding}");
    }
    let logs = [world.log(), told, examined].concat();
    assert!(logs.contains(wrong.redis.0) && logs.contains(wrong.nats.0), "{logs}");
    for secret in ["unspeakable", "mistaken"] {
        let told = logs.lines().find(|line| line.contains(secret));
        assert_eq!(told, None, "a secret is told");
    }
}

async fn servers() -> (RelayServer, RelayServer) {
    let redis = RelayServer::guarded(Kind::Redis, guarded(Login::User("sailor", PASSWORD))).await;
    (redis, RelayServer::guarded(Kind::Nats, guarded(Login::Token(TOKEN))).await)
}

fn authority(server: &RelayServer) -> String {
    server.guarded.as_ref().expect("guarded").authority.display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistaken_password() {
    let (redis, nats) = servers().await;
    is_told(Wrong {
        settings: vec![
            ("REDIS_URL", redis.url_of("rediss", "sailor:mistaken@")),
            ("REDIS_CA_FILE", authority(&redis)),
            ("NATS_URL", nats.url_of("tls", "mistaken@")),
            ("NATS_CA_FILE", authority(&nats)),
        ],
        redis: (LOGIN, "REDIS_URL"),
        nats: (LOGIN, "NATS_URL"),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_did_not_sign_it() {
    let (redis, nats) = servers().await;
    is_told(Wrong {
        settings: vec![
            ("REDIS_URL", redis.url()),
            ("REDIS_CA_FILE", authority(&nats)),
            ("NATS_URL", nats.url()),
            ("NATS_CA_FILE", authority(&redis)),
        ],
        redis: (CERTIFICATE, "REDIS_CA_FILE"),
        nats: (CERTIFICATE, "NATS_CA_FILE"),
    })
    .await;
}

/// The system's authorities have not signed it. NATS says itself that it wants TLS, whatever the address says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_authority_named() {
    let (redis, nats) = servers().await;
    is_told(Wrong {
        settings: vec![("REDIS_URL", redis.url()), ("NATS_URL", nats.url_of("nats", "unspeakable@"))],
        redis: (CERTIFICATE, "REDIS_CA_FILE"),
        nats: (CERTIFICATE, "NATS_CA_FILE"),
    })
    .await;
}

/// Nobody is spoken to without TLS who was asked for it, so nobody who stands in between hears a password; and Redis lets nobody in without.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_with_tls_and_the_other_without() {
    let (redis, _) = servers().await;
    let plain = RelayServer::start(Kind::Nats).await;
    is_told(Wrong {
        settings: vec![
            ("REDIS_URL", redis.url_of("redis", "sailor:mistaken@")),
            ("NATS_URL", plain.url_of("nats", "unspeakable@")),
            ("NATS_CA_FILE", authority(&redis)),
        ],
        redis: (AWAY, "REDIS_URL"),
        nats: (AWAY, "NATS_URL"),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_at_a_redis_that_has_none() {
    let (plain, nats) = (RelayServer::start(Kind::Redis).await, servers().await.1);
    is_told(Wrong {
        settings: vec![
            ("REDIS_URL", plain.url_of("rediss", "sailor:mistaken@")),
            ("NATS_URL", nats.url_of("tls", "")),
            ("NATS_CA_FILE", authority(&nats)),
        ],
        redis: (AWAY, "REDIS_URL"),
        nats: (LOGIN, "NATS_URL"),
    })
    .await;
}

/// Before anything else, and by the setting's name.
#[tokio::test]
async fn an_authority_that_is_none_stops_the_start() {
    let world = World::at_rest(PROGRAM, &[]);
    let (empty, missing) = (world.path().join("empty.pem"), world.path().join("missing.pem"));
    std::fs::write(&empty, "").expect("written");
    let (empty, missing) = (empty.display().to_string(), missing.display().to_string());
    for (url, address, name) in [
        ("REDIS_URL", "rediss://u:unspeakable@127.0.0.1:1", "REDIS_CA_FILE"),
        ("NATS_URL", "tls://unspeakable@127.0.0.1:1", "NATS_CA_FILE"),
    ] {
        for (file, why) in [(&empty, "no certificate"), (&missing, "No such file")] {
            let (code, said) = world.refuses_to_serve(&[(url, address), (name, file)]).await;
            assert_eq!(code, Some(2), "{said}");
            assert!(said.contains(name) && said.contains(file.as_str()) && said.contains(why) && !said.contains("unspeakable"), "{said}");
        }
    }
}
