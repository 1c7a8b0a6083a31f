//! HTTP and SSE in, problem details out.
//!
//! A request passes the Host check, is matched to a route, names its caller, and becomes one command or one question; the answer
//! carries the journal's position. Nothing is decided here and no SQL is touched.

mod account;
mod agent_session;
mod audit;
mod auth;
pub mod config;
mod console;
mod consumer;
mod event_body;
mod event_types;
mod extract;
pub mod health;
mod idempotency;
mod json_lines;
mod linger;
mod listing;
mod live;
mod metrics;
mod model;
mod openapi;
mod order;
mod pages;
mod parked;
pub mod problem;
mod project;
mod projection;
mod reading;
pub mod router;
pub mod routes;
mod security_headers;
pub mod serve;
mod set_back;
mod storage;
mod team;
#[cfg(test)]
mod tests;
mod time;
mod work;
mod written;

pub use config::{ApiConfig, ApiKey32, PublicUrl};
pub use health::Probe;
pub use router::{Api, Parts, router};
pub use routes::{Needs, ROUTES};
pub use serve::{Offer, serve};
