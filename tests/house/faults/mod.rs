//! Bad input, bad settings, and what can befall a server.

mod backup;
mod bodies;
mod disk;
mod ending;
mod postgres;
mod start;
