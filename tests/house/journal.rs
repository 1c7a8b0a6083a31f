//! The journal's promises, on both back ends.

mod append_only;
mod expired_results;
mod fair;
mod lost;
mod owner;
mod plans;
mod postgres;
mod sqlite;
