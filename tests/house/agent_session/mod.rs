//! Sessions from outside.

mod answers;
mod approvals;
mod bench;
mod cancel;
mod crash;
mod export;
mod files;
mod limits;
mod messages;
mod modes;
mod output;
mod past;
mod queue;
mod socket;
mod stream;
mod terminal;
