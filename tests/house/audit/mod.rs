//! The audit from outside: who did what, who may ask, and what never lies on the disk.

mod bucket;
mod export;
mod filters;
mod forged;
mod privacy;
mod proof;
mod reading;
mod verify;
