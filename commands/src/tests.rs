//! Commands over a real journal in a folder of its own, with a hand-moved clock; two nodes share one journal and have a cache each.

mod account;
mod agent_session;
mod aggregate;
mod authorize;
mod discard;
mod execute;
mod fakes;
mod forgotten;
mod invitation;
mod merge;
mod project;
mod repeats;
mod storage;
mod worked;
mod world;
