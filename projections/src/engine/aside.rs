//! Tells those who read the views which streams are set aside in them.

use std::collections::{BTreeSet, HashMap};

use opensail_eventstore::Position;

use super::{Engine, EngineError, Follower, parked};
use crate::aside::{Aside, Asides};

/// Events read at once.
const PAGE: usize = 500;

impl Engine {
    /// Before the position is told that these have reached: who waited for it knows what it lacks.
    pub(super) async fn tell_aside(&self, followers: &[Follower]) -> Result<(), EngineError> {
        let told = self.db.asides();
        if told.all().is_empty() && followers.iter().all(|follower| follower.parked == 0) {
            return Ok(());
        }
        let (mut parked, mut tables) = (Vec::new(), HashMap::new());
        for one in parked::list(&self.db).await?.into_iter().filter(|one| !one.beside) {
            // Of a view that this program does not have, nobody asks.
            let Ok(view) = self.view(&one.projection) else { continue };
            tables.entry(view.name()).or_insert_with(|| view.tables().iter().map(|table| table.name).collect());
            parked.push((view.name(), one));
        }
        let same = |(aside, (view, one)): (&Aside, &(&str, parked::Parked))| {
            (aside.view, &aside.stream, aside.position) == (*view, &one.stream, one.position)
        };
        if told.all().len() == parked.len() && told.all().iter().zip(&parked).all(same) {
            return Ok(());
        }
        let positions: Vec<Position> = parked.iter().map(|(_, one)| one.position).collect::<BTreeSet<_>>().into_iter().collect();
        let mut places = HashMap::new();
        for some in positions.chunks(PAGE) {
            let events = self.tail.journal().read_at(some).await?;
            places.extend(events.into_iter().map(|event| (event.position, (event.tenant, event.project))));
        }
        let aside = |(view, one): (&'static str, parked::Parked)| {
            // Of a journal that is another now it is gone, and the view is built anew at once.
            let (tenant, project) = places.get(&one.position).cloned()?;
            Some(Aside { view, stream: one.stream, position: one.position, tenant, project })
        };
        self.db.set_aside(Asides::new(parked.into_iter().filter_map(aside).collect(), tables));
        Ok(())
    }
}
