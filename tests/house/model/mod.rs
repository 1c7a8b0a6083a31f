//! The model that sessions use which name none, chosen and tested over HTTP.

mod choose;
mod service;
