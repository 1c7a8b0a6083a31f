//! The model of sessions that name none: told to everybody, chosen and tested by administrators of the platform. The key goes in and never out.

mod body;
mod choose_model;
mod clear_model;
mod get_model;
mod test_model;

pub(crate) use choose_model::*;
pub(crate) use clear_model::*;
pub(crate) use get_model::*;
pub(crate) use test_model::*;
