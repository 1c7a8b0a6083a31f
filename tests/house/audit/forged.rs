//! Who owns the database takes away the journal's end, with its seal, and writes into the table of epochs that this was a restore; or takes away what
//! keeps the tables append-only, or adds what does something to them. The roll of epochs, which only the seal's key signs, tells the one; the next start
//! the other.

use opensail_tests::postgres::{APP, Database, fresh_database};
use opensail_tests::world::{World, until};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};

use super::verify::run;
use crate::PROGRAM;

enum Ground {
    File,
    Database(Database),
}

/// The tables' triggers, off and on again. In the file they are taken away, and the next start puts them back.
const TABLES: [&str; 6] = ["events", "epochs", "seal_tiles", "seal_checkpoints", "seal_keys", "seal_rolls"];

impl Ground {
    fn world(&self) -> World {
        match self {
            Ground::File => World::at_rest(PROGRAM, &[]),
            Ground::Database(database) => {
                World::at_rest(PROGRAM, &[("DATABASE_URL", &database.app_url), ("DATABASE_OWNER_URL", &database.owner_url)])
            }
        }
    }

    /// With every trigger out of the way.
    async fn tamper(&self, world: &World, statements: &str) {
        self.unguard(world).await;
        self.sql(world, statements).await.expect("tampered with");
        if let Ground::Database(_) = self {
            let back = TABLES.map(|table| format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only;")).concat();
            self.sql(world, &back).await.expect("as it was");
        }
    }

    async fn unguard(&self, world: &World) {
        let away: String = match self {
            Ground::File => {
                let kinds = ["no_update", "no_delete", "no_replace"];
                TABLES.iter().flat_map(|table| kinds.map(|kind| format!("DROP TRIGGER IF EXISTS {table}_{kind};"))).collect()
            }
            Ground::Database(_) => TABLES.map(|table| format!("ALTER TABLE {table} DISABLE TRIGGER append_only;")).concat(),
        };
        self.sql(world, &away).await.expect("the owner may");
    }

    async fn sql(&self, world: &World, statements: &str) -> Result<(), sqlx::Error> {
        match self {
            Ground::File => {
                let mut file = SqliteConnectOptions::new().filename(world.home().join("journal.db")).connect().await?;
                file.execute(statements).await.map(drop)
            }
            Ground::Database(database) => {
                let mut owner = database.owner().await;
                owner.execute("SET search_path = journal").await?;
                owner.execute(statements).await.map(drop)
            }
        }
    }

    /// Sizes of all checkpoints.
    async fn sealed(&self, world: &World) -> Vec<i64> {
        let query = "SELECT size FROM seal_checkpoints ORDER BY n";
        match self {
            Ground::File => {
                let mut file = SqliteConnectOptions::new().filename(world.home().join("journal.db")).connect().await.expect("opened");
                sqlx::query_scalar(query).fetch_all(&mut file).await.expect("sizes")
            }
            Ground::Database(database) => {
                let mut owner = database.owner().await;
                owner.execute("SET search_path = journal").await.expect("set");
                sqlx::query_scalar(query).fetch_all(&mut owner).await.expect("sizes")
            }
        }
    }

    fn an_id(&self) -> &'static str {
        match self {
            Ground::File => "randomblob(16)",
            Ground::Database(_) => "gen_random_uuid()",
        }
    }
}

/// A few teams, each sealed by itself and remembered outside; gives the last position.
async fn lived(world: &World) -> u64 {
    let mut last = 0;
    for name in ["one", "two", "three"] {
        last = world.post("/api/v1/teams", json!({ "name": name })).await.expect(201)["position"].as_u64().expect("a position");
        until("the checkpoint in the folder", async || {
            let latest = std::fs::read_to_string(world.home().join("checkpoints/latest")).ok()?;
            (latest.lines().nth(1)?.parse::<u64>().ok()? >= last).then_some(())
        })
        .await;
    }
    last
}

