//! `$OPENSAIL_HOME`: one server at a time, or several that share it. The lock is the kernel's, so it is free the moment its holder is dead.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    #[error("{folder} is in use by another server ({holder}); stop it first, or set OPENSAIL_HOME to another folder")]
    InUse { folder: String, holder: String },
    #[error("a restore into {folder} did not come to its end, so what is there is not whole; empty the folder and restore again")]
    HalfRestored { folder: String },
    #[error("{folder} cannot be used: {why}; set OPENSAIL_HOME to a folder you own")]
    Unusable { folder: String, why: String },
}

/// A killed holder's lock lives on in a child that it was just making, until that has become another program or has ended with it.
const LAST_BREATH: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);

/// Whether the holder that announced itself lives no more.
fn is_dead(holder: &str) -> bool {
    let pid = holder.strip_prefix("process ").and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    pid.and_then(rustix::process::Pid::from_raw).is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

/// The data folder, held for as long as this lives.
pub struct DataFolder {
    path: PathBuf,
    lock: File,
}

impl DataFolder {
    /// Makes the folder (0700) if need be and takes it.
    pub fn take(path: &Path) -> Result<DataFolder, DataFolderError> {
        Self::lock(path, FlockOperation::NonBlockingLockExclusive)
    }

    /// The same beside others that share it; nobody can take it meanwhile.
    pub fn share(path: &Path) -> Result<DataFolder, DataFolderError> {
        Self::lock(path, FlockOperation::NonBlockingLockShared)
    }

    /// From taken to shared.
    pub fn let_others(&self) -> Result<(), DataFolderError> {
        let unusable = |why: rustix::io::Errno| DataFolderError::Unusable { folder: self.path.display().to_string(), why: why.to_string() };
        flock(&self.lock, FlockOperation::NonBlockingLockShared).map_err(unusable)
    }

    fn lock(path: &Path, how: FlockOperation) -> Result<DataFolder, DataFolderError> {
        let unusable = |why: std::io::Error| DataFolderError::Unusable { folder: path.display().to_string(), why: why.to_string() };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let mode = std::fs::metadata(path).map_err(unusable)?.permissions().mode();
        if mode & 0o077 != 0 {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & 0o7700)).map_err(unusable)?;
        }
        let file = path.join("lock");
        let mut lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(file).map_err(unusable)?;
        let begun = Instant::now();
        loop {
            match flock(&lock, how) {
                Ok(()) => break,
                Err(e) if e == rustix::io::Errno::WOULDBLOCK => {}
                Err(e) => return Err(unusable(e.into())),
            }
            let mut holder = String::new();
            let _ = lock.rewind().and_then(|()| lock.read_to_string(&mut holder));
            if !is_dead(&holder) || begun.elapsed() > LAST_BREATH {
                let holder = if holder.is_empty() { "which is just starting".into() } else { holder.trim().to_string() };
                return Err(DataFolderError::InUse { folder: path.display().to_string(), holder });
            }
            std::thread::sleep(LOOK);
        }
        if half_restored(path).exists() {
            return Err(DataFolderError::HalfRestored { folder: path.display().to_string() });
        }
        let mut folder = DataFolder { path: path.to_path_buf(), lock };
        folder.announce(&format!("process {}", std::process::id())).map_err(unusable)?;
        Ok(folder)
    }

    /// Leaves word of who holds it, for whoever comes second.
    pub fn announce(&mut self, holder: &str) -> std::io::Result<()> {
        self.lock.rewind()?;
        self.lock.set_len(0)?;
        self.lock.write_all(holder.as_bytes())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Stands there while a restore is under way: until then keys that were destroyed may be there again, and not all of the rest is.
pub fn half_restored(home: &Path) -> PathBuf {
    home.join("restore-under-way")
}

/// Content-addressed blobs.
pub fn blobs(home: &Path) -> PathBuf {
    home.join("blobs")
}

/// Projects that the platform keeps.
pub fn projects(home: &Path) -> PathBuf {
    home.join("projects")
}

/// Working copies of forks.
pub fn forks(home: &Path) -> PathBuf {
    home.join("forks")
}

/// What is known of folders that snapshots are taken of; a cache.
pub fn indexes(home: &Path) -> PathBuf {
    home.join("indexes")
}

/// The read models; disposable.
pub fn views(home: &Path) -> PathBuf {
    home.join("views.db")
}

/// The second place of signed checkpoints, outside the database.
pub fn checkpoints(home: &Path) -> PathBuf {
    home.join("checkpoints")
}

/// What was forgotten, outside the database: after a restore it is forgotten again.
pub fn forgotten(home: &Path) -> PathBuf {
    home.join("forgotten.jsonl")
}

/// The command line's token, written by the server.
pub fn cli_token(home: &Path) -> PathBuf {
    home.join("cli.token")
}

/// Address of the running server, written beside the token.
pub fn server_url(home: &Path) -> PathBuf {
    home.join("server.url")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_held_by_one_or_shared_by_many() {
        let home = tempfile::tempdir().expect("a folder");
        let take = || DataFolder::take(home.path());
        let share = || DataFolder::share(home.path());
        let alone = take().unwrap_or_else(|e| panic!("{e}"));
        assert!(take().is_err() && share().is_err());
        alone.let_others().unwrap_or_else(|e| panic!("{e}"));
        let other = share().unwrap_or_else(|e| panic!("{e}"));
        assert!(take().is_err());
        drop((alone, other));
        assert!(take().is_ok());
    }

    /// A pid that Linux never gives: its numbers are smaller.
    const NOBODY: &str = "process 4194304 at http://127.0.0.1:1";

    #[test]
    fn a_dead_holders_last_child_is_waited_for() {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("lock");
        for (holder, taken) in [(NOBODY.to_owned(), true), (format!("process {}", std::process::id()), false)] {
            std::fs::write(&file, holder).expect("written");
            // Says that it has the lock, and lets go of it when its input ends.
            let mut command = std::process::Command::new("flock");
            command.arg(&file).args(["sh", "-c", "echo held; read -r end; sleep 0.2"]);
            let mut child = command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().expect("flock runs");
            let mut said = [0; 4];
            child.stdout.as_mut().expect("its output").read_exact(&mut said).expect("it holds the lock");
            drop(child.stdin.take());
            assert_eq!(DataFolder::take(home.path()).is_ok(), taken);
            child.wait().expect("it ends");
        }
    }
}
