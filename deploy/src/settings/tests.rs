//! What is read, and what is refused with the setting's name.

use std::collections::BTreeMap;

use super::{Database, Mode, Registration, Settings, secret_key};

fn settings(pairs: &[(&str, &str)]) -> Result<Settings, String> {
    let mut environment: BTreeMap<String, String> = BTreeMap::from([("OPENSAIL_HOME".into(), "/nonexistent/opensail".into())]);
    environment.extend(pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    Settings::read(&environment).map_err(|e| e.to_string())
}

#[test]
fn nothing_set_is_the_desktop_on_loopback() {
    let settings = settings(&[]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(settings.listen.to_string(), "127.0.0.1:7420");
    assert!(settings.database == Database::Sqlite("/nonexistent/opensail/journal.db".into()));
}

#[test]
fn bad_values_are_refused_by_name() {
    for (name, value) in [
        ("DEPLOYMENT_MODE", "laptop"),
        ("OPENSAIL_LISTEN", "7420"),
        ("OPENSAIL_PUBLIC_URL", "example.org"),
        ("OPENSAIL_PUBLIC_URL", "https://u@example.org"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "sqlite:here.db"),
        ("SECRET_KEY", "short"),
        ("OPENSAIL_REGISTRATION", "maybe"),
        ("OPENSAIL_MODEL_PROVIDER", "oracle"),
        ("OPENSAIL_MODEL_PRICE", "cheap"),
        ("OPENSAIL_PROJECT_ROOTS", "code"),
        ("OPENSAIL_HOME", "relative"),
        ("OPENSAIL_LEASE_SECONDS", "3"),
        ("OPENSAIL_LISTN", "127.0.0.1:1"),
        ("NATS_URL", "http://u:hidden@x"),
        ("REDIS_URL", "u:hidden@x"),
        ("CHANNEL_ENCRYPTION_KEY", "x"),
    ] {
        let error = settings(&[(name, value)]).err().unwrap_or_else(|| panic!("{name}={value} was taken"));
        assert!(error.starts_with(&format!("{name}: ")) && !error.contains("hidden"), "{error}");
    }
    assert!(settings(&[("OPENSAIL_LISTN", "x")]).is_err_and(|e| e.contains("OPENSAIL_LISTEN")), "a misspelt name is hinted at");
    assert!(settings(&[("OPENSAIL_LISTEN", "0.0.0.0:80")]).is_err_and(|e| e.starts_with("OPENSAIL_PUBLIC_URL: ")));
}

#[test]
fn a_bucket_needs_its_keys() {
    let keys = [("S3_BUCKET", "b"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "hidden")];
    for (without, name) in [(1, "AWS_ACCESS_KEY_ID"), (2, "AWS_SECRET_ACCESS_KEY")] {
        let given: Vec<_> = keys.iter().enumerate().filter(|(at, _)| *at != without).map(|(_, pair)| *pair).collect();
        assert!(settings(&given).is_err_and(|error| error.starts_with(&format!("{name}: "))));
    }
    let bad = settings(&[&keys[..], &[("S3_ENDPOINT", "objects.example.org")]].concat());
    assert!(bad.is_err_and(|error| error.starts_with("S3_ENDPOINT: ") && !error.contains("hidden")));
    let bucket = settings(&keys).ok().and_then(|settings| settings.bucket).expect("a bucket");
    assert_eq!((bucket.region.as_str(), bucket.endpoint), ("us-east-1", None));
}

#[test]
fn several_processes_need_what_they_share() {
    let docker = |more: &[(&str, &str)]| settings(&[&[("DEPLOYMENT_MODE", "docker")], more].concat());
    let (database, secret) = (("DATABASE_URL", "postgres://db/opensail"), ("SECRET_KEY", "0123456789abcdef0123456789abcdef"));
    let docker = |more: &[(&str, &str)]| docker(&[&[("OPENSAIL_PUBLIC_URL", "https://sail.example.org")], more].concat());
    assert!(settings(&[("DEPLOYMENT_MODE", "docker"), database, secret]).is_err_and(|e| e.starts_with("OPENSAIL_PUBLIC_URL: ")));
    assert!(docker(&[secret]).is_err_and(|e| e.starts_with("DATABASE_URL: ")));
    assert!(docker(&[secret, ("DATABASE_URL", "sqlite:/x/journal.db")]).is_err_and(|e| e.starts_with("DATABASE_URL: ")));
    assert!(docker(&[database]).is_err_and(|e| e.starts_with("SECRET_KEY: ")));
    let settings =
        docker(&[database, secret, ("REDIS_URL", "redis://relay"), ("NATS_URL", "nats://relay")]).unwrap_or_else(|e| panic!("{e}"));
    assert!(settings.mode == Mode::Docker && settings.registration == Registration::Invite && settings.project_roots.is_empty());
    assert!(settings.redis.is_some() && settings.nats.is_some());
}

#[test]
fn an_authority_is_for_a_relay_with_tls() {
    for (name, authority) in [("REDIS_URL", "REDIS_CA_FILE"), ("NATS_URL", "NATS_CA_FILE")] {
        let address = if name == "REDIS_URL" { "rediss://u:hidden@relay" } else { "nats://u:hidden@relay" };
        let missing = settings(&[(name, address), (authority, "/nonexistent/ca.pem")]).err().expect("refused");
        assert!(missing.starts_with(&format!("{authority}: /nonexistent/ca.pem: ")) && !missing.contains("hidden"), "{missing}");
    }
}

#[test]
fn a_database_is_refused_without_being_told() {
    let refused = |url: &str| {
        let error = settings(&[("DATABASE_URL", url)]).err().unwrap_or_else(|| panic!("{url} was taken"));
        assert!(error.starts_with("DATABASE_URL: ") && !error.contains("hidden"), "{error}");
        error
    };
    refused("postgres://u:hidden@db/x?sslmode=sometimes");
    refused("postgres://u:hidden@db:port/x");
    let missing = "sslrootcert=/nonexistent/ca.pem";
    for mode in ["verify-full", "verify-ca"] {
        assert!(refused(&format!("postgres://u:hidden@db/x?sslmode={mode}&{missing}")).contains("/nonexistent/ca.pem: No such file"));
    }
    let owner = settings(&[("DATABASE_URL", "postgres://db/x"), ("DATABASE_OWNER_URL", &format!("postgres://o:hidden@db/x?{missing}"))]);
    assert!(owner.is_err_and(|error| error.starts_with("DATABASE_OWNER_URL: ") && !error.contains("hidden")));
}

#[test]
fn a_key_is_generated_once_and_never_replaced() {
    let home = tempfile::tempdir().expect("a folder");
    let first = secret_key::kept(home.path(), false).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(secret_key::kept(home.path(), true).unwrap_or_else(|e| panic!("{e}")), first);
    std::fs::remove_file(home.path().join(secret_key::FILE)).expect("removed");
    assert!(secret_key::kept(home.path(), true).is_err(), "a journal without its key is refused");
}
