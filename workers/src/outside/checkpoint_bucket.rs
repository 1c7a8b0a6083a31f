//! The second place of checkpoints as a bucket: `checkpoints/<epoch>/<day>/<size>-<digits of the note's hash>` and, for rolls of epochs,
//! `epochs/<first epoch>/<time>-<digits of the note's hash>`, each put once and never again.
//!
//! Where the bucket locks objects, nobody who breaks in here can take them back: by the bucket's own rule, or else each for a year.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use opensail_csi::bucket::{Bucket, BucketError, Locking};
use opensail_eventstore::seal::{Checkpoint, Roll, SecondPlace};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

const FOLDER: &str = "checkpoints/";
const ROLLS: &str = "epochs/";
/// More than a journal ever has.
const MOST_ROLLS: usize = 10_000;
/// Puts are paid for; what was sealed since the last one is in the folder beside the journal.
const PACE: Duration = Duration::from_secs(60);
const LOCKED_FOR: Duration = Duration::from_secs(365 * 24 * 3600);
/// Notes of the newest day that are read, and reads at a time. Of each earlier day the first is read: a later one says all that it does.
const NEWEST: usize = 50;
const AT_A_TIME: usize = 16;
/// More names than a day has, should every process of a cluster seal by turns.
const DAY: usize = 100_000;

pub struct CheckpointBucket {
    bucket: Bucket,
    locking: OnceCell<Locking>,
}

impl CheckpointBucket {
    pub fn new(bucket: Bucket) -> Self {
        Self { bucket, locking: OnceCell::new() }
    }

    async fn locked_until(&self) -> Result<Option<SystemTime>, BucketError> {
        let learn = || async {
            let locking = self.bucket.locking().await?;
            match locking {
                Locking::None => tracing::warn!(
                    bucket = self.bucket.name(),
                    "the bucket has no object lock: who may write checkpoints there may remove them too"
                ),
                Locking::OnWish | Locking::ByRule => tracing::info!(bucket = self.bucket.name(), "checkpoints are locked in the bucket"),
            }
            Ok(locking)
        };
        let locking = self.locking.get_or_try_init(learn).await?;
        Ok((*locking == Locking::OnWish).then(|| SystemTime::now() + LOCKED_FOR))
    }

    async fn put(&self, key: &str, note: &str) -> Result<(), String> {
        let until = self.locked_until().await.map_err(|error| error.to_string())?;
        match self.bucket.put_new(key, note.as_bytes().to_vec(), until).await {
            // Its name is its hash: the same note, kept before.
            Ok(()) | Err(BucketError::Exists) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Names of the notes that say enough.
    async fn names(&self) -> Result<Vec<String>, BucketError> {
        let mut names = Vec::new();
        for epoch in self.bucket.folders(FOLDER).await? {
            let days = self.bucket.folders(&epoch).await?;
            let (last, earlier) = match days.split_last() {
                Some(split) => split,
                None => continue,
            };
            for day in earlier {
                names.extend(self.bucket.list(day, 1).await?);
            }
            let mut newest = self.bucket.list(last, DAY).await?;
            let old = newest.len().saturating_sub(NEWEST);
            names.extend(newest.drain(old..));
        }
        Ok(names)
    }
}

fn key(note: &str) -> Result<String, String> {
    let checkpoint = Checkpoint::unproven(note).map_err(|error| error.to_string())?;
    let time = chrono::DateTime::from_timestamp_micros(checkpoint.time).ok_or("the checkpoint's time is none")?;
    Ok(format!("{FOLDER}{}/{}/{:020}-{}", checkpoint.epoch, time.format("%Y-%m-%d"), checkpoint.size, digits(note)))
}

fn digits(note: &str) -> String {
    Sha256::digest(note).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[async_trait]
impl SecondPlace for CheckpointBucket {
    fn name(&self) -> String {
        format!("bucket {}", self.bucket.name())
    }

    fn remote(&self) -> bool {
        true
    }

    fn pace(&self) -> Duration {
        PACE
    }

    async fn keep(&self, note: &str) -> Result<(), String> {
        self.put(&key(note)?, note).await
    }

    async fn keep_roll(&self, note: &str) -> Result<(), String> {
        let roll = Roll::unproven(note).map_err(|error| error.to_string())?;
        self.put(&format!("{ROLLS}{}/{:020}-{}", roll.first, roll.time, digits(note)), note).await
    }

    async fn rolls(&self) -> Result<Vec<String>, String> {
        let read = async {
            let mut rolls = Vec::new();
            for journal in self.bucket.folders(ROLLS).await? {
                // A later one holds all that an earlier one does, but for what a restore left behind.
                for name in self.bucket.list(&journal, MOST_ROLLS).await?.iter().rev().take(NEWEST) {
                    rolls.push(String::from_utf8_lossy(&self.bucket.get(name).await?).into_owned());
                }
            }
            Ok(rolls)
        };
        read.await.map_err(|error: BucketError| error.to_string())
    }

    async fn newest(&self) -> Result<Option<String>, String> {
        let read = async {
            // Ids of epochs, days and sizes are in order as names.
            let Some(epoch) = self.bucket.folders(FOLDER).await?.pop() else { return Ok(None) };
            let Some(day) = self.bucket.folders(&epoch).await?.pop() else { return Ok(None) };
            let Some(name) = self.bucket.list(&day, DAY).await?.pop() else { return Ok(None) };
            Ok(Some(String::from_utf8_lossy(&self.bucket.get(&name).await?).into_owned()))
        };
        read.await.map_err(|error: BucketError| error.to_string())
    }

    async fn kept(&self) -> Result<Vec<String>, String> {
        let read = async {
            let notes = self.names().await?.into_iter().map(|name| {
                let bucket = self.bucket.clone();
                async move { bucket.get(&name).await.map(|note| String::from_utf8_lossy(&note).into_owned()) }
            });
            futures::stream::iter(notes).buffer_unordered(AT_A_TIME).try_collect().await
        };
        read.await.map_err(|error: BucketError| error.to_string())
    }
}
