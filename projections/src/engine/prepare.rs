//! Before following: are the tables there, of this version, and of this journal?

use opensail_eventstore::{Epoch, Head};

use super::checkpoint::Checkpoint;
use super::{Engine, EngineError, Follower, checkpoint, parked};
use crate::db::{Tx, sql};
use crate::projection::Projection;

/// What a checkpoint says about its tables.
enum Tables {
    Good,
    /// Of a newer program, which goes on keeping them; ours would be wrong.
    Newer,
    Rebuild(&'static str),
}

fn judge(stored: Option<&Checkpoint>, version: i64, head: Head) -> Tables {
    match stored {
        None => Tables::Rebuild("it is new"),
        Some(stored) if stored.version > version => Tables::Newer,
        Some(stored) if stored.version < version => Tables::Rebuild("its version changed"),
        Some(stored) if stored.epoch != head.epoch => Tables::Rebuild("the journal's epoch changed"),
        Some(stored) if stored.position > head.position => Tables::Rebuild("its checkpoint lies beyond the journal's end"),
        Some(_) => Tables::Good,
    }
}

/// Empty tables and a checkpoint at the beginning.
pub(super) async fn remake(tx: &mut Tx, view: &dyn Projection, epoch: Epoch) -> Result<(), sqlx::Error> {
    for table in view.tables() {
        for name in table.names("") {
            tx.run(sql!(format!("DROP TABLE IF EXISTS {name}"))).await?;
        }
        for statement in table.ddl(tx.dialect(), "") {
            tx.run(sql!(statement)).await?;
        }
    }
    parked::clear(tx, view.name()).await?;
    checkpoint::reset(tx, view.name(), view.version(), epoch).await
}

impl Engine {
    /// Makes what is missing and says where each projection stands.
    pub(super) async fn prepare(&self) -> Result<Vec<Follower>, EngineError> {
        let mut tx = self.db.begin().await?;
        tx.run(sql!(checkpoint::DDL)).await?;
        tx.run(sql!(parked::DDL)).await?;
        // Asked under the writer's lock: no checkpoint moves past it meanwhile.
        let head = self.tail.journal().head().await?;
        let mut followers = Vec::new();
        for (index, view) in self.views.iter().enumerate() {
            let found = checkpoint::one(&mut tx, view.name()).await?;
            let mut follower =
                Follower { view: index, position: found.as_ref().map_or(0, |found| found.position), parked: 0, stopped: None };
            match judge(found.as_ref(), view.version(), head) {
                Tables::Good => {}
                Tables::Newer => {
                    let why = "a newer version of the program keeps this view; upgrade this one".to_owned();
                    tracing::error!(projection = view.name(), why, "a projection does not go on");
                    follower.stopped = Some(why);
                }
                Tables::Rebuild(why) => {
                    tracing::info!(projection = view.name(), why, "the view is built from the journal's beginning");
                    remake(&mut tx, view.as_ref(), head.epoch).await?;
                    follower.position = 0;
                }
            }
            followers.push(follower);
        }
        tx.commit().await?;
        self.retry_all(&mut followers).await?;
        self.publish(&followers);
        Ok(followers)
    }

    /// What was set aside gets another chance: this program may be a better one.
    async fn retry_all(&self, followers: &mut [Follower]) -> Result<(), EngineError> {
        for parked in parked::list(&self.db).await? {
            let follower = followers.iter_mut().find(|follower| self.views[follower.view].name() == parked.projection);
            let Some(follower) = follower.filter(|follower| follower.stopped.is_none()) else { continue };
            match self.retry(self.views[follower.view].as_ref(), &parked.stream).await {
                Ok(()) => {}
                Err(error @ EngineError::StillPoisoned { .. }) => {
                    follower.parked += 1;
                    tracing::error!(%error, position = parked.position, "a stream is set aside");
                }
                // Another process was faster.
                Err(EngineError::NotParked { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
