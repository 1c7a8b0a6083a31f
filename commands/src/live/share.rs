//! Texts across nodes: what is written here is told to a relay, what others write is heard from it.

use std::sync::Arc;
use std::time::Duration;

use opensail_domain::kernel::SessionId;
use opensail_eventstore::relay::{Heard, LiveRelay, Topic};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{Mutex, mpsc};
use uuid::Uuid;

use super::heard::Place;
use super::sealed::Said;
use super::{Call, Piece, Told, Turn};
use crate::Commands;

/// Pieces that wait to be told; what does not fit is told with the whole.
const QUEUE: usize = 4096;
/// Pieces of so long are told as one.
const GATHER: Duration = Duration::from_millis(10);
/// Each text is told whole this often, for who came late or missed something.
pub(super) const RETELL: Duration = Duration::from_secs(2);

/// Clones share it.
#[derive(Clone)]
pub struct ShareTexts {
    commands: Commands,
    relay: Arc<dyn LiveRelay>,
    /// This process among all.
    node: Uuid,
    outlets: Arc<Mutex<Outlets>>,
}

struct Outlets {
    turns: mpsc::Receiver<Told<Turn>>,
    outputs: mpsc::Receiver<Told<Call>>,
    /// Of the last message.
    number: u64,
}

impl ShareTexts {
    /// Once for each process: from now on what is written is told as well.
    pub fn new(commands: Commands, relay: Arc<dyn LiveRelay>) -> Self {
        let (turns_told, turns) = mpsc::channel(QUEUE);
        let (outputs_told, outputs) = mpsc::channel(QUEUE);
        // Set before: then the first one goes on telling.
        let _ = commands.live().shared.outlet.set(turns_told);
        let _ = commands.outputs().shared.outlet.set(outputs_told);
        let outlets = Outlets { turns, outputs, number: 0 };
        ShareTexts { commands, relay, node: Uuid::now_v7(), outlets: Arc::new(Mutex::new(outlets)) }
    }

    /// Runs until it is dropped or the relay ends.
    pub async fn run(&self) -> Result<(), String> {
        let mut outlets = self.outlets.lock().await;
        let mut heard = self.relay.hear();
        let mut retell = tokio::time::interval(RETELL);
        retell.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let Outlets { turns, outputs, number } = &mut *outlets;
            tokio::select! {
                Some(first) = turns.recv() => {
                    for said in gathered(first, turns, delta, Said::AnswerSettled).await {
                        self.say(said, number).await;
                    }
                }
                Some(first) = outputs.recv() => {
                    for said in gathered(first, outputs, progress, Said::OutputSettled).await {
                        self.say(said, number).await;
                    }
                }
                message = heard.recv() => match message {
                    Ok(message) => self.take(&message).await,
                    // The writers tell everything again.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Err("the relay ended".into()),
                },
                _ = retell.tick() => {
                    for piece in self.commands.live().own() {
                        self.say(Said::Delta { piece, whole: true }, number).await;
                    }
                    for piece in self.commands.outputs().own() {
                        self.say(Said::Progress { piece, whole: true }, number).await;
                    }
                    self.commands.live().forget_silent();
                    self.commands.outputs().forget_silent();
                }
            }
        }
    }

    async fn say(&self, said: Said, number: &mut u64) {
        *number += 1;
        match said.seal(self.commands.keyring(), Place { node: self.node, number: *number }).await {
            Ok(message) => self.relay.tell(Topic::Texts, message),
            Err(error) => tracing::debug!(error = error.log_text(), "a text was not shared with other nodes"),
        }
    }

    async fn take(&self, message: &Heard) {
        if message.topic != Topic::Texts {
            return;
        }
        let Some((place, said)) = Said::open(&message.message, self.commands.keyring(), self.node).await else { return };
        let (turns, outputs) = (self.commands.live(), self.commands.outputs());
        match said {
            Said::Delta { piece, whole } => turns.hear(place, piece, whole),
            Said::Progress { piece, whole } => outputs.hear(place, piece, whole),
            Said::AnswerSettled(session) => turns.hear_settled(place, session),
            Said::OutputSettled(session) => outputs.hear_settled(place, session),
        }
    }
}

fn delta(piece: Piece<Turn>) -> Said {
    Said::Delta { piece, whole: false }
}

fn progress(piece: Piece<Call>) -> Said {
    Said::Progress { piece, whole: false }
}

/// What comes within a moment, pieces that join made one.
async fn gathered<Of: PartialEq>(
    first: Told<Of>,
    more: &mut mpsc::Receiver<Told<Of>>,
    piece: impl Fn(Piece<Of>) -> Said,
    settled: impl Fn(SessionId) -> Said,
) -> Vec<Said> {
    tokio::time::sleep(GATHER).await;
    let (mut said, mut open): (Vec<Said>, Option<Piece<Of>>) = (Vec::new(), None);
    let mut next = Ok(first);
    loop {
        match next {
            Ok(Told::Written(new)) => match &mut open {
                Some(open) if joins(open, &new) => open.text.push_str(&new.text),
                _ => said.extend(open.replace(new).map(&piece)),
            },
            Ok(Told::Settled(session)) => {
                said.extend(open.take().map(&piece));
                said.push(settled(session));
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
        }
        next = more.try_recv();
    }
    said.extend(open.map(&piece));
    said
}

fn joins<Of: PartialEq>(open: &Piece<Of>, new: &Piece<Of>) -> bool {
    open.session_id == new.session_id && open.of == new.of && open.offset + open.text.len() == new.offset
}
