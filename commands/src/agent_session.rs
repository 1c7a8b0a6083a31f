//! The room of agent sessions: what people wish of one, and what the worker that runs it writes.

mod add_message;
mod answer_approval;
mod cancel_session;
mod decided;
mod discard_session;
mod drive;
mod files;
mod forget_session;
mod fork_session;
mod make_up_capture;
mod merge_session;
mod name_snapshot;
mod own_files;
mod read_session;
mod settle_files;
mod start_session;
mod undo_session;

pub use add_message::{AddMessage, MessageAdded};
pub use answer_approval::AnswerApproval;
pub use cancel_session::CancelSession;
pub use discard_session::DiscardSession;
pub use drive::Driven;
pub(crate) use files::state;
pub use files::{SessionFiles, lease_of_copy, lease_of_fork, lease_of_project};
pub use fork_session::{ForkSession, SessionForked};
pub use merge_session::{MergeSession, SessionMerged};
pub use name_snapshot::NameSnapshot;
pub use read_session::SessionHistory;
pub use start_session::{SessionStarted, StartSession};
pub use undo_session::{SessionUndone, UndoSession};
