//! The seal: what makes the journal provable to people who do not trust us.
//!
//! Every event is a leaf of one Merkle tree (RFC 6962), leaf `position - 1`, in the order of positions. A [`Sealer`], one at a time under a
//! lease, reads what was appended, checks that each event still says what its content hash says, and writes the tree's new hashes and a
//! signed [`Checkpoint`] in one transaction. Hashes and checkpoints are append-only like the journal; the newest checkpoints also go to a
//! [second place](place), so that whoever changes the database, or puts an older one in its place, contradicts something outside it.
//!
//! - [`leaf`]: what is hashed, byte for byte; frozen
//! - [`tree`] and [`proof`]: the tree's arithmetic, making proofs, checking them; no database
//! - [`note`] and [`checkpoint`]: the signed text that everybody can hold on to
//! - [`tables`] and [`tiles`]: the tree's hashes in the database
//! - [`roll`] and [`attest`]: the journal's epochs, signed
//! - [`ExportEnd`]: what says that an export of the audit is whole
//! - [`sealer`], [`place`], [`keys`]: who writes, where else, signed with what
//! - [`set_back`]: whether the journal is an earlier state of itself
//! - [`check`]: reads everything and names the first position that does not hold

pub mod attest;
pub mod check;
pub mod checkpoint;
mod edge;
mod export_end;
pub mod keys;
pub mod leaf;
pub mod note;
pub mod place;
pub mod proof;
mod reader;
pub mod roll;
pub mod sealer;
mod set_back;
pub mod tables;
#[cfg(test)]
mod tests;
pub mod tiles;
pub mod tree;

pub use attest::Attestation;
pub use checkpoint::Checkpoint;
pub use export_end::ExportEnd;
pub use leaf::{Hash, content_hash, leaf_hash, leaf_of};
pub use note::{SignedNote, VerifierKey};
pub use place::{CheckpointFolder, SecondPlace};
pub use reader::{Consistency, Inclusion, Seal, SealError, Sealed};
pub use roll::{OtherEpochs, Roll};
pub use sealer::{SealState, Sealer};
pub use set_back::{Parting, SetBack, parting, set_back};
pub use tables::SealTables;
