//! Alive and ready. Ready names each back end, how far the views lag, and why one stands still; other causes are in the log only.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::router::Api;

/// A back end that says nothing for so long is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// One back end that must answer before this node is ready; made by the composition root.
#[async_trait]
pub trait Probe: Send + Sync + 'static {
    /// Short and stable: `journal`, `views`, `blobs`.
    fn name(&self) -> &'static str;
    /// False: without it everything goes on, only more slowly or less well. Its trouble is told and makes nothing unready.
    fn needed(&self) -> bool {
        true
    }
    /// What it finds, or why it does not answer, which is for the log alone.
    async fn check(&self) -> Result<Found, String>;
}

pub type Numbers = BTreeMap<&'static str, f64>;

/// What a back end says of itself.
#[derive(Default)]
pub struct Found {
    /// `lag_events`, `lag_seconds`, `parked` where they mean something.
    pub numbers: Numbers,
    /// The same of what it consists of, by name; for metrics alone.
    pub parts: BTreeMap<String, Numbers>,
    pub trouble: Option<Trouble>,
}

/// It answers, and does not do what it is there for.
pub struct Trouble {
    /// Anybody may read it.
    pub why: String,
    /// The process is as good as any other: taking it out of service would help nobody.
    pub tolerable: bool,
}

impl From<Numbers> for Found {
    fn from(numbers: Numbers) -> Self {
        Found { numbers, ..Found::default() }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Alive {
    /// `alive`
    status: &'static str,
    version: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready`, `degraded` (ready, but something is slower, or stands still on every node) or `not_ready`
    status: &'static str,
    back_ends: Vec<BackEnd>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct BackEnd {
    pub(crate) name: &'static str,
    pub(crate) ok: bool,
    /// Without it everything goes on: more slowly without a relay, without a second witness while a second place of the seal is away.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) optional: bool,
    /// What keeps it from going on, where that is known and can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    #[serde(skip)]
    tolerable: bool,
    /// `lag_events`, `lag_seconds`, `parked` where they mean something.
    #[serde(flatten)]
    pub(crate) numbers: Numbers,
    #[serde(skip)]
    pub(crate) parts: BTreeMap<String, Numbers>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Asks all at once.
pub(crate) async fn check_all(probes: &[Box<dyn Probe>]) -> Vec<BackEnd> {
    futures::future::join_all(probes.iter().map(|probe| async move {
        let (name, optional) = (probe.name(), !probe.needed());
        let found = match tokio::time::timeout(PATIENCE, probe.check()).await {
            Ok(found) => found,
            Err(_) => Err("it did not answer in time".into()),
        };
        let (Found { numbers, parts, trouble }, log) = match found {
            Ok(found) => (found, None),
            Err(log) => (Found::default(), Some(log)),
        };
        let (why, tolerable, log) = match (trouble, log) {
            (None, None) => return BackEnd { name, ok: true, optional, why: None, tolerable: true, numbers, parts },
            (Some(Trouble { why, tolerable }), _) => (Some(why.clone()), tolerable, why),
            (None, Some(log)) => (None, false, log),
        };
        tracing::warn!(back_end = name, why = log, "{}", if optional || tolerable { "degraded" } else { "not ready" });
        BackEnd { name, ok: false, optional, why, tolerable, numbers, parts }
    }))
    .await
}

#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "The process is alive", body = Alive)))]
pub(crate) async fn get_health() -> Json<Alive> {
    Json(Alive { status: "alive", version: env!("CARGO_PKG_VERSION") })
}

/// A relay or a second place of the seal that is away degrades and does not fail, and so does a read model that stands still on every node: at an
/// event of a newer version of the program.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "Every back end answers", body = Ready),
    (status = 503, description = "One does not", body = Ready),
))]
pub(crate) async fn get_readiness(State(api): State<Api>) -> Response {
    let back_ends = api.probe().await;
    let ready = back_ends.iter().all(|back_end| back_end.ok || back_end.optional || back_end.tolerable);
    let whole = back_ends.iter().all(|back_end| back_end.ok);
    let (code, status) =
        if ready { (StatusCode::OK, if whole { "ready" } else { "degraded" }) } else { (StatusCode::SERVICE_UNAVAILABLE, "not_ready") };
    (code, Json(Ready { status, back_ends })).into_response()
}
