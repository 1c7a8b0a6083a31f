//! The journal's promises, on both back ends.

mod postgres;
mod sqlite;
