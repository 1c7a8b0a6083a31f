//! Which event wrote this file last?
//!
//! Paths that agents touch are private to their session, so no table holds them: the newest events that can write are opened one by one.

use opensail_domain::kernel::{ProjectId, TeamId};
use serde_json::Value;

use crate::audit::{AuditFilter, EventPage};
use crate::{EventItem, Order, Queries, QueryError};

/// Events of each type that are looked through; what was written before all of them counts as not known.
pub const LOOKED_THROUGH: usize = 2000;
/// Events read at once.
const PAGE: u32 = 200;
const BY_PEOPLE: &[&str] = &["project.file_written", "project.file_deleted"];
const BY_AGENTS: &str = "agent_session.tool_call_started";

#[derive(Clone, PartialEq, Debug)]
pub struct FileOrigin {
    /// SHA-256 of what was written, hexadecimal; `None`: it was deleted.
    pub hash: Option<String>,
    pub event: EventItem,
}

impl Queries {
    /// `None`: no event that is looked through wrote it.
    pub async fn file_origin(&self, team: TeamId, project: ProjectId, path: &str) -> Result<Option<FileOrigin>, QueryError> {
        let mut newest: Option<FileOrigin> = None;
        for event_type in BY_PEOPLE.iter().chain([&BY_AGENTS]) {
            let found = self.last_of_type(team, project, path, event_type).await?;
            let position = |origin: &Option<FileOrigin>| origin.as_ref().map(|origin| origin.event.position);
            if position(&found) > position(&newest) {
                newest = found;
            }
        }
        Ok(newest)
    }

    async fn last_of_type(&self, team: TeamId, project: ProjectId, path: &str, event_type: &str) -> Result<Option<FileOrigin>, QueryError> {
        let filter = AuditFilter {
            tenants: vec![team.to_string()],
            project: Some(project.to_string()),
            event_type: Some(event_type.into()),
            ..AuditFilter::default()
        };
        let mut page = EventPage { limit: Some(PAGE), after: None, order: Order::Desc };
        for _ in 0..LOOKED_THROUGH / PAGE as usize {
            let events = self.audit_events(&filter, &page).await?;
            let last = events.items.last().map(|event| event.position);
            for event in events.items {
                if let Some(hash) = written(&event, path) {
                    return Ok(Some(FileOrigin { hash, event: EventItem { client_address: None, ..event } }));
                }
            }
            if events.next.is_none() {
                break;
            }
            page.after = last;
        }
        Ok(None)
    }
}

/// The hash after the event if it wrote the file, `Some(None)` if it deleted it.
fn written(event: &EventItem, path: &str) -> Option<Option<String>> {
    let hash = |value: &Value| value["after"].as_str().map(String::from);
    if event.event_type == BY_AGENTS {
        // A call may touch a file twice; the last counts.
        let changes = event.data["changes"].as_array()?;
        return changes.iter().rfind(|change| change["path"] == path).map(hash);
    }
    (event.data["path"] == path).then(|| hash(&event.data))
}
