//! Who did what?

use opensail_domain::kernel::Micros;
use opensail_eventstore::{Cursor, Position, Recorded};
use uuid::Uuid;

use crate::db::{Sql, Value, sql};
use crate::page::Window;
use crate::{ClientAddress, EventItem, Order, Page, Queries, QueryError};

/// Which events are asked for; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Tenants that the caller may audit (a team's id, or `account-<id>`); none gives nothing.
    pub tenants: Vec<String>,
    pub project: Option<String>,
    /// Id of the actor: an account's, an agent's, a key's, a system part's name.
    pub actor: Option<String>,
    /// Exact event type.
    pub event_type: Option<String>,
    pub stream: Option<String>,
    pub correlation: Option<Uuid>,
    /// Not before.
    pub from: Option<Micros>,
    /// Before.
    pub to: Option<Micros>,
    /// The last position that counts.
    pub until: Option<Position>,
}

/// Which part of a list of events is wanted; places are positions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EventPage {
    pub limit: Option<u32>,
    /// Exclusive, in the direction of `order`.
    pub after: Option<Position>,
    pub order: Order,
}

impl EventPage {
    pub(super) fn window(&self) -> Window {
        Window::new(self.limit, self.after.map(|position| i64::try_from(position).unwrap_or(i64::MAX)), self.order)
    }
}

/// Positions of one tenant's events. `from` and `to` are positions: not before, and before.
pub(crate) fn list(filter: &AuditFilter, tenant: &str, from: Option<i64>, to: Option<i64>, window: &Window) -> Sql {
    let Sql { text, mut binds } = sql!("SELECT position FROM audit_events WHERE tenant = $1", tenant);
    let mut text = text.into_owned();
    let mut and = |condition: &str, bind: Option<Value>| {
        if let Some(bind) = bind {
            binds.push(bind);
            text.push_str(&format!(" AND {condition} ${}", binds.len()));
        }
    };
    and("project =", filter.project.as_deref().map(Value::from));
    and("actor_id =", filter.actor.as_deref().map(Value::from));
    and("event_type =", filter.event_type.as_deref().map(Value::from));
    and("stream =", filter.stream.as_deref().map(Value::from));
    and("correlation =", filter.correlation.map(|id| id.to_string().into()));
    and("position >=", from.map(Value::from));
    and("position <", to.map(Value::from));
    window.apply(Sql { text: text.into(), binds }, "position")
}

impl Queries {
    /// Events with their data and the address they were asked from. `next` is a cursor.
    pub async fn audit_events(&self, filter: &AuditFilter, page: &EventPage) -> Result<Page<EventItem>, QueryError> {
        let (recorded, more) = self.audited(filter, page).await?;
        self.events(&recorded, more, ClientAddress::Shown).await
    }

    /// What the filter finds on a page, as it was recorded, and whether there is more.
    pub(super) async fn audited(&self, filter: &AuditFilter, page: &EventPage) -> Result<(Vec<Recorded>, bool), QueryError> {
        let window = page.window();
        let from = match filter.from {
            Some(time) => Some(self.first_since(time).await?),
            None => None,
        };
        let to = match filter.to {
            Some(time) => Some(self.first_since(time).await?),
            None => None,
        };
        let until = filter.until.map(|last| i64::try_from(last).unwrap_or(i64::MAX).saturating_add(1));
        let to = [to, until].into_iter().flatten().min();
        // Each tenant's list comes from an index in order; merged here, since no index has the order of several.
        let mut positions: Vec<i64> = Vec::new();
        for tenant in &filter.tenants {
            for row in self.db.all(list(filter, tenant, from, to, &window)).await? {
                positions.push(row.int(0)?);
            }
        }
        positions.sort_unstable();
        positions.dedup();
        if window.order == Order::Desc {
            positions.reverse();
        }
        let more = positions.len() > window.limit;
        positions.truncate(window.limit);
        let wanted: Vec<Position> = positions.iter().map(|position| *position as u64).collect();
        let mut recorded = if wanted.is_empty() { Vec::new() } else { self.journal.read_at(&wanted).await? };
        if window.order == Order::Desc {
            recorded.reverse();
        }
        Ok((recorded, more))
    }

    pub(super) async fn events(&self, recorded: &[Recorded], more: bool, address: ClientAddress) -> Result<Page<EventItem>, QueryError> {
        let items = self.event_items(recorded, address).await?;
        let next = match recorded.last().filter(|_| more) {
            Some(last) => Some(Cursor { epoch: self.journal.head().await?.epoch, position: last.position }.to_string()),
            None => None,
        };
        Ok(Page { items, next })
    }

    /// Position of the first event not before a time; times never go back, so it bounds all of them.
    async fn first_since(&self, time: Micros) -> Result<i64, QueryError> {
        let before = self.journal.position_at(time.saturating_sub(1)).await?;
        Ok(i64::try_from(before + 1).unwrap_or(i64::MAX))
    }
}
