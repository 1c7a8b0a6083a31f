//! Histories that no command made: events as commands would have written them, in portions, for those who need long ones.

use std::sync::Arc;

use opensail_domain::agent_session::event::{Budget, EditMode, Requested};
use opensail_domain::kernel::{AccountId, Event, Private, ProjectId, SessionId, TeamId};
use opensail_eventstore::conformance::append;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Journal, NewEvent, Part, StreamId, private};
use uuid::Uuid;

/// Events of one append.
const PORTION: usize = 500;

/// Where it is written, and whose keys seal what is private.
pub struct History {
    pub store: Arc<dyn Journal>,
    pub keys: Arc<Keyring>,
}

impl History {
    /// After what stands in the stream.
    pub async fn append(&self, tenant: TeamId, stream: StreamId, events: Vec<impl Event>) {
        let mut sealed = Vec::with_capacity(events.len());
        for event in events {
            let payload = private::canonical(&private::seal(&self.keys, event.encode()).await.expect("sealed"));
            let (event_type, version) = (event.event_type().to_owned(), event.version());
            sealed.push(NewEvent { event_id: Uuid::now_v7(), event_type, version, payload });
        }
        let mut expected = self.store.stream_version(&stream).await.expect("a version");
        for events in sealed.chunks(PORTION) {
            let part = Part { stream: stream.clone(), expected, tenant: tenant.to_string(), project: None, events: events.to_vec() };
            self.store.append(append(vec![part])).await.expect("appended");
            expected += events.len() as u64;
        }
    }
}

/// Whoever founds a team and asks for its sessions.
pub fn founder() -> AccountId {
    AccountId(Uuid::from_u128(0))
}

pub fn requested(team_id: TeamId, project_id: ProjectId, session_id: SessionId, task: &str) -> Requested {
    let subject = format!("session-{session_id}");
    let private = |text: &str| Private::open(&subject, text.to_owned());
    Requested {
        session_id,
        project_id,
        team_id,
        task: private(task),
        title: private("build a mast"),
        model: "scripted".into(),
        edit_mode: EditMode::Ask,
        budget: Budget::default(),
        requested_by: founder(),
    }
}
