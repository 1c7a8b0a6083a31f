//! A journal, its views and a small cast for tests: everything real, in a temporary folder or in a database of a private
//! PostgreSQL server. [`on_both!`] runs a test over each of them.

pub(crate) mod histories;

use std::sync::Arc;
use std::time::Duration;

use opensail_domain::agent_session::event::{Budget, EditMode, Requested};
use opensail_domain::kernel::{AccountId, Event, Private, ProjectId, SessionId, TeamId};
use opensail_domain::{account, project, team};
use opensail_eventstore::conformance::append;
use opensail_eventstore::conformance::server::{Database, fresh_database};
use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::seal::Parting;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Actor, ActorKind, Append, Appended, Journal, NewEvent, Part, StreamId, private};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::db::{Db, Dialect, sql};
use crate::reader::Reader;
use crate::{Projections, Queries, projection};

/// Longer than any working machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a world stands on.
pub(crate) enum Ground {
    Sqlite(TempDir, SqliteStore),
    Postgres(Database, PostgresStore),
}

/// One test of each function that takes a [`World`], over each database.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::testing::World::on_sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::testing::World::on_postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;

pub(crate) struct World {
    ground: Ground,
    pub(crate) store: Arc<dyn Journal>,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) db: Db,
    pub(crate) tail: Tail,
    pub(crate) ada: AccountId,
    pub(crate) crew: TeamId,
    pub(crate) boat: ProjectId,
}

/// An event before it is sealed.
pub(crate) type Wire = (String, u32, Value);

pub(crate) fn wire(event: impl Event) -> Wire {
    (event.event_type().into(), event.version(), event.encode())
}

impl Ground {
    async fn views(&self) -> Db {
        match self {
            Ground::Sqlite(folder, _) => Db::sqlite(folder.path().join("views.db")).await,
            Ground::Postgres(database, _) => Db::postgres(&database.app_url, Some(&database.owner_url)).await,
        }
        .expect("views")
    }
}

