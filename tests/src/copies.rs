//! A consumer that several workers share, with a member in each process of the program under test: for each renaming of a team it writes one event, together
//! with its checkpoint, so that a test can count.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opensail_domain::consumer::{ConsumerEvent, RetryOrdered};
use opensail_domain::kernel::{AccountId, Event};
use opensail_eventstore::conformance::append;
use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::subscription::group::{Group, Handler, Share, Unhandled};
use opensail_eventstore::{Filter, Journal, Leases, NewEvent, Part, Recorded, StreamId, Vault};
use uuid::Uuid;

/// Set, the program under test has a member.
pub const COPIES: &str = "COPY_RENAMINGS";

/// Of the events that it writes; each names the event that it is of.
pub const COPY: &str = "consumer.retry_ordered";

const LEASE: Duration = Duration::from_secs(1);
/// While there is no journal yet, or none that answers.
const PAUSE: Duration = Duration::from_millis(50);

/// For `main`, before anything else: beside everything that the program does itself.
pub fn copy_if_told() {
    if std::env::var_os(COPIES).is_some() {
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(copy());
        });
    }
}

async fn copy() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    loop {
        match std::env::var("DATABASE_URL") {
            Ok(address) => {
                if let Ok(store) = PostgresStore::connect(&address, None).await {
                    copy_in(store).await;
                }
            }
            Err(_) => {
                let file = PathBuf::from(std::env::var_os("OPENSAIL_HOME").expect("OPENSAIL_HOME")).join("journal.db");
                if file.exists()
                    && let Ok(store) = SqliteStore::open(file).await
                {
                    copy_in(store).await;
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn copy_in<S: Journal + Leases + Vault + Clone + 'static>(store: S) {
    let Ok(tail) = Tail::start(Arc::new(store.clone())).await else { return };
    let group = Group {
        name: "copies".into(),
        partitions: 4,
        filter: Filter { types: vec!["team.renamed".into()], ..Filter::default() },
        from: 0,
        tail,
        leases: Arc::new(store.clone()),
        vault: Arc::new(store.clone()),
        member: Uuid::now_v7().to_string(),
        lease: LEASE,
    };
    group.run(Arc::new(Copying(Arc::new(store))), std::future::pending()).await;
}

struct Copying(Arc<dyn Journal>);

#[async_trait]
impl Handler for Copying {
    async fn handle(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<(), Unhandled> {
        for event in events.iter().filter(|event| event.position > share.position()) {
            let stream = StreamId::new("consumer", format!("copies-{}", share.partition()));
            // What is away for all is waited for.
            let expected = loop {
                match self.0.stream_version(&stream).await {
                    Ok(version) => break version,
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
            };
            let events = vec![copy_of(event)];
            let part = Part { stream, expected, tenant: event.tenant.clone(), project: None, events };
            share.append(append(vec![part]), event.position).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

fn copy_of(event: &Recorded) -> NewEvent {
    let (stream, position, ordered_by) = (event.stream.to_string(), event.position, AccountId(Uuid::nil()));
    let copy: ConsumerEvent = RetryOrdered { consumer: "copies".into(), stream, position, reason: None, ordered_by }.into();
    let (event_type, version, payload) = (copy.event_type().into(), copy.version(), copy.encode().to_string());
    NewEvent { event_id: Uuid::now_v7(), event_type, version, payload }
}
