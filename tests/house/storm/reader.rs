//! Those who read: by stream, going on where they were after each break; and page by page. Everything is kept, and at the end held against the
//! history.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use opensail_deploy::cli::events::Frames;
use opensail_tests::world::until_within;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::task::JoinHandle;

use super::House;
use super::writer::Tenant;

/// A stream that says nothing for so long is opened anew.
const SILENCE: Duration = Duration::from_secs(4);
const PAUSE: Duration = Duration::from_millis(50);
/// For the rest of the way once it is calm.
const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// All of a team, by server-sent events.
    Stream,
    /// A session's events, page by page.
    List,
}

#[derive(Default)]
struct Kept {
    events: Vec<Value>,
    cursor: Option<String>,
}

pub(super) struct Reader {
    house: Arc<House>,
    tenant: Arc<Tenant>,
    way: Way,
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

impl Reader {
    pub(super) fn begin(house: Arc<House>, tenant: Arc<Tenant>, way: Way, rng: StdRng) -> Reader {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let task = tokio::task::spawn_local(read_on(house.clone(), tenant.clone(), way, kept.clone(), rng));
        Reader { house, tenant, way, kept, task }
    }

    /// Waits until it has come to the end of what is there.
    pub(super) async fn saw_everything_once_and_in_order(self) {
        let list = match self.way {
            Way::Stream => format!("audit/events?team_id={}&order=asc&", self.tenant.team),
            Way::List => format!("sessions/{}/events?", self.tenant.session),
        };
        let compared = until_within(PATIENCE, &format!("a reader ({:?}) to come to the end", self.way), async || {
            let history = self.tenant.all(&self.house, &list).await;
            let kept = positions(&self.kept.lock().unwrap_or_else(PoisonError::into_inner).events);
            // That the audit was looked at may come at any time after that.
            (kept.len() >= history.len()).then(|| (kept, positions(&history)))
        })
        .await;
        self.task.abort();
        let (kept, history) = compared;
        assert_eq!(kept[..history.len()], history, "{:?}", self.way);
        assert!(kept.windows(2).all(|pair| pair[0].0 < pair[1].0), "{:?}: {kept:?}", self.way);
    }
}

/// Position and place in its stream.
fn positions(events: &[Value]) -> Vec<(u64, String)> {
    let place = |event: &Value| format!("{}:{}", event["stream"].as_str().expect("a stream"), event["stream_version"]);
    events.iter().map(|event| (event["position"].as_u64().expect("a position"), place(event))).collect()
}

async fn read_on(house: Arc<House>, tenant: Arc<Tenant>, way: Way, kept: Arc<Mutex<Kept>>, mut rng: StdRng) {
    let streams = reqwest::Client::builder().connect_timeout(SILENCE).read_timeout(SILENCE).build().expect("a client");
    loop {
        let url = house.door(&mut rng).url();
        let read = match way {
            Way::Stream => stream(&streams, &tenant, &url, &kept).await,
            Way::List => page(&streams, &tenant, &url, &kept).await,
        };
        if read.is_none() {
            house.tally.count(match way {
                Way::Stream => "streams opened anew",
                Way::List => "pages asked for again",
            });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Reads until the stream breaks.
async fn stream(http: &reqwest::Client, tenant: &Tenant, url: &str, kept: &Mutex<Kept>) -> Option<()> {
    let cursor = kept.lock().unwrap_or_else(PoisonError::into_inner).cursor.clone();
    let token = tenant.token().await;
    let mut request = http.get(format!("{url}/api/v1/live?teams={}&after=0", tenant.team)).bearer_auth(&token);
    if let Some(cursor) = cursor {
        request = request.header("last-event-id", cursor);
    }
    let answer = request.send().await.ok()?;
    if answer.status() == 401 {
        tenant.sign_in(url, &token).await;
    }
    if answer.status() != 200 {
        return None;
    }
    let (mut bytes, mut frames) = (answer.bytes_stream(), Frames::default());
    loop {
        let piece = tokio::time::timeout(SILENCE, bytes.next()).await.ok()??.ok()?;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        for frame in frames.push(&piece).expect("frames") {
            // Without an id it is no event of the journal: a word of the model, an output on its way.
            let Some(id) = frame.id else { continue };
            kept.events.push(serde_json::from_str(&frame.data).expect("an item"));
            kept.cursor = Some(id);
        }
    }
}

async fn page(http: &reqwest::Client, tenant: &Tenant, url: &str, kept: &Mutex<Kept>) -> Option<()> {
    let cursor = kept.lock().unwrap_or_else(PoisonError::into_inner).cursor.clone();
    let after = cursor.map_or(String::new(), |cursor| format!("&after={cursor}"));
    let path = format!("{url}/api/v1/sessions/{}/events?limit=20{after}", tenant.session);
    let token = tenant.token().await;
    let answer = http.get(path).bearer_auth(&token).send().await.ok()?;
    if answer.status() == 401 {
        tenant.sign_in(url, &token).await;
    }
    if answer.status() != 200 {
        return None;
    }
    let page: Value = answer.json().await.ok()?;
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let events = page["items"].as_array()?;
    kept.events.extend(events.iter().cloned());
    // The last page has no next: what comes later comes after its last event.
    if let Some(last) = events.last() {
        kept.cursor = last["position"].as_u64().map(|position| position.to_string());
    }
    Some(())
}