impl World {
    pub(crate) async fn on_sqlite() -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
        let keys = Keyring::new(Arc::new(store.clone()), b"a secret of the installation");
        World::over(Arc::new(store.clone()), keys, Ground::Sqlite(folder, store)).await
    }

    pub(crate) async fn on_postgres() -> World {
        let database = fresh_database().await;
        let store = database.journal().await;
        let keys = Keyring::new(Arc::new(store.clone()), b"a secret of the installation");
        World::over(Arc::new(store.clone()), keys, Ground::Postgres(database, store)).await
    }

    async fn over(store: Arc<dyn Journal>, keys: Keyring, ground: Ground) -> World {
        let db = ground.views().await;
        let tail = Tail::start(store.clone()).await.expect("a tail");
        let (ada, crew, boat) = (AccountId(Uuid::now_v7()), TeamId(Uuid::now_v7()), ProjectId(Uuid::now_v7()));
        World { ground, store, keys: Arc::new(keys), db, tail, ada, crew, boat }
    }

    /// None on SQLite.
    pub(crate) fn database(&self) -> Option<&Database> {
        match &self.ground {
            Ground::Sqlite(..) => None,
            Ground::Postgres(database, _) => Some(database),
        }
    }

    /// A session of its own at the PostgreSQL server; panics on SQLite.
    pub(crate) async fn postgres_session(&self) -> PgConnection {
        let Ground::Postgres(database, _) = &self.ground else { panic!("not on PostgreSQL") };
        PgConnection::connect(&database.app_url).await.expect("connected")
    }

    /// Another world with nothing in it, on the same kind of database.
    pub(crate) async fn another(&self) -> World {
        match self.ground {
            Ground::Sqlite(..) => World::on_sqlite().await,
            Ground::Postgres(..) => World::on_postgres().await,
        }
    }

    /// The views' database opened once more, as another process would.
    pub(crate) async fn views(&self) -> Db {
        self.ground.views().await
    }

    pub(crate) async fn start_epoch(&self) {
        match &self.ground {
            Ground::Sqlite(_, store) => store.start_epoch("test", Parting::default(), None).await,
            Ground::Postgres(_, store) => store.start_epoch("test", Parting::default(), None).await,
        }
        .expect("an epoch");
    }

    pub(crate) fn queries(&self) -> Queries {
        Queries::new(self.db.clone(), self.store.clone(), self.keys.clone())
    }

    pub(crate) async fn start(&self) -> Projections {
        Projections::start(self.db.clone(), self.tail.clone()).await.expect("the engine starts")
    }

    /// Starts, and waits until the views have seen everything.
    pub(crate) async fn caught_up(&self) -> (Projections, Queries) {
        let projections = self.start().await;
        self.settle(&projections).await;
        (projections, self.queries())
    }

    pub(crate) async fn settle(&self, projections: &Projections) {
        let head = self.store.head().await.expect("a head").position;
        projections.feed().settle(head, PATIENCE).await.expect("the views follow");
    }

    pub(crate) async fn append(&self, stream: &StreamId, tenant: &str, project: Option<String>, events: Vec<Wire>) -> Appended {
        let mut sealed = Vec::new();
        for (event_type, version, payload) in events {
            let payload = private::canonical(&private::seal(&self.keys, payload).await.expect("sealed"));
            sealed.push(NewEvent { event_id: Uuid::now_v7(), event_type, version, payload });
        }
        let part = Part {
            stream: stream.clone(),
            expected: self.store.stream_version(stream).await.expect("a version"),
            tenant: tenant.into(),
            project,
            events: sealed,
        };
        let actor = Actor { kind: ActorKind::User, id: self.ada.to_string(), name: String::new() };
        let append = Append { actor, client_address: Some("127.0.0.1".into()), ..append(vec![part]) };
        self.store.append(append).await.expect("appended")
    }

    pub(crate) async fn register(&self, id: AccountId, email: &str, name: &str) -> Appended {
        let subject = format!("account-{id}");
        let registered = account::Registered {
            account_id: id,
            email: Private::open(&subject, email.to_owned()),
            name: Private::open(&subject, name.to_owned()),
            platform_admin: false,
        };
        let event = wire(account::AccountEvent::from(registered));
        self.append(&StreamId::new("account", id), &subject, None, vec![event]).await
    }

    pub(crate) async fn on_team(&self, team: TeamId, events: Vec<team::TeamEvent>) -> Appended {
        let events = events.into_iter().map(wire).collect();
        self.append(&StreamId::new("team", team), &team.to_string(), None, events).await
    }

    pub(crate) async fn on_project(&self, project: ProjectId, events: Vec<project::ProjectEvent>) -> Appended {
        let events = events.into_iter().map(wire).collect();
        self.append(&StreamId::new("project", project), &self.crew.to_string(), Some(project.to_string()), events).await
    }

    pub(crate) async fn on_session(&self, session: SessionId, events: Vec<Wire>) -> Appended {
        let stream = StreamId::new("agent_session", session);
        self.append(&stream, &self.crew.to_string(), Some(self.boat.to_string()), events).await
    }

    /// Ada, her crew and its boat.
    pub(crate) async fn cast(&self) {
        self.register(self.ada, "ada@example.org", "Ada").await;
        let created = team::Created { team_id: self.crew, name: "Crew".into(), created_by: self.ada };
        let joined = team::MemberAdded { account_id: self.ada, role: team::Role::Admin };
        self.on_team(self.crew, vec![created.into(), joined.into()]).await;
        self.on_project(self.boat, vec![self.project_created(self.boat, "Boat").into()]).await;
    }

    pub(crate) fn project_created(&self, id: ProjectId, name: &str) -> project::Created {
        project::Created { project_id: id, team_id: self.crew, name: name.into(), source: project::Source::Empty, created_by: self.ada }
    }

    pub(crate) fn requested(&self, id: SessionId) -> Requested {
        let subject = format!("session-{id}");
        Requested {
            session_id: id,
            project_id: self.boat,
            team_id: self.crew,
            task: Private::open(&subject, "build\na mast".to_owned()),
            title: Private::open(&subject, "build".to_owned()),
            model: "scripted".into(),
            edit_mode: EditMode::Ask,
            budget: Budget::default(),
            requested_by: self.ada,
        }
    }

    pub(crate) async fn store_head(&self) -> u64 {
        self.store.head().await.expect("a head").position
    }

    /// Every row of every view as text.
    pub(crate) async fn rows(&self) -> Vec<String> {
        self.rows_read(&Reader::new(self.db.clone())).await
    }

    /// The same as of a position.
    pub(crate) async fn rows_at(&self, position: u64) -> Vec<String> {
        self.rows_read(&Reader::new(self.db.clone()).at(position)).await
    }

    async fn rows_read(&self, reader: &Reader) -> Vec<String> {
        let array = if self.db.dialect() == Dialect::Sqlite { "json_array" } else { "json_build_array" };
        let mut rows = Vec::new();
        for table in projection::tables() {
            let (name, columns) = (table.name, table.column_names().collect::<Vec<_>>().join(", "));
            let text = format!("SELECT CAST({array}(CAST('{name}' AS TEXT), {columns}) AS TEXT) FROM {name} ORDER BY 1");
            let found = reader.all(sql!(text)).await.expect("rows");
            rows.extend(found.iter().map(|row| row.text(0).expect("a row")));
        }
        rows
    }
}
