//! `opensail restore FILE`: a backup into an empty data folder, as a new epoch of the journal, so that readers who saw later events are told
//! so instead of missing or repeating any.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use opensail_eventstore::Epoch;
use opensail_eventstore::seal::Parting;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::vault::keyring;
use opensail_workers::keep_forgotten;

use super::backup::{FORM, JOURNAL, MARK};
use crate::data_folder::{self, DataFolder, DataFolderError};

#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("{0} holds data already; restore into an empty folder (set OPENSAIL_HOME)")]
    NotEmpty(String),
    #[error("{0} is no backup of opensail")]
    NoBackup(String),
    #[error("{what}: {source}")]
    File { what: String, source: std::io::Error },
    #[error(transparent)]
    Folder(#[from] DataFolderError),
    #[error("the restored journal cannot be opened: {0}")]
    Journal(String),
}

/// The new epoch. `forgotten` is the list of the data folder that was lost: what was forgotten after the backup is forgotten again before anybody
/// can read it, and the next start writes it down.
pub async fn restore(home: &Path, source: &Path, forgotten: Option<&Path>) -> Result<Epoch, RestoreError> {
    let file = |what: &Path| {
        let what = what.display().to_string();
        move |source| RestoreError::File { what, source }
    };
    let later = match forgotten {
        Some(list) if !list.exists() => return Err(file(list)(std::io::ErrorKind::NotFound.into())),
        Some(list) => keep_forgotten::read(list).map_err(file(list))?,
        None => Vec::new(),
    };
    if home.join(JOURNAL).exists() || data_exists(home) {
        return Err(RestoreError::NotEmpty(home.display().to_string()));
    }
    let folder = DataFolder::take(home)?;
    let (to, from) = (folder.path().to_path_buf(), source.to_path_buf());
    tokio::task::spawn_blocking(move || unpack(&from, &to))
        .await
        .map_err(|e| RestoreError::File { what: "unpacking".into(), source: std::io::Error::other(e.to_string()) })??;
    let list = data_folder::forgotten(home);
    keep_forgotten::add(&list, &later).map_err(file(&list))?;
    let store = SqliteStore::open(home.join(JOURNAL)).await.map_err(|e| RestoreError::Journal(e.to_string()))?;
    for line in keep_forgotten::read(&list).map_err(file(&list))? {
        keyring::destroy(&store, &line.subject).await.map_err(|e| RestoreError::Journal(e.to_string()))?;
    }
    let epoch = store.start_epoch("restore", Parting::default()).await.map_err(|e| RestoreError::Journal(e.to_string()))?;
    store.close().await;
    Ok(epoch)
}

fn data_exists(home: &Path) -> bool {
    ["blobs", "projects", "forks"].iter().any(|name| std::fs::read_dir(home.join(name)).is_ok_and(|mut entries| entries.next().is_some()))
}

fn unpack(source: &Path, home: &Path) -> Result<(), RestoreError> {
    let failed = |what: &Path| {
        let what = what.display().to_string();
        move |source| RestoreError::File { what, source }
    };
    let no_backup = || RestoreError::NoBackup(source.display().to_string());
    let mut tar = tar::Archive::new(File::open(source).map_err(failed(source))?);
    tar.set_preserve_permissions(true);
    let mut entries = tar.entries().map_err(|_| no_backup())?;
    let mut first = entries.next().and_then(Result::ok).ok_or_else(no_backup)?;
    let mut form = String::new();
    let named = first.path().is_ok_and(|path| path == Path::new(MARK));
    if !named || first.read_to_string(&mut form).is_err() || form != FORM {
        return Err(no_backup());
    }
    for entry in entries {
        let mut entry = entry.map_err(failed(source))?;
        // Refuses names that lead out of the folder.
        if !entry.unpack_in(home).map_err(failed(source))? {
            return Err(no_backup());
        }
    }
    Ok(())
}
