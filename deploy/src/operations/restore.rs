//! `opensail restore FILE`: a backup into an empty data folder, as a new epoch of the journal, so that readers who saw later events are told
//! so instead of missing or repeating any.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use opensail_eventstore::seal::{Attestation, Parting, attest};
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::vault::keyring;
use opensail_eventstore::{Epoch, Journal, SealTables};
use opensail_workers::keep_forgotten::{self, Forgotten};

use super::backup::{FORM, JOURNAL, MARK};
use super::new_epoch::tell_places;
use crate::data_folder::{self, DataFolder, DataFolderError};
use crate::mode::assemble;
use crate::mode::sealing::second_places;
use crate::settings::{Settings, secret_key};

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
    #[error("{why}; what was restored until then is not whole and will not be served: empty {home} and restore again")]
    BrokeOff { home: String, why: Box<RestoreError> },
}

pub struct Restored {
    pub epoch: Epoch,
    /// People and sessions of the list whose keys were destroyed again.
    pub forgotten_again: usize,
}

/// A kill at any point leaves either nothing or a folder that no server takes. `forgotten` is the list of the data folder that was lost: what was forgotten after the backup is forgotten again before anybody
/// can read it, and the next start writes it down.
///
/// Needs SECRET_KEY where the backup holds none, for the seal's key attests the new epoch.
pub async fn restore(settings: &Settings, source: &Path, forgotten: Option<&Path>) -> Result<Restored, RestoreError> {
    let home = &*settings.home;
    let later = match forgotten {
        Some(list) => keep_forgotten::read_whole(list).map_err(file(list))?,
        None => Vec::new(),
    };
    let folder = DataFolder::take(home)?;
    if home.join(JOURNAL).exists() || data_exists(home) {
        return Err(RestoreError::NotEmpty(home.display().to_string()));
    }
    let broke_off = |why: RestoreError| match data_folder::half_restored(home).exists() {
        true => RestoreError::BrokeOff { home: home.display().to_string(), why: Box::new(why) },
        false => why,
    };
    bring_back(settings, &folder, source, &later).await.map_err(broke_off)
}

async fn bring_back(settings: &Settings, folder: &DataFolder, source: &Path, later: &[Forgotten]) -> Result<Restored, RestoreError> {
    let (to, from) = (folder.path().to_path_buf(), source.to_path_buf());
    tokio::task::spawn_blocking(move || unpack(&from, &to))
        .await
        .map_err(|e| RestoreError::File { what: "unpacking".into(), source: std::io::Error::other(e.to_string()) })??;
    let home = folder.path();
    let list = data_folder::forgotten(home);
    keep_forgotten::add(&list, later).map_err(file(&list))?;
    let store = SqliteStore::open(home.join(JOURNAL)).await.map_err(|e| RestoreError::Journal(e.to_string()))?;
    let forgotten = keep_forgotten::read(&list).map_err(file(&list))?;
    for line in &forgotten {
        keyring::destroy(&store, &line.subject).await.map_err(|e| RestoreError::Journal(e.to_string()))?;
    }
    let epoch = begin(settings, &store).await?;
    store.close().await;
    let mark = data_folder::half_restored(home);
    // All of it is on the disk before the mark goes.
    File::open(home).and_then(|folder| Ok(rustix::fs::syncfs(folder)?)).map_err(file(home))?;
    std::fs::remove_file(&mark).and_then(|()| File::open(home)?.sync_all()).map_err(file(&mark))?;
    Ok(Restored { epoch, forgotten_again: forgotten.len() })
}

/// The epoch, attested by the seal's key, which came with the backup.
async fn begin(settings: &Settings, store: &SqliteStore) -> Result<Epoch, RestoreError> {
    let journal = |error: &dyn std::fmt::Display| RestoreError::Journal(error.to_string());
    let secret = match &settings.secret_key {
        Some(key) => key.clone(),
        None => secret_key::kept(&settings.home, true).map_err(|error| journal(&error))?,
    };
    let keyring = assemble::keyring_over(settings, Arc::new(store.clone()), &secret).await.map_err(|error| journal(&error))?;
    let (tables, places): (Arc<dyn SealTables>, _) = (Arc::new(store.clone()), second_places(settings));
    let mut rolls = Vec::new();
    for place in &places {
        match place.rolls().await {
            Ok(kept) => rolls.extend(kept),
            Err(why) => eprintln!("{} could not be asked which epochs it remembers: {why}", place.name()),
        }
    }
    let head = store.head().await.map_err(|error| journal(&error))?.position;
    let roll = attest::reckoned(&tables, &keyring, &rolls).await.map_err(|error| journal(&error))?;
    let parting = Parting::default();
    let attested = Attestation::prepare(&tables, &keyring, roll, head, &parting).await.map_err(|error| journal(&error))?;
    let epoch = store.start_epoch("restore", parting, Some(&attested)).await.map_err(|error| journal(&error))?;
    tell_places(&places, &*tables).await.map_err(|error| journal(&error))?;
    Ok(epoch)
}

fn file(what: &Path) -> impl Fn(std::io::Error) -> RestoreError + use<> {
    let what = what.display().to_string();
    move |source| RestoreError::File { what: what.clone(), source }
}

fn data_exists(home: &Path) -> bool {
    ["blobs", "projects", "forks"].iter().any(|name| std::fs::read_dir(home.join(name)).is_ok_and(|mut entries| entries.next().is_some()))
}

fn unpack(source: &Path, home: &Path) -> Result<(), RestoreError> {
    let no_backup = || RestoreError::NoBackup(source.display().to_string());
    let mut tar = tar::Archive::new(File::open(source).map_err(file(source))?);
    tar.set_preserve_permissions(true);
    let mut entries = tar.entries().map_err(|_| no_backup())?;
    let mut first = entries.next().and_then(Result::ok).ok_or_else(no_backup)?;
    let mut form = String::new();
    let named = first.path().is_ok_and(|path| path == Path::new(MARK));
    if !named || first.read_to_string(&mut form).is_err() || form != FORM {
        return Err(no_backup());
    }
    let mark = data_folder::half_restored(home);
    File::create(&mark).and_then(|mark| mark.sync_all()).and_then(|()| File::open(home)?.sync_all()).map_err(file(&mark))?;
    for entry in entries {
        let mut entry = entry.map_err(file(source))?;
        // Refuses names that lead out of the folder.
        if !entry.unpack_in(home).map_err(file(source))? {
            return Err(no_backup());
        }
    }
    Ok(())
}
