//! The file's own migrations; numbered, never edited after they have shipped.

use sqlx::migrate::{Migration, MigrationType, Migrator};

pub(super) fn migrator() -> Migrator {
    let steps = [
        (1, "journal", include_str!("../../migrations/sqlite/0001_journal.sql")),
        (2, "versions from events", include_str!("../../migrations/sqlite/0002_versions_from_events.sql")),
        (10, "seal", include_str!("../../migrations/sqlite/0010_seal.sql")),
        (11, "positions begin at one", include_str!("../../migrations/sqlite/0011_positions_begin_at_one.sql")),
        (12, "roll of epochs", include_str!("../../migrations/sqlite/0012_roll_of_epochs.sql")),
    ];
    let migrations = steps.map(|(version, name, sql)| Migration::new(version, name.into(), MigrationType::Simple, sql.into(), false));
    Migrator { migrations: migrations.to_vec().into(), ..Migrator::DEFAULT }
}
