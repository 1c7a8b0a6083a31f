//! What stops a start, and what it says: the setting's name, the holder of the folder, the holder of the port.

use opensail_tests::world::World;

use crate::PROGRAM;

#[tokio::test]
async fn a_second_server_on_the_same_folder() {
    let world = World::start(PROGRAM, &[]).await;
    let (code, said) = world.refuses_to_serve(&[]).await;
    assert_eq!(code, Some(1), "{said}");
    let home = world.home().display().to_string();
    assert!(said.contains(&home) && said.contains(&world.server_pid().to_string()) && said.contains("OPENSAIL_HOME"), "{said}");
    // The first one does not notice.
    world.get("/api/v1/teams").await;
    // Its command line token and address still lead to it.
    let listed = world.command(&["projection", "list"]).output().await.expect("it runs");
    assert_eq!(listed.status.code(), Some(0), "{}", String::from_utf8_lossy(&listed.stderr));
}

#[tokio::test]
async fn a_port_in_use_names_its_holder() {
    let world = World::at_rest(PROGRAM, &[]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let (code, said) = world.refuses_to_serve(&[("OPENSAIL_LISTEN", &address)]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&address) && said.contains("OPENSAIL_LISTEN"), "{said}");
    assert!(said.contains(&format!("process {}", std::process::id())), "the holder is named: {said}");
    // Nothing of it stands in the way of the next start.
    drop(listener);
    let mut world = world;
    world.serve(&[]).await;
}

#[tokio::test]
async fn a_bad_setting_stops_the_start_by_its_name() {
    let world = World::at_rest(PROGRAM, &[]);
    for (name, value) in [
        ("DEPLOYMENT_MODE", "cloud"),
        ("OPENSAIL_LISTEN", "localhost"),
        ("OPENSAIL_LISTEN", "127.0.0.1:99999"),
        ("OPENSAIL_PUBLIC_URL", "sail.example.org"),
        ("OPENSAIL_PUBLIC_URL", "https://sail.example.org/path"),
        ("OPENSAIL_PUBLIC_URL", "https://user@sail.example.org"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "nonsense"),
        ("OPENSAIL_REGISTRATION", "maybe"),
        ("OPENSAIL_MODEL_PROVIDER", "oracle"),
        ("OPENSAIL_MODEL_BASE_URL", "not a url"),
        ("OPENSAIL_MODEL_PRICE", "cheap"),
        ("OPENSAIL_PROJECT_ROOTS", "relative"),
        ("OPENSAIL_SANDBOX_READ", "relative"),
        ("OPENSAIL_HOME", "relative"),
        ("SECRET_KEY", "short"),
        ("RUST_LOG", "opensail=nonsense=x"),
        ("OPENSAIL_LISTN", "127.0.0.1:1"),
        ("OPENSAIL_NO_SUCH_THING", "1"),
    ] {
        let mut settings = vec![(name, value)];
        if name == "OPENSAIL_MODEL_BASE_URL" {
            settings.push(("OPENSAIL_MODEL_PROVIDER", "openai"));
        }
        let (code, said) = world.refuses_to_serve(&settings).await;
        assert!(matches!(code, Some(1 | 2)), "{name}={value}: {code:?} {said}");
        assert!(said.contains(name), "{name}={value}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    // The file is read with the same care.
    std::fs::create_dir_all(world.home()).expect("a folder");
    for (text, named) in [
        ("OPENSAIL_REGISTRATION = \"maybe\"\n", "OPENSAIL_REGISTRATION"),
        ("OPENSAIL_LISTN = \"x\"\n", "OPENSAIL_LISTN"),
        ("= broken\n", "opensail.toml"),
    ] {
        std::fs::write(world.home().join("opensail.toml"), text).expect("written");
        let (code, said) = world.refuses_to_serve(&[]).await;
        assert!(matches!(code, Some(1 | 2)) && said.contains(named), "{text}: {said}");
    }
}

#[tokio::test]
async fn settings_are_listed_with_their_source_and_no_secret() {
    let world = World::at_rest(
        PROGRAM,
        &[
            ("OPENSAIL_MODEL_PROVIDER", "openai"),
            ("OPENSAIL_MODEL_API_KEY", "key-private"),
            ("SECRET_KEY", "a secret of more than thirty-two bytes"),
        ],
    );
    for arguments in [&["config"][..], &["config", "--json"]] {
        let output = world.command(arguments).output().await.expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("OPENSAIL_MODEL_PROVIDER") && said.contains("openai") && said.contains("environment"), "{said}");
        assert!(!said.contains("key-private") && !said.contains("thirty-two"), "{said}");
    }
}

/// The key that opens everything is gone or another one: the start says so instead of making a new one.
#[tokio::test]
async fn a_journal_without_its_key_is_not_opened() {
    let mut world = World::start(PROGRAM, &[]).await;
    assert_eq!(world.stop().await, Some(0));
    let key = world.home().join("secret.key");
    let kept = std::fs::read(&key).expect("a key");
    std::fs::remove_file(&key).expect("removed");
    let (code, said) = world.refuses_to_serve(&[]).await;
    assert!(matches!(code, Some(1 | 2)) && (said.contains("SECRET_KEY") || said.contains("secret.key")), "{said}");
    assert!(!key.exists(), "no new key is made over an old journal");
    std::fs::write(&key, kept).expect("written");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("its owner's alone");
    world.serve(&[]).await;
}
