//! Trees in real folders: what is taken is laid out again as it was.

mod btrfs;
mod compare;
mod fidelity;
mod git;
mod going_back;
mod killed;
mod refused;
mod remembering;
mod taking;
mod world;
