//! Whatever is forgotten stays forgotten: a list outside the database names it, and after a restore it is forgotten once more.
//!
//! At the start everything on the list is forgotten again (harmless where it is), then every event of forgetting is followed: its key is
//! destroyed (it is already, unless the vault was put back alone) and its line added to the list.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use opensail_commands::{Caller, CommandError, Commands};
use opensail_domain::AnyEvent;
use opensail_domain::agent_session::AgentSessionDecider;
use opensail_domain::kernel::Decider;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::{Cursor, Filter, Recorded};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::supervisor::TaskResult;

/// The events that it follows.
const TYPES: [&str; 2] = ["account.forgotten", "agent_session.forgotten"];
/// The vault's row that says how far the journal was followed.
const KIND: &str = "forgotten";
const SEEN: &str = "seen";
/// Positions after which that row is written, when nothing is forgotten.
const SEEN_EVERY: u64 = 10_000;
const AT_ONCE: usize = 64;
/// How often it looks whether a session that was told to stop has.
const LOOK: Duration = Duration::from_secs(1);

/// A line of the list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Forgotten {
    /// Whose key was destroyed: `account-<id>` or `session-<id>`.
    pub subject: String,
    pub reason: String,
    /// Microseconds since 1970.
    pub time: i64,
}

impl Forgotten {
    /// A person's or a session's key is all that is ever forgotten; the list must not reach any other.
    fn may_be_forgotten(&self) -> bool {
        matches!(self.subject.split_once('-'), Some(("account" | "session", id)) if uuid::Uuid::try_parse(id).is_ok())
    }
}

/// The list's lines; a last one that a crash cut off is passed over, and what names neither a person nor a session.
pub fn read(list: &Path) -> std::io::Result<Vec<Forgotten>> {
    let text = match std::fs::read_to_string(list) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text?,
    };
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(Forgotten::may_be_forgotten).collect())
}

/// The same of a list that somebody names: one that is none, or has nothing in it, is an error.
pub fn read_whole(list: &Path) -> std::io::Result<Vec<Forgotten>> {
    let wrong = |why: String| std::io::Error::new(std::io::ErrorKind::InvalidData, why);
    let text = std::fs::read_to_string(list)?;
    let begun = text.lines().count();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        let torn = number + 1 == begun && !text.ends_with('\n');
        if !torn && !serde_json::from_str::<Forgotten>(line).is_ok_and(|line| line.may_be_forgotten()) {
            return Err(wrong(format!("line {} is none of a list of what was forgotten ($OPENSAIL_HOME/forgotten.jsonl)", number + 1)));
        }
    }
    let lines = read(list)?;
    if lines.is_empty() {
        return Err(wrong("nothing stands in it; leave --forgotten away if nothing was forgotten".into()));
    }
    Ok(lines)
}

/// Adds lines that are not there yet; durable when it returns. Several processes may do so at once.
pub fn add(list: &Path, lines: &[Forgotten]) -> std::io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(list)?;
    // One at a time looks and adds; the lock ends with the open file.
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
    let known: BTreeSet<String> = read(list)?.into_iter().map(|line| line.subject).collect();
    let mut text = String::new();
    for line in lines.iter().filter(|line| !known.contains(&line.subject)) {
        text.push('\n');
        text.push_str(&serde_json::to_string(line)?);
    }
    if text.is_empty() {
        return Ok(());
    }
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    match list.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// What it works with.
#[derive(Clone)]
pub struct KeepForgotten {
    pub commands: Commands,
    pub tail: Tail,
    pub list: PathBuf,
}

