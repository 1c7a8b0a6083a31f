//! All routes, and what every request passes through.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use opensail_commands::Commands;
use opensail_commands::journal::{Position, Tail};
use opensail_commands::relay::WorkRelay;
use opensail_projections::Feed;
use opensail_projections::{Projections, Queries};
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::auth::access_token::AccessTokens;
use crate::auth::host::check_host;
use crate::config::{ApiConfig, BODY_TIMEOUT, MAX_JSON_BYTES};
use crate::health::{BackEnd, Probe, check_all, get_health, get_readiness};
use crate::metrics::{Metrics, get_metrics, measure};
use crate::parked::tell_parked;
use crate::problem::{Problem, panicked};
use crate::security_headers::add_headers;
use crate::set_back::refuse_set_back;
use crate::{console, openapi, pages};

/// Everything a request needs; clones share it.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

/// What the composition root hands over.
pub struct Parts {
    pub config: ApiConfig,
    pub commands: Commands,
    pub queries: Queries,
    /// Wakes who waits for the views.
    pub feed: Feed,
    /// Keeps the views; asked and steered by administrators of the platform.
    pub projections: Projections,
    /// The one reader of the journal behind every live stream.
    pub tail: Tail,
    /// Of workers; asked and steered by administrators of the platform.
    pub work: Arc<dyn WorkRelay>,
    /// What must answer before this node is ready.
    pub probes: Vec<Box<dyn Probe>>,
}

struct Inner {
    config: ApiConfig,
    tokens: AccessTokens,
    commands: Commands,
    queries: Queries,
    feed: Feed,
    projections: Projections,
    tail: Tail,
    work: Arc<dyn WorkRelay>,
    probes: Vec<Box<dyn Probe>>,
    metrics: Metrics,
    /// Dropped or changed when the server stops: open live streams end.
    closing: watch::Sender<bool>,
}

impl Api {
    pub fn new(parts: Parts) -> Self {
        let Parts { config, commands, queries, feed, projections, tail, work, probes } = parts;
        let tokens = AccessTokens::new(&config);
        Api {
            inner: Arc::new(Inner {
                config,
                tokens,
                commands,
                queries,
                feed,
                projections,
                tail,
                work,
                probes,
                metrics: Metrics::default(),
                closing: watch::Sender::default(),
            }),
        }
    }

    pub(crate) fn config(&self) -> &ApiConfig {
        &self.inner.config
    }
    pub(crate) fn tokens(&self) -> &AccessTokens {
        &self.inner.tokens
    }
    pub(crate) fn commands(&self) -> &Commands {
        &self.inner.commands
    }
    pub(crate) fn queries(&self) -> &Queries {
        &self.inner.queries
    }
    pub(crate) fn projections(&self) -> &Projections {
        &self.inner.projections
    }
    pub(crate) fn tail(&self) -> &Tail {
        &self.inner.tail
    }
    pub(crate) fn work(&self) -> &dyn WorkRelay {
        self.inner.work.as_ref()
    }
    /// Until every view has reached the position, at most two seconds. What is answered refuses questions to one that will not.
    pub(crate) async fn wait_for(&self, position: Position) -> Result<Queries, Problem> {
        self.inner.feed.wait_for(position).await.map_err(|_| Problem::behind())?;
        Ok(self.queries().since(position))
    }
    /// How far every view is.
    pub(crate) fn views_reached(&self) -> Position {
        self.inner.feed.position()
    }
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.inner.closing.subscribe()
    }
    /// Ends every open live stream; clients connect again elsewhere and go on where they were.
    pub fn close_streams(&self) {
        self.inner.closing.send_replace(true);
    }
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }
    pub(crate) async fn probe(&self) -> Vec<BackEnd> {
        check_all(&self.inner.probes).await
    }
}

/// The whole API as a service. Serve it with connection info (`SocketAddr`), so that events can say where a caller was.
pub fn router(state: Api) -> Router {
    let (routes, document) = openapi::routes().split_for_parts();
    routes
        .merge(pages::routes())
        .merge(console::routes())
        .merge(openapi::document(document))
        .route("/metrics", get(get_metrics))
        .fallback(console::nowhere)
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn_with_state(state.clone(), tell_parked))
        .layer(from_fn_with_state(state.clone(), refuse_set_back))
        .layer(CatchPanicLayer::custom(|panic| panicked(panic).into_response()))
        .layer(from_fn_with_state(state.clone(), check_host))
        .layer(from_fn(add_headers))
        .layer(from_fn_with_state(state.clone(), measure))
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .with_state(state)
}

/// Health, readiness and metrics alone.
pub fn operations(state: Api) -> Router {
    Router::new()
        .route("/healthz", get(get_health))
        .route("/readyz", get(get_readiness))
        .route("/metrics", get(get_metrics))
        .layer(from_fn_with_state(state.clone(), check_host))
        .layer(from_fn(add_headers))
        .with_state(state)
}
