//! Before following: are the tables there, of this version, and of this journal?

use opensail_eventstore::{Head, Position};

use super::checkpoint::Checkpoint;
use super::generation::{self, State};
use super::{Engine, EngineError, Follower, Set, checkpoint, orders, parked};
use crate::db::{Tx, sql};
use crate::projection::Projection;

/// Events that are gone through in no time, as at the first start: building a view from so few is not worth a word.
pub(super) const UNTOLD: Position = 1000;

/// What a checkpoint says about its tables.
pub(super) enum Tables {
    Good,
    /// Of a newer program, which goes on keeping them; ours would be wrong.
    Newer,
    Rebuild(&'static str),
}

pub(super) fn judge(stored: Option<&Checkpoint>, version: i64, head: Head) -> Tables {
    match stored {
        None => Tables::Rebuild("it is new"),
        Some(stored) if stored.version > version => Tables::Newer,
        Some(stored) if stored.version < version => Tables::Rebuild("its version changed"),
        Some(stored) if stored.epoch != head.epoch => Tables::Rebuild("the journal's epoch changed"),
        Some(stored) if stored.position > head.position => Tables::Rebuild("its checkpoint lies beyond the journal's end"),
        Some(_) => Tables::Good,
    }
}

/// A set to be filled, unless one that is good is being filled already; whether it was begun just now.
pub(super) async fn begin_beside(tx: &mut Tx, view: &dyn Projection, head: Head) -> Result<bool, sqlx::Error> {
    if let Some(found) = generation::find(tx, view.name(), State::Beside).await? {
        let stands = checkpoint::one(tx, &found.key()).await?;
        match judge(stands.as_ref(), view.version(), head) {
            Tables::Good | Tables::Newer => return Ok(false),
            Tables::Rebuild(_) => generation::drop_set(tx, &found).await?,
        }
    }
    let next = generation::make(tx, view).await?;
    checkpoint::reset(tx, &next.key(), view.version(), head.epoch).await?;
    Ok(true)
}

impl Engine {
    /// Makes what is missing and says where each projection stands.
    pub(super) async fn prepare(&self) -> Result<Vec<Follower>, EngineError> {
        let mut tx = self.db.begin().await?;
        for ddl in [checkpoint::DDL, parked::DDL, orders::DDL, generation::DDL] {
            tx.run(sql!(ddl)).await?;
        }
        // Asked under the writer's lock: no checkpoint moves past it meanwhile.
        let head = self.tail.journal().head().await?;
        let mut followers = Vec::new();
        for (index, view) in self.views.iter().enumerate() {
            let found = checkpoint::one(&mut tx, view.name()).await?;
            let set = Set { key: view.name().into(), names: None };
            let position = found.as_ref().map_or(0, |found| found.position);
            let skipped = orders::skipped(self.tail.journal().as_ref(), view.as_ref()).await?;
            let mut follower = Follower { view: index, set, position, parked: 0, stopped: None, served: true, skipped };
            match judge(found.as_ref(), view.version(), head) {
                Tables::Good => {}
                Tables::Newer => {
                    let why = "a newer version of the program keeps this view; upgrade this one".to_owned();
                    tracing::error!(projection = view.name(), why, "a projection does not go on");
                    follower.stopped = Some(why);
                    follower.served = false;
                }
                Tables::Rebuild(why) => {
                    if begin_beside(&mut tx, view.as_ref(), head).await? && head.position > UNTOLD {
                        tracing::info!(projection = view.name(), why, "the view is built from the journal's beginning");
                    }
                    follower.served = false;
                }
            }
            followers.push(follower);
        }
        let parked = parked::all(&mut tx).await?;
        for follower in &mut followers {
            follower.parked = parked.iter().filter(|(of, _)| *of == follower.set.key).count() as u64;
        }
        tx.commit().await?;
        for follower in &followers {
            let view = self.views[follower.view].as_ref();
            self.db.serve(view.name(), view.tables().iter().map(|table| table.name), follower.served);
        }
        self.wanted.notify_one();
        self.publish(&followers).await?;
        Ok(followers)
    }
}
