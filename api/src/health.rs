//! Alive and ready. Ready names each back end and how far the views lag; why one fails is in the log only.

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
    /// False: without it everything goes on, only more slowly. Its trouble is told and makes nothing unready.
    fn needed(&self) -> bool {
        true
    }
    /// Numbers to show (`lag_events`, `lag_seconds`, `parked`), or why it is not ready.
    async fn check(&self) -> Result<BTreeMap<&'static str, f64>, String>;
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Alive {
    /// `alive`
    status: &'static str,
    version: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready`, `degraded` (ready, but slower) or `not_ready`
    status: &'static str,
    back_ends: Vec<BackEnd>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct BackEnd {
    pub(crate) name: &'static str,
    pub(crate) ok: bool,
    /// Without it everything goes on, only more slowly.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) optional: bool,
    /// `lag_events`, `lag_seconds`, `parked` where they mean something.
    #[serde(flatten)]
    pub(crate) numbers: BTreeMap<&'static str, f64>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Asks all at once.
pub(crate) async fn check_all(probes: &[Box<dyn Probe>]) -> Vec<BackEnd> {
    futures::future::join_all(probes.iter().map(|probe| async move {
        let (name, optional) = (probe.name(), !probe.needed());
        let why = match tokio::time::timeout(PATIENCE, probe.check()).await {
            Ok(Ok(numbers)) => return BackEnd { name, ok: true, optional, numbers },
            Ok(Err(why)) => why,
            Err(_) => "it did not answer in time".into(),
        };
        tracing::warn!(back_end = name, why, "{}", if optional { "slower without it" } else { "not ready" });
        BackEnd { name, ok: false, optional, numbers: BTreeMap::new() }
    }))
    .await
}

#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "The process is alive", body = Alive)))]
pub(crate) async fn get_health() -> Json<Alive> {
    Json(Alive { status: "alive", version: env!("CARGO_PKG_VERSION") })
}

/// A relay that is away degrades and does not fail.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "Every back end answers", body = Ready),
    (status = 503, description = "One does not", body = Ready),
))]
pub(crate) async fn get_readiness(State(api): State<Api>) -> Response {
    let back_ends = api.probe().await;
    let ready = back_ends.iter().all(|back_end| back_end.ok || back_end.optional);
    let whole = back_ends.iter().all(|back_end| back_end.ok);
    let (code, status) =
        if ready { (StatusCode::OK, if whole { "ready" } else { "degraded" }) } else { (StatusCode::SERVICE_UNAVAILABLE, "not_ready") };
    (code, Json(Ready { status, back_ends })).into_response()
}
