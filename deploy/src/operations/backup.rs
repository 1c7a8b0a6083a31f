//! `opensail backup FILE`: the data folder in one tar file, taken while the server runs.
//!
//! Order matters. The journal is copied first, by SQLite itself in one read transaction; then the blobs, which only grow and are durable
//! before an event names them, so every blob of the copied journal is there (a sweep waits); then the files of projects and forks, as they are just
//! now. Views are left out: they are rebuilt; so are the indexes of folders, which are none for restored ones. The key lies in the file too, for without it nothing could be read: keep the file as safe as the folder.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use opensail_csi::cas::{LocalStore, Objects};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::data_folder;
use crate::settings::{read, secret_key};

/// First entry of the file: what it is and which form it has.
pub const MARK: &str = "opensail-backup";
pub const FORM: &str = "1";
/// Name of the journal within the file.
pub const JOURNAL: &str = "journal.db";

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} exists; name a new file")]
    Exists(String),
    #[error("there is no journal in {0}; nothing to back up")]
    NoJournal(String),
    #[error("a restore into {0} did not come to its end, so what is there is not whole")]
    HalfRestored(String),
    #[error("the journal could not be copied: {0}")]
    Journal(#[from] sqlx::Error),
    #[error("{what}: {source}")]
    File { what: String, source: std::io::Error },
}

/// Bytes written. Nothing of a backup that fails is left behind.
pub async fn backup(home: &Path, journal: &Path, target: &Path, mut progress: impl FnMut(&str)) -> Result<u64, BackupError> {
    if target.exists() {
        return Err(BackupError::Exists(target.display().to_string()));
    }
    if data_folder::half_restored(home).exists() {
        return Err(BackupError::HalfRestored(home.display().to_string()));
    }
    if !journal.exists() {
        return Err(BackupError::NoJournal(home.display().to_string()));
    }
    let failed = |what: &Path| {
        let what = what.display().to_string();
        move |source| BackupError::File { what, source }
    };
    let copy = target.with_extension("journal-copy");
    let draft = target.with_extension("unfinished");
    let written = async {
        progress("copying the journal");
        let _ = std::fs::remove_file(&copy);
        // The copy holds wrapped keys and hashes: its owner's only, from the first byte on.
        File::options().write(true).create_new(true).mode(0o600).open(&copy).map_err(failed(&copy))?;
        let mut connection = SqliteConnectOptions::new().filename(journal).read_only(true).connect().await?;
        sqlx::query("VACUUM INTO $1").bind(copy.display().to_string()).execute(&mut connection).await?;
        let (home, copy, draft) = (home.to_path_buf(), copy.clone(), draft.clone());
        progress("packing blobs and projects");
        tokio::task::spawn_blocking(move || pack(&home, &copy, &draft))
            .await
            .map_err(|e| BackupError::File { what: "packing".into(), source: std::io::Error::other(e.to_string()) })?
    }
    .await;
    let _ = std::fs::remove_file(&copy);
    match written {
        Ok(bytes) => {
            std::fs::rename(&draft, target).map_err(failed(target))?;
            Ok(bytes)
        }
        Err(e) => {
            let _ = std::fs::remove_file(&draft);
            Err(e)
        }
    }
}

fn pack(home: &Path, copy: &Path, draft: &Path) -> Result<u64, BackupError> {
    let failed = |what: &Path| {
        let what = what.display().to_string();
        move |source| BackupError::File { what, source }
    };
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(draft).map_err(failed(draft))?;
    let mut tar = tar::Builder::new(file);
    tar.follow_symlinks(false);
    let mut header = tar::Header::new_gnu();
    header.set_size(FORM.len() as u64);
    header.set_mode(0o600);
    tar.append_data(&mut header, MARK, FORM.as_bytes()).map_err(failed(draft))?;
    tar.append_path_with_name(copy, JOURNAL).map_err(failed(copy))?;
    let files = [home.join(secret_key::FILE), home.join(read::FILE), data_folder::forgotten(home)];
    for path in files.iter().filter(|path| path.exists()) {
        tar.append_path_with_name(path, path.strip_prefix(home).unwrap_or(path)).map_err(failed(path))?;
    }
    // No sweep removes in the midst what the copied journal names.
    let store = LocalStore::open(&data_folder::blobs(home)).and_then(|store| store.hold());
    let _hold = store.map_err(|e| BackupError::File { what: "blobs".into(), source: std::io::Error::other(e.to_string()) })?;
    for folder in [data_folder::blobs(home), data_folder::projects(home), data_folder::forks(home)] {
        append_folder(&mut tar, home, &folder)?;
    }
    let mut file = tar.into_inner().map_err(failed(draft))?;
    file.flush().and_then(|()| file.sync_all()).map_err(failed(draft))?;
    Ok(file.metadata().map_err(failed(draft))?.len())
}

/// Adds a folder entry by entry; a file that vanishes meanwhile (a draft, a deleted project file) is passed over.
fn append_folder(tar: &mut tar::Builder<File>, home: &Path, folder: &Path) -> Result<(), BackupError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(BackupError::File { what: folder.display().to_string(), source }),
    };
    let name = folder.strip_prefix(home).unwrap_or(folder);
    let added = tar.append_dir(name, folder);
    added.map_err(|source| BackupError::File { what: folder.display().to_string(), source })?;
    for entry in entries {
        let path = entry.map_err(|source| BackupError::File { what: folder.display().to_string(), source })?.path();
        let Ok(kind) = std::fs::symlink_metadata(&path) else { continue };
        let added = if kind.is_dir() {
            append_folder(tar, home, &path)?;
            Ok(())
        } else if kind.is_file() || kind.is_symlink() {
            tar.append_path_with_name(&path, path.strip_prefix(home).unwrap_or(&path))
        } else {
            Ok(())
        };
        match added {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(BackupError::File { what: path.display().to_string(), source }),
        }
    }
    Ok(())
}
