//! The databases of a desktop: SQLite in the data folder, or a PostgreSQL that was named.

use std::sync::Arc;

use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::seal::{Attestation, Parting};
use opensail_eventstore::snapshot::SnapshotTable;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::{Epoch, Journal, Leases, ReadError, SealTables, Vault};
use opensail_projections::Db;

use crate::data_folder::{self, DataFolderError};
use crate::settings::{Database, Settings};

#[derive(Clone)]
pub struct Stores {
    pub journal: Arc<dyn Journal>,
    pub vault: Arc<dyn Vault>,
    pub leases: Arc<dyn Leases>,
    pub cache: Arc<dyn SnapshotTable>,
    pub seal: Arc<dyn SealTables>,
    pub views: Db,
    own: Own,
}

#[derive(Clone)]
enum Own {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

/// Opens journal, vault and views, bringing their tables up to date.
pub async fn open(settings: &Settings) -> Result<Stores, String> {
    let stores = open_as_they_are(settings).await?;
    for what in stores.loosened() {
        tracing::warn!("the journal was not append-only: {what}. Somebody changed the database, or its settings: `opensail audit verify`");
    }
    Ok(stores)
}

async fn open_as_they_are(settings: &Settings) -> Result<Stores, String> {
    if data_folder::half_restored(&settings.home).exists() {
        return Err(DataFolderError::HalfRestored { folder: settings.home.display().to_string() }.to_string());
    }
    match &settings.database {
        Database::Sqlite(file) => {
            let store = SqliteStore::open(file).await.map_err(|e| format!("{}: {e}", file.display()))?;
            let file = data_folder::views(&settings.home);
            let views = Db::sqlite(&file).await.map_err(|e| format!("{}: {e}", file.display()))?;
            Ok(Stores::over(store.clone(), views, Own::Sqlite(store)))
        }
        Database::Postgres { url, owner_url } => {
            let owner_url = owner_url.as_deref();
            let store = PostgresStore::connect(url, owner_url).await.map_err(|e| format!("DATABASE_URL: {e}"))?;
            let views = Db::postgres(url, owner_url).await.map_err(|e| format!("DATABASE_URL: {e}"))?;
            Ok(Stores::over(store.clone(), views, Own::Postgres(store)))
        }
    }
}

impl Stores {
    /// One store is all of it but the views.
    fn over<S: Journal + Vault + Leases + SnapshotTable + SealTables + 'static>(store: S, views: Db, own: Own) -> Stores {
        let shared = Arc::new(store);
        Stores { journal: shared.clone(), vault: shared.clone(), leases: shared.clone(), cache: shared.clone(), seal: shared, views, own }
    }

    pub async fn start_epoch(&self, reason: &str, parting: Parting, attested: &Attestation) -> Result<Epoch, ReadError> {
        match &self.own {
            Own::Sqlite(store) => store.start_epoch(reason, parting, Some(attested)).await,
            Own::Postgres(store) => store.start_epoch(reason, parting, Some(attested)).await,
        }
    }

    /// What let the journal's events be altered when it was opened.
    pub fn loosened(&self) -> &[String] {
        match &self.own {
            Own::Sqlite(store) => store.loosened(),
            Own::Postgres(store) => store.loosened(),
        }
    }

    /// What is being written is written; then the connections end.
    pub async fn close(&self) {
        self.views.close().await;
        match &self.own {
            Own::Sqlite(store) => store.close().await,
            Own::Postgres(store) => store.close().await,
        }
    }
}
