//! Who owns the tables in PostgreSQL: a role that is no superuser and may only make schemas, or the application itself.

use opensail_eventstore::Journal;
use opensail_eventstore::conformance::one;
use opensail_eventstore::postgres::PostgresStore;
use opensail_projections::Db;
use opensail_tests::postgres::{APP, Database, SUPERUSER, empty_database, fresh_database};
use sqlx::Executor;

use super::append_only::{RESTRICT_VIOLATION, code};

/// What leaves a way to change an event.
const AWAY: [&str; 3] = [
    "DROP TRIGGER append_only ON journal.events",
    "ALTER TABLE journal.events ENABLE TRIGGER append_only",
    "DROP TRIGGER append_only ON journal.events;
     CREATE TRIGGER append_only BEFORE UPDATE OF time OR DELETE OR TRUNCATE ON journal.events
         FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse();
     ALTER TABLE journal.events ENABLE ALWAYS TRIGGER append_only",
];

/// An empty database with an owner of its own, a new role `{keeper}` that may do what is granted.
async fn kept(granted: &str) -> Database {
    let database = empty_database().await;
    let Database { name, app_url, owner_url } = &database;
    let keeper = format!("keeper_of_{name}");
    let role = format!("CREATE ROLE {keeper} LOGIN NOSUPERUSER; {granted}").replace("{keeper}", &keeper).replace("{name}", name);
    database.owner().await.execute(role.as_str()).await.expect("a role");
    Database { name: name.clone(), app_url: app_url.clone(), owner_url: owner_url.replacen(SUPERUSER, &keeper, 1) }
}

async fn started(app_url: &str, owner_url: Option<&str>) -> PostgresStore {
    PostgresStore::connect(app_url, owner_url).await.expect("started")
}

#[tokio::test]
async fn an_owner_that_is_no_superuser_is_enough() {
    let database = kept("GRANT CREATE ON DATABASE {name} TO {keeper}").await;
    let (app, owner_url) = (&database.app_url, Some(database.owner_url.as_str()));
    let store = started(app, owner_url).await;
    assert!(store.loosened().is_empty(), "{:?}", store.loosened());
    store.append(one("a")).await.expect("appended");
    Db::postgres(app, owner_url).await.expect("the views' schema");
    PostgresStore::migrate(app, owner_url).await.expect("migrated again");

    let mut owner = database.owner().await;
    for away in AWAY {
        owner.execute(away).await.expect("the owner may");
        let again = started(app, owner_url).await;
        assert_eq!(again.loosened(), ["the trigger append_only of events was missing, off or changed, and was put back"], "{away}");
        let refused = owner.execute("UPDATE journal.events SET payload = '{}'").await.expect_err("the owner may not");
        assert_eq!(code(&refused), RESTRICT_VIOLATION, "{refused}");
    }
    assert_eq!(store.append(one("b")).await.expect("appended").position, 2);
}

/// Somebody else has made them.
#[tokio::test]
async fn an_owner_that_may_make_no_schema_is_enough_where_they_are() {
    let database = kept("CREATE SCHEMA journal AUTHORIZATION {keeper}; CREATE SCHEMA views AUTHORIZATION {keeper}").await;
    let (app, owner_url) = (&database.app_url, Some(database.owner_url.as_str()));
    for n in 1..=2 {
        let store = started(app, owner_url).await;
        assert!(store.loosened().is_empty(), "{:?}", store.loosened());
        Db::postgres(app, owner_url).await.expect("the views' schema");
        assert_eq!(store.append(one(&n.to_string())).await.expect("appended").position, n);
    }
}

/// Where nobody named an owner, that is as it was set up; where one was named, it is not what was meant.
#[tokio::test]
async fn an_application_that_is_the_owner_is_told_only_where_an_owner_was_named() {
    let database = fresh_database().await;
    let own = database.owner_url.as_str();
    assert!(started(own, None).await.loosened().is_empty());
    let told = started(own, Some(own)).await.loosened().join("; ");
    assert!(told.contains("may act as the owner of events, epochs, "), "{told}");
}

/// Whether the owner was named or not, and a right to one column too.
#[tokio::test]
async fn rights_that_the_application_never_needs_are_told() {
    let database = fresh_database().await;
    let granted = format!("GRANT UPDATE (payload), DELETE ON journal.events TO {APP}; GRANT TRUNCATE ON journal.epochs TO {APP}");
    database.owner().await.execute(granted.as_str()).await.expect("the owner may");
    for owner in [None, Some(database.owner_url.as_str())] {
        let store = started(&database.app_url, owner).await;
        let [events, epochs] = store.loosened() else { panic!("{:?}", store.loosened()) };
        assert!(events.contains("UPDATE, DELETE on events") && epochs.contains("TRUNCATE on epochs"), "{events}; {epochs}");
    }
}

/// Whoever owns what the tables lie in, or what their triggers call, needs no right to the tables.
#[tokio::test]
async fn what_the_application_owns_around_the_tables_is_told() {
    let database = fresh_database().await;
    let given = format!("ALTER SCHEMA journal OWNER TO {APP}; ALTER FUNCTION journal.refuse() OWNER TO {APP}");
    database.owner().await.execute(given.as_str()).await.expect("the owner may");
    let store = started(&database.app_url, Some(&database.owner_url)).await;
    let [told] = store.loosened() else { panic!("{:?}", store.loosened()) };
    assert!(told.contains("the schema journal, the function journal.refuse()"), "{told}");
}
