//! Who did what, so that it can be verified without us?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opensail_eventstore::seal::Inclusion;
use opensail_eventstore::{Position, Recorded};
use serde::Serialize;

use super::{AuditFilter, EventPage};
use crate::{ClientAddress, EventItem, Page, Queries, QueryError};

/// What an event's item does not say but its leaf is made of, and the way from the leaf to a root. With the item it is all that is
/// needed to make the leaf anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EventProof {
    pub epoch: String,
    pub tenant: String,
    /// As it is stored: empty for a person, whose name is looked up when the event is shown.
    pub actor_name: String,
    /// As it is stored: sealed under the person's key.
    pub client_address: Option<String>,
    /// The exact text that was hashed, private fields sealed.
    pub payload: String,
    /// Hashes from the leaf up to the root of the tree, base64.
    pub path: Vec<String>,
}

impl EventProof {
    fn of(event: &Recorded, inclusion: &Inclusion) -> EventProof {
        EventProof {
            epoch: event.epoch.to_string(),
            tenant: event.tenant.clone(),
            actor_name: event.actor.name.clone(),
            client_address: event.client_address.clone(),
            payload: event.payload.clone(),
            path: inclusion.path.iter().map(|hash| STANDARD.encode(hash)).collect(),
        }
    }
}

impl Queries {
    /// Like [`Queries::audit_events`], up to position `size`, each event with its proof in the tree of that size.
    pub async fn proven_events(&self, filter: &AuditFilter, page: &EventPage, size: u64) -> Result<Page<EventItem>, QueryError> {
        let within = AuditFilter { until: Some(filter.until.map_or(size, |until| until.min(size))), ..filter.clone() };
        let (recorded, more) = self.audited(&within, page).await?;
        let mut page = self.events(&recorded, more, ClientAddress::Shown).await?;
        let positions: Vec<Position> = recorded.iter().map(|event| event.position).collect();
        let inclusions = self.seal()?.inclusions(&positions, size).await?;
        for (item, (event, inclusion)) in page.items.iter_mut().zip(recorded.iter().zip(&inclusions)) {
            item.proof = Some(EventProof::of(event, inclusion));
        }
        Ok(page)
    }

    /// The event at a position with its proof in the tree of the first `size` positions; `None` where there is none.
    pub async fn proven_event(&self, position: Position, size: u64) -> Result<Option<EventItem>, QueryError> {
        let recorded = self.journal.read_at(&[position]).await?;
        let Some(event) = recorded.first() else { return Ok(None) };
        let proof = EventProof::of(event, &self.seal()?.inclusion(position, size).await?);
        let item = self.event_items(&recorded, ClientAddress::Shown).await?.pop();
        Ok(item.map(|item| EventItem { proof: Some(proof), ..item }))
    }
}