/// A server that lived and is at rest, and its last position.
async fn a_past_life(ground: &Ground) -> (World, u64) {
    let mut world = ground.world();
    world.serve(&[]).await;
    let last = lived(&world).await;
    assert_eq!(world.stop().await, Some(0));
    (world, last)
}

/// Takes the journal back to an earlier checkpoint and calls that a restore; gives its last position.
async fn roll_back(ground: &Ground, world: &World) -> i64 {
    let sizes = ground.sealed(world).await;
    let kept = sizes.len() - 1;
    let size = sizes[kept - 1];
    let id = ground.an_id();
    let forgery = format!(
        "DELETE FROM events WHERE position > {size};
         DELETE FROM seal_tiles WHERE first >= {size};
         DELETE FROM seal_checkpoints WHERE n > {kept};
         DELETE FROM tenant_heads WHERE tenant NOT IN (SELECT tenant FROM events);
         UPDATE tenant_heads SET position = (SELECT max(tenant_position) FROM events WHERE events.tenant = tenant_heads.tenant);
         INSERT INTO epochs (id, started_after, time, reason) SELECT {id}, {size}, max(time) + 1, 'restore' FROM epochs;"
    );
    ground.tamper(world, &forgery).await;
    size
}

async fn a_rollback_that_calls_itself_a_restore(ground: Ground) {
    let (mut world, _) = a_past_life(&ground).await;
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 0 && !said.contains("notice"), "{said}");

    let size = roll_back(&ground, &world).await;
    let place = format!("position {}: epoch ", size + 1);
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 1 && said.contains("NOT as it was written") && said.contains(&place), "{said}");
    let (code, refused) = world.refuses_to_serve(&[]).await;
    assert!(code == Some(1) && refused.contains(&place) && refused.contains("audit verify"), "{refused}");
    // Nor does it help to take the rolls away, or what stands in the folder.
    ground.tamper(&world, "DELETE FROM seal_rolls").await;
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 1 && said.contains("removed"), "{said}");
    let (code, refused) = world.refuses_to_serve(&[]).await;
    assert!(code == Some(1) && refused.contains(&place), "{refused}");

    // Who holds the key may go on, and says what happened.
    let (code, said) = run(&world, &["new-epoch"]).await;
    assert!(code == 0 && said.contains("WARNING: epoch "), "{said}");
    let forged = said.split_once("WARNING: epoch ").and_then(|(_, rest)| rest.split_once(' ')).expect("an epoch").0.to_owned();
    world.serve(&[]).await;
    lived(&world).await;
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 0 && said.contains("were lost in a restore") && said.contains(&format!("epoch {forged}")), "{said}");
}

#[tokio::test]
async fn a_rollback_of_the_file_is_no_restore() {
    a_rollback_that_calls_itself_a_restore(Ground::File).await;
}

#[tokio::test]
async fn a_rollback_of_the_database_is_no_restore() {
    a_rollback_that_calls_itself_a_restore(Ground::Database(fresh_database().await)).await;
}

/// What readiness says of the journal.
async fn journals_health(world: &World) -> Value {
    let ready = world.get("/readyz").await;
    ready["back_ends"].as_array().expect("back ends").iter().find(|end| end["name"] == "journal").expect("the journal").clone()
}

async fn guards_are_put_back_and_told(ground: Ground) {
    let (mut world, _) = a_past_life(&ground).await;
    ground.unguard(&world).await;
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 0 && said.contains("notice: the trigger") && said.contains("events"), "{said}");
    let (_, said) = run(&world, &["audit", "verify"]).await;
    assert!(!said.contains("the trigger"), "it was put back: {said}");

    ground.unguard(&world).await;
    world.serve(&[]).await;
    let journal = journals_health(&world).await;
    assert!(journal["ok"] == Value::Bool(false) && journal["why"].as_str().is_some_and(|why| why.contains("append-only")), "{journal}");
    let log = world.log();
    assert!(log.contains("was not append-only"), "{log}");
    assert!(!log.contains("skipping"), "that something is there already is no news: {log}");
    for table in TABLES {
        let refused = ground.sql(&world, &format!("DELETE FROM {table}")).await.expect_err(table).to_string();
        assert!(refused.contains("append-only"), "{table}: {refused}");
    }
}

