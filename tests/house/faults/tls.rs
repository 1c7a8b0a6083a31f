//! A PostgreSQL that lets nobody in but over TLS and with a password, with a certificate that only this installation's authority has signed.

use opensail_tests::authority::{Signed, signed};
use opensail_tests::mortal_postgres::MortalPostgres;
use opensail_tests::postgres::{APP, SUPERUSER};
use opensail_tests::world::World;
use serde_json::json;

use crate::PROGRAM;

const PASSWORD: &str = "unspeakable";

struct Ground {
    postgres: MortalPostgres,
    files: Signed,
    world: World,
}

impl Ground {
    async fn new() -> Ground {
        let mut postgres = MortalPostgres::start("128M").await;
        let world = World::at_rest(PROGRAM, &[]);
        let files = signed(world.path(), "127.0.0.1");
        postgres.guard(&files, PASSWORD).await;
        Ground { postgres, files, world }
    }

    /// As it is right, for a role.
    fn url(&self, role: &str) -> String {
        let port = self.postgres.proxy.port;
        let authority = self.files.authority.display();
        format!("postgres://{role}:{PASSWORD}@127.0.0.1:{port}/storm?sslmode=verify-full&sslrootcert={authority}")
    }

    /// The start and `doctor` say so, and nothing of the password.
    async fn refuses(&self, url: &str, words: &str) {
        let settings = [("DATABASE_URL", url), ("DATABASE_OWNER_URL", url)];
        let (code, said) = self.world.refuses_to_serve(&settings).await;
        let examined = self.world.command(&["doctor"]).envs(settings).output().await.expect("it runs");
        let doctor = [examined.stdout, examined.stderr].concat();
        for (who, code, said) in [("serve", code, said.as_str()), ("doctor", examined.status.code(), &String::from_utf8_lossy(&doctor))] {
            assert!(matches!(code, Some(1 | 2)), "{who} {url}: {code:?} {said}");
            assert!(said.contains(words) && said.contains("DATABASE_URL"), "{who} {url}: {said}");
            assert!(!said.contains(PASSWORD) && !said.contains("mistaken"), "{who} {url}: {said}");
        }
    }
}

#[tokio::test]
async fn a_journal_over_tls_with_an_own_authority() {
    let mut ground = Ground::new().await;
    let (app, owner) = (ground.url(APP), ground.url(SUPERUSER));
    ground.world.serve(&[("DATABASE_URL", &app), ("DATABASE_OWNER_URL", &owner), ("RUST_LOG", "debug")]).await;
    ground.world.post("/api/v1/teams", json!({ "name": "crew" })).await.expect(201);
    let mut look = ground.postgres.owner().await.expect("connected");
    let plain = "SELECT count(*) FILTER (WHERE NOT ssl), count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = $1";
    let (plain, all): (i64, i64) = sqlx::query_as(plain).bind(APP).fetch_one(&mut look).await.expect("an answer");
    assert!(plain == 0 && all > 0, "{plain} of {all} without TLS");
    assert!(ground.world.log().contains("DEBUG") && !ground.world.log().contains(PASSWORD));
}

#[tokio::test]
async fn one_that_is_not_who_it_says_is_not_used() {
    let ground = Ground::new().await;
    let right = ground.url(APP);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let stranger = signed(elsewhere.path(), "127.0.0.1").authority.display().to_string();
    let authority = ground.files.authority.display().to_string();
    ground.refuses(&right.replace(&authority, &stranger), "sslrootcert=<file>").await;
    ground.refuses(&right.replace(&format!("&sslrootcert={authority}"), ""), "sslrootcert=<file>").await;
    ground.refuses(&right.replace("127.0.0.1", "localhost"), "sslrootcert=<file>").await;
    ground.refuses(&right.replace("verify-full", "require"), "any certificate is taken").await;
    ground.refuses(&right.replace(&authority, "/nonexistent.pem"), "/nonexistent.pem: No such file").await;
    ground.refuses(&right.replace(PASSWORD, "mistaken"), "password authentication failed").await;
    let plain = right.replace(&format!("verify-full&sslrootcert={authority}"), "disable");
    ground.refuses(&plain, "no encryption").await;
}
