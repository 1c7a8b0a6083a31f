//! Journeys over the whole house, and the checks that hold its shape. One binary, so that servers are started once.

mod account;
mod agent_session;
mod architecture;
mod audit;
mod consumer;
mod faults;
mod forgetting;
mod journal;
mod journey;
mod model;
mod past;
mod project;
mod projection;
mod readme;
mod relay;
mod sandbox;
mod security;
mod storm;
mod team;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_opensail-under-test");