#[tokio::test]
async fn guards_of_the_file_are_put_back() {
    guards_are_put_back_and_told(Ground::File).await;
}

#[tokio::test]
async fn guards_of_the_database_are_put_back() {
    guards_are_put_back_and_told(Ground::Database(fresh_database().await)).await;
}

/// Without the owner's address nobody may put it back; it is told all the same.
#[tokio::test]
async fn what_only_the_owner_can_put_back_is_told() {
    let database = fresh_database().await;
    let ground = Ground::Database(database);
    let mut world = ground.world();
    world.serve(&[]).await;
    assert_eq!(world.stop().await, Some(0));
    let quiet = "CREATE OR REPLACE FUNCTION journal.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$";
    ground.sql(&world, quiet).await.expect("the owner may");
    let output = world.command(&["audit", "verify"]).env_remove("DATABASE_OWNER_URL").output().await.expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("append_only of events") && said.contains("DATABASE_OWNER_URL"), "{said}");
}

/// Nobody takes it away: what it was good for, people know.
#[tokio::test]
async fn triggers_rules_and_rights_that_are_none_of_ours_are_told() {
    let ground = Ground::Database(fresh_database().await);
    let mut world = ground.world();
    let strange = format!(
        "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
         CREATE TRIGGER quiet BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION quiet();
         CREATE RULE hushed AS ON DELETE TO seal_rolls DO INSTEAD NOTHING;
         GRANT DELETE ON seal_keys TO {APP};"
    );
    ground.sql(&world, &strange).await.expect("the owner may");
    world.serve(&[]).await;
    let ready = journals_health(&world).await;
    assert_eq!(world.stop().await, Some(0));
    let (code, verified) = run(&world, &["audit", "verify"]).await;
    assert!(code == 0 && ready["ok"] == Value::Bool(false), "{ready} {verified}");
    // Anybody may ask whether it is ready, and need not know which door stands open.
    let shown = ready["why"].as_str().expect("why");
    assert!(shown.contains("not append-only") && !shown.contains("quiet") && !shown.contains("seal_keys"), "{shown}");
    let told = [world.log(), verified];
    for words in ["trigger quiet of events is none of ours", "rule hushed of seal_rolls is none of ours", "DELETE on seal_keys"] {
        assert!(told.iter().all(|told| told.contains(words)), "{words}: {told:?}");
    }
}

/// Where nobody named an owner, that is as it was set up: said once, and no reason for alarm.
#[tokio::test]
async fn an_application_that_owns_the_tables_says_so() {
    let database = fresh_database().await;
    let world = World::start(PROGRAM, &[("DATABASE_URL", &database.owner_url)]).await;
    let ready = journals_health(&world).await;
    assert_eq!(ready["ok"], true, "{ready}");
    let log = world.log();
    assert!(log.matches("the application owns the journal's tables").count() == 1 && !log.contains("was not append-only"), "{log}");
    let (_, examined) = run(&world, &["doctor"]).await;
    assert!(examined.contains("the application owns the journal's tables"), "{examined}");
}

/// One event whose stored hash is none any more.
async fn a_damaged_hash_names_its_position(ground: Ground) {
    let (world, last) = a_past_life(&ground).await;
    let half = match ground {
        Ground::File => "x'0102'",
        Ground::Database(_) => "'\\x0102'",
    };
    ground.tamper(&world, &format!("UPDATE events SET content_hash = {half} WHERE position IN ({}, {last})", last - 2)).await;
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 1 && said.contains(&format!("position {}: ", last - 2)), "{said}");
}

#[tokio::test]
async fn a_damaged_hash_in_the_file() {
    a_damaged_hash_names_its_position(Ground::File).await;
}

#[tokio::test]
async fn a_damaged_hash_in_the_database() {
    a_damaged_hash_names_its_position(Ground::Database(fresh_database().await)).await;
}