impl KeepForgotten {
    pub async fn run(&self, stop: CancellationToken) -> TaskResult {
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            ended = self.follow() => ended,
        }
    }

    async fn follow(&self) -> TaskResult {
        let listed = read(&self.list).map_err(|error| format!("{}: {error}", self.list.display()))?;
        let mut working = self.again(listed).await?;
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let Cursor { epoch, position: mut kept } = self.seen().await?;
        let types = TYPES.map(String::from).to_vec();
        let mut events = self.tail.subscribe(kept, Filter { types, ..Filter::default() });
        loop {
            let batch = tokio::select! {
                _ = look.tick(), if !working.is_empty() => {
                    working = self.again(working).await?;
                    continue;
                }
                batch = events.next_batch(AT_ONCE) => batch.map_err(|error| error.to_string())?,
            };
            let lines: Vec<Forgotten> = batch.events.iter().map(|event| line(event)).collect();
            for line in &lines {
                let keys = self.commands.keyring();
                match keys.is_destroyed(&line.subject).await.map_err(|error| error.to_string())? {
                    // Another process may have done it: then the key goes out of this one's memory now, and not when it has aged.
                    true => keys.was_destroyed(&line.subject),
                    false => keys.destroy(&line.subject).await.map_err(|error| error.to_string())?,
                }
            }
            if !lines.is_empty() {
                let list = self.list.clone();
                let added = tokio::task::spawn_blocking(move || add(&list, &lines)).await.map_err(std::io::Error::other);
                added.and_then(|added| added).map_err(|error| format!("{}: {error}", self.list.display()))?;
            }
            if !batch.events.is_empty() || batch.seen >= kept + SEEN_EVERY {
                kept = batch.seen;
                let cursor = Cursor { epoch, position: kept }.to_string();
                self.commands.vault().put(KIND, SEEN, cursor.as_bytes(), None).await.map_err(|error| error.to_string())?;
            }
        }
    }
}

impl KeepForgotten {
    /// How far the journal was followed, in the epoch that it has now.
    async fn seen(&self) -> Result<Cursor, String> {
        let epoch = self.tail.journal().head().await.map_err(|error| error.to_string())?.epoch;
        let row = self.commands.vault().get(KIND, SEEN).await.map_err(|error| error.to_string())?;
        let seen = row.and_then(|row| String::from_utf8(row).ok()?.parse::<Cursor>().ok());
        Ok(seen.filter(|cursor| cursor.epoch == epoch).unwrap_or(Cursor { epoch, position: 0 }))
    }

    /// Before anybody is let in: whoever was forgotten in a history that is no more has passwords and tokens again, and loses them. Once this history was
    /// followed that is so.
    pub async fn shut_out(&self) -> Result<(), String> {
        if self.seen().await?.position > 0 {
            return Ok(());
        }
        let listed = read(&self.list).map_err(|error| format!("{}: {error}", self.list.display()))?;
        for Forgotten { subject, reason, .. } in listed.iter().filter(|line| line.subject.starts_with("account-")) {
            match self.commands.forget_again(&Caller::system("restore"), subject, reason).await {
                Ok(_) => {}
                Err(error @ CommandError::Rejected(_)) => {
                    tracing::error!(subject, error = error.log_text(), "a person cannot be forgotten again")
                }
                Err(error) => return Err(error.log_text()),
            }
        }
        Ok(())
    }

    /// Forgets what is listed; answers with the sessions that still work and were told to stop.
    async fn again(&self, listed: Vec<Forgotten>) -> Result<Vec<Forgotten>, String> {
        let mut working = Vec::new();
        for line in listed {
            let done = self.commands.forget_again(&Caller::system("restore"), &line.subject, &line.reason).await;
            if !done.map_err(|error| error.log_text())? {
                working.push(line);
            }
        }
        Ok(working)
    }
}

fn line(event: &Recorded) -> Forgotten {
    let kind = if event.stream.stream_type() == AgentSessionDecider::TYPE { "session" } else { event.stream.stream_type() };
    // Only a word in the list: one that this program cannot read keeps nobody from forgetting.
    let recorded = serde_json::from_str(&event.payload).unwrap_or_default();
    let (_, payload) = AnyEvent::newest(&event.event_type, event.version, recorded);
    let reason = payload["reason"].as_str().unwrap_or_default().to_owned();
    Forgotten { subject: format!("{kind}-{}", event.stream.id()), reason, time: event.time }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_keeps_each_subject_once_and_reaches_no_other_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let list = folder.path().join("forgotten.jsonl");
        assert_eq!(read(&list).expect("an empty list"), []);
        let line = |subject: &str| Forgotten { subject: subject.into(), reason: "x".into(), time: 1 };
        let (ada, session) = (line("account-01a210b8-6e53-7041-93d9-9a5bdbb77ca9"), line("session-01a210b8-6e53-7041-93d9-9a5bdbb77ca9"));
        add(&list, &[ada.clone(), line("seal-1"), line("account-x"), line("lasting/opensail/commands/email/v1")]).expect("written");
        add(&list, &[ada.clone(), session.clone()]).expect("written");
        std::fs::OpenOptions::new().append(true).open(&list).expect("the list").write_all(b"{\"subject\":\"acc").expect("half a line");
        add(&list, std::slice::from_ref(&session)).expect("written");
        assert_eq!(read(&list).expect("the list"), [ada, session]);
    }
}
