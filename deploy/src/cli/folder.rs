//! Commands on the data folder itself, with or without a running server.

use std::path::Path;

use opensail_commands::Caller;

use super::CliError;
use crate::mode::{assemble, set_back, stores};
use crate::operations;
use crate::settings::{self, Database, Settings};

fn settings() -> Result<Settings, CliError> {
    Settings::read(&settings::environment()).map_err(|e| CliError::Usage(e.to_string()))
}

fn failed(error: impl std::fmt::Display) -> CliError {
    CliError::Failed(error.to_string())
}

pub async fn migrate() -> Result<(), CliError> {
    let settings = settings()?;
    let stores = stores::open(&settings).await.map_err(failed)?;
    let head = stores.journal.head().await.map_err(failed)?;
    tell!("the tables are up to date; the journal stands at position {}", head.position);
    stores.close().await;
    Ok(())
}

pub async fn backup(file: &Path) -> Result<(), CliError> {
    let settings = settings()?;
    let Database::Sqlite(journal) = &settings.database else {
        return Err(CliError::Usage("a PostgreSQL journal is backed up with pg_dump".into()));
    };
    let bytes = operations::backup::backup(&settings.home, journal, file, |step| eprintln!("{step} …")).await.map_err(failed)?;
    eprintln!("{}: {bytes} bytes. It holds the key to everything in it; keep it as safe as the data folder.", file.display());
    Ok(())
}

pub async fn restore(file: &Path, forgotten: Option<&Path>) -> Result<(), CliError> {
    let settings = settings()?;
    let restored = operations::restore::restore(&settings, file, forgotten).await.map_err(failed)?;
    eprintln!("restored into {} as epoch {}; `opensail serve` goes on from there", settings.home.display(), restored.epoch);
    if restored.forgotten_again > 0 {
        eprintln!("forgotten again: {} people and sessions", restored.forgotten_again);
    }
    Ok(())
}

pub async fn new_epoch() -> Result<(), CliError> {
    let begun = operations::new_epoch::new_epoch(&settings()?).await.map_err(failed)?;
    let (epoch, shared) = (begun.epoch, begun.shared);
    for forged in begun.disowned {
        eprintln!(
            "WARNING: epoch {forged} was begun by nobody who holds the seal's key: somebody changed the database. The new epoch disowns it"
        );
    }
    eprintln!(
        "epoch {epoch} begins; readers of earlier ones are told that positions 1 to {shared} still hold. `opensail serve` goes on from there"
    );
    Ok(())
}

pub async fn sign_in_link() -> Result<(), CliError> {
    let settings = settings()?;
    let url = match (&settings.public_url, std::fs::read_to_string(crate::data_folder::server_url(&settings.home))) {
        (Some(url), _) => url.clone(),
        (None, Ok(url)) => url.trim().to_string(),
        (None, Err(_)) => format!("http://{}", settings.listen),
    };
    let stores = stores::open(&settings).await.map_err(failed)?;
    let secret = assemble::secret(&settings, &stores).await.map_err(failed)?;
    set_back::refuse(&settings, &stores, &secret).await.map_err(failed)?;
    let commands = assemble::commands(&settings, &stores, &secret).await.map_err(failed)?;
    let owner = commands.desktop_owner().await.map_err(failed)?;
    let owner = owner.ok_or_else(|| CliError::Failed("nobody lives here yet; start it once with `opensail serve`".into()))?;
    let link = commands.create_sign_in_link(&Caller::system("operator"), owner.account_id).await.map_err(failed)?;
    tell!("{url}/sign-in#{}", link.token);
    stores.close().await;
    Ok(())
}
