//! A sealer over the subject's journal, with a second place in memory.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::conformance::{Subject, append, part};
use crate::envelope::Epoch;
use crate::journal::Journal;
use crate::seal::attest::{reckoned, settle};
use crate::seal::check::{CheckError, Checked, Finding, Outside, check};
use crate::seal::sealer::{SealState, Sealer};
use crate::seal::{Attestation, Parting, Roll, SealError, SecondPlace, SetBack, VerifierKey, set_back};
use crate::vault::keyring::Keyring;

const SECRET: &[u8] = b"a secret of conformance";

/// A second place in memory, which can be lost.
#[derive(Default)]
pub(crate) struct Memory {
    notes: Mutex<Vec<String>>,
    rolls: Mutex<Vec<String>>,
    lost: Mutex<bool>,
}

impl Memory {
    pub(crate) fn lost(&self, lost: bool) {
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = lost;
    }
}

#[async_trait]
impl SecondPlace for Memory {
    fn name(&self) -> String {
        "memory".into()
    }
    fn pace(&self) -> Duration {
        Duration::from_millis(10)
    }
    async fn keep(&self, note: &str) -> Result<(), String> {
        if *self.lost.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err("it is lost".into());
        }
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note.into());
        Ok(())
    }
    async fn kept(&self) -> Result<Vec<String>, String> {
        Ok(self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
    async fn newest(&self) -> Result<Option<String>, String> {
        Ok(self.kept().await?.pop())
    }
    async fn keep_roll(&self, note: &str) -> Result<(), String> {
        self.rolls.lock().unwrap_or_else(PoisonError::into_inner).push(note.into());
        Ok(())
    }
    async fn rolls(&self) -> Result<Vec<String>, String> {
        Ok(self.rolls.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

pub(crate) struct World<'a> {
    pub(crate) subject: &'a dyn Subject,
    pub(crate) memory: Arc<Memory>,
    pub(crate) state: watch::Sender<SealState>,
}

impl<'a> World<'a> {
    pub(crate) fn new(subject: &'a dyn Subject) -> Self {
        World { subject, memory: Arc::default(), state: watch::Sender::default() }
    }

    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        Arc::new(Keyring::new(self.subject.vault(), SECRET))
    }

    /// As a process has it that has seen nothing of what a test takes away.
    pub(crate) async fn journal(&self) -> Arc<dyn Journal> {
        self.subject.another().await.journal()
    }

    pub(crate) async fn sealer(&self, holder: &str) -> Sealer {
        Sealer {
            journal: self.journal().await,
            tables: self.subject.seal(),
            keyring: self.keyring(),
            leases: self.subject.leases(),
            places: vec![self.memory.clone()],
            holder: holder.into(),
            state: self.state.clone(),
        }
    }

    /// Runs a sealer until something is so.
    pub(crate) async fn seal_until(&self, mut so: impl FnMut(&SealState) -> bool + Send) -> Result<(), SealError> {
        let mut state = self.state.subscribe();
        let stop = async move {
            let _ = state.wait_for(|state| so(state)).await;
        };
        let sealed = self.sealer("one").await.run(stop).await;
        // The next sealer of this test is another boot.
        let _ = self.subject.leases().void_others("nobody").await;
        sealed
    }

    pub(crate) async fn seal_all(&self) {
        let head = self.journal().await.head().await.expect("a head").position;
        self.state.send_replace(SealState::default());
        self.seal_until(|state| state.size == head).await.expect("sealed");
        // What a sealer with more time would have done itself.
        let last = self.subject.seal().last_checkpoint().await.expect("read").expect("a checkpoint");
        self.memory.keep(&last.note).await.expect("kept");
        let roll = self.subject.seal().rolls().await.expect("read").pop().expect("a roll");
        self.memory.keep_roll(&roll.note).await.expect("kept");
    }

    /// What `opensail new-epoch` does.
    pub(crate) async fn start_epoch(&self, parting: Parting) -> Epoch {
        let (tables, keyring, head) = (self.subject.seal(), self.keyring(), self.journal().await.head().await.expect("a head").position);
        let attested = Attestation::prepare(&tables, &keyring, self.roll().await, head, &parting).await.expect("signed");
        self.subject.start_epoch(parting, Some(&attested)).await
    }

    /// As whoever begins an epoch knows it.
    pub(crate) async fn roll(&self) -> Roll {
        let outside = self.memory.rolls().await.expect("kept");
        reckoned(&self.subject.seal(), &self.keyring(), &outside).await.expect("a roll")
    }

    /// What a start asks.
    pub(crate) async fn set_back(&self, remembered: &[String]) -> Result<Option<SetBack>, SealError> {
        let (tables, outside) = (self.subject.seal(), self.memory.rolls().await.expect("kept"));
        let roll = settle(&tables, &self.keyring(), &outside).await?;
        set_back(&tables, &roll, remembered).await
    }

    pub(crate) async fn check(&self, pinned: &[VerifierKey]) -> Result<Checked, Finding> {
        let (journal, tables) = (self.journal().await, self.subject.seal());
        let (kept, rolls) = (self.memory.kept().await.expect("kept"), self.memory.rolls().await.expect("kept"));
        match check(&*journal, &*tables, pinned, Outside { remembered: &kept, rolls: &rolls, noted: &[] }, |_| {}).await {
            Ok(checked) => Ok(checked),
            Err(CheckError::Found(finding)) => Err(finding),
            Err(CheckError::Unavailable(error)) => panic!("{error}"),
        }
    }

    pub(crate) async fn append(&self, stream: &str, expected: u64, count: usize) {
        self.journal().await.append(append(vec![part(stream, expected, count)])).await.expect("appended");
    }

    /// Ten events in two streams, sealed in two steps.
    pub(crate) async fn sealed(subject: &'a dyn Subject) -> Self {
        let world = World::new(subject);
        world.append("a", 0, 6).await;
        world.seal_all().await;
        world.append("b", 0, 4).await;
        world.seal_all().await;
        assert_eq!(world.check(&[]).await.map(|checked| (checked.sealed, checked.checkpoints)), Ok((10, 2)));
        world
    }
}
