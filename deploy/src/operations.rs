//! What an operator asks of a data folder: is it well, take it away, bring it back.

pub mod backup;
pub mod doctor;
pub mod new_epoch;
pub mod restore;
