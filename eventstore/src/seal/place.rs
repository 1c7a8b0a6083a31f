//! The second place: somewhere outside the database that remembers checkpoints.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::checkpoint::Checkpoint;

/// Name of the newest note in the folder.
const LATEST: &str = "latest";
/// Name of the list of rolls.
const ROLLS: &str = "epochs";
/// From one note in the folder to the next.
const PACE: Duration = Duration::from_secs(1);
/// How often a checkpoint is added to the folder's list; the newest one is kept apart, at each call.
const LISTED_EVERY: Duration = Duration::from_secs(60);

#[async_trait]
pub trait SecondPlace: Send + Sync + 'static {
    /// Where it is, for people.
    fn name(&self) -> String;
    /// Whether it is a service that may be away while this machine is well.
    fn remote(&self) -> bool {
        false
    }
    /// The least time from one note to the next.
    fn pace(&self) -> Duration;
    /// Returns once the note is durable there.
    async fn keep(&self, note: &str) -> Result<(), String>;
    /// Notes that are kept, in no order; the newest is among them. A later one says all that an earlier one does, so that a place with very
    /// many may answer with fewer.
    async fn kept(&self) -> Result<Vec<String>, String>;
    /// The newest of them, of the newest epoch.
    async fn newest(&self) -> Result<Option<String>, String>;
    /// Keeps a roll of epochs; returns once it is durable there.
    async fn keep_roll(&self, note: &str) -> Result<(), String>;
    /// Rolls that are kept, in no order; the newest is among them.
    async fn rolls(&self) -> Result<Vec<String>, String>;
}

/// A folder: `latest` holds the newest note, `<epoch>.jsonl` one of each minute, `epochs` each roll.
pub struct CheckpointFolder {
    folder: PathBuf,
    /// Epoch and time of the newest line written.
    listed: Mutex<Option<(String, Instant)>>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    size: u64,
    note: String,
}

#[derive(Serialize, Deserialize)]
struct RollLine {
    roll: String,
}

impl CheckpointFolder {
    pub fn new(folder: &Path) -> Self {
        CheckpointFolder { folder: folder.into(), listed: Mutex::default() }
    }

    fn write(folder: &Path, note: &str, list: Option<&str>) -> std::io::Result<()> {
        make(folder)?;
        let draft = folder.join("latest.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        let latest = folder.join(LATEST);
        if let Some(epoch) = list {
            // The last of the epoch before is not in its list yet, nor the last of a state that was given up.
            if let Ok(last) = std::fs::read_to_string(&latest)
                && let Ok(before) = Checkpoint::unproven(&last)
                && (before.epoch.to_string() != epoch || Checkpoint::unproven(note).is_ok_and(|new| new.size < before.size))
            {
                Self::add(folder, &before.epoch.to_string(), &last)?;
            }
            Self::add(folder, epoch, note)?;
        }
        std::fs::rename(&draft, latest)?;
        File::open(folder)?.sync_all()
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, String> {
        let done = tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other).and_then(|done| done);
        done.map_err(|error| format!("{}: {error}", self.folder.display()))
    }

    fn add(folder: &Path, epoch: &str, note: &str) -> std::io::Result<()> {
        let size = Checkpoint::unproven(note).map_or(0, |checkpoint| checkpoint.size);
        let line = serde_json::to_string(&Line { size, note: note.into() })?;
        append(&folder.join(format!("{epoch}.jsonl")), line)
    }

    fn add_roll(folder: &Path, note: &str) -> std::io::Result<()> {
        make(folder)?;
        if Self::read_rolls(folder)?.iter().any(|kept| kept == note) {
            return Ok(());
        }
        append(&folder.join(ROLLS), serde_json::to_string(&RollLine { roll: note.into() })?)?;
        File::open(folder)?.sync_all()
    }

    fn read_rolls(folder: &Path) -> std::io::Result<Vec<String>> {
        let text = match std::fs::read_to_string(folder.join(ROLLS)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text?,
        };
        Ok(text.lines().filter_map(|line| serde_json::from_str::<RollLine>(line).ok()).map(|line| line.roll).collect())
    }

    fn read(folder: &Path) -> std::io::Result<Vec<String>> {
        let mut notes = Vec::new();
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(notes),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name == LATEST) {
                notes.push(std::fs::read_to_string(&path)?);
            } else if path.extension().is_some_and(|extension| extension == "jsonl") {
                let text = std::fs::read_to_string(&path)?;
                // A crash may leave half a line; whole ones count.
                notes.extend(text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()).map(|line| line.note));
            }
        }
        Ok(notes)
    }
}

fn make(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Durable when it returns.
fn append(list: &Path, line: String) -> std::io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(list)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_all()
}

#[async_trait]
impl SecondPlace for CheckpointFolder {
    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    fn pace(&self) -> Duration {
        PACE
    }

    async fn keep(&self, note: &str) -> Result<(), String> {
        let epoch = Checkpoint::unproven(note).map_err(|error| error.to_string())?.epoch.to_string();
        let due = {
            let listed = self.listed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            listed.as_ref().is_none_or(|(of, at)| *of != epoch || at.elapsed() >= LISTED_EVERY)
        };
        let (folder, note, list) = (self.folder.clone(), note.to_owned(), due.then(|| epoch.clone()));
        self.blocking(move || Self::write(&folder, &note, list.as_deref())).await?;
        if due {
            *self.listed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((epoch, Instant::now()));
        }
        Ok(())
    }

    async fn kept(&self) -> Result<Vec<String>, String> {
        let folder = self.folder.clone();
        self.blocking(move || Self::read(&folder)).await
    }

    async fn newest(&self) -> Result<Option<String>, String> {
        let latest = self.folder.join(LATEST);
        match tokio::fs::read_to_string(&latest).await {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", latest.display())),
        }
    }

    async fn keep_roll(&self, note: &str) -> Result<(), String> {
        let (folder, note) = (self.folder.clone(), note.to_owned());
        self.blocking(move || Self::add_roll(&folder, &note)).await
    }

    async fn rolls(&self) -> Result<Vec<String>, String> {
        let folder = self.folder.clone();
        self.blocking(move || Self::read_rolls(&folder)).await
    }
}
