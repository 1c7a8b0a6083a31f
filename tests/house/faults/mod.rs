//! Bad input, bad settings, and what can befall a server. What must be held, and where it is:
//!
//! - unknown fields, oversized bodies, invalid UTF-8, noise: `bodies`, `project::files::at_most_25_mib`
//! - `\u0000` and other bytes in a tool's output, 100 MB of it, a tool that never ends: `agent_session::output`, `postgres`
//! - huge numbers, invalid arguments, unknown tools, empty answers of a model: `agent_session::answers`; answers that are cut off: the tests of
//!   each model client in `workers`
//! - forbidden project paths, failing git addresses: `project::create`, `project::paths`
//! - a full disk: `disk`; a second server on one data folder: `start`; a clock set back: `journal::promises::append::time_never_goes_back`,
//!   `a_clock_set_back…` in `commands` and `workers`
//! - two answers to one approval: `agent_session::approvals::two_answers_at_once`; two workers after one session:
//!   `two_workers_after_the_same_sessions_do_each_once` and `who_lost_the_lease_writes_nothing_more` in `workers`
//! - a database over TLS, and one that is not who it says: `tls`; relays likewise: `relay::secured`
//! - one team that floods beside another: `flood`, `journal::fair`; a database that does not answer: `pressure`
//! - everything at once, again and again: `storm`
//! - a journal put back to an earlier state: `set_back`, `backup`, and under a consumer's members `restored_consumer`; one that loses its
//!   end under a running server: `lost_end`, `pressure`
//! - a role removed while a command is under way: `roles`, `security::foreign_ids`, `a_role_lost_between…` in `commands`
//! - kills at every event, on both databases: `agent_session::crash`; kills at rest and under way: `ending`, `journey`
//! - a hostile repository: `project::hostile`; hostile commands: `commands`, `sandbox::isolation`, `sandbox::limits`

mod backup;
mod bodies;
mod commands;
mod disk;
mod ending;
mod flood;
mod lost_end;
mod postgres;
mod pressure;
mod restored_consumer;
mod roles;
mod set_back;
mod start;
mod tls;
