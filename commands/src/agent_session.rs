//! The room of agent sessions: what people wish of one, and what the worker that runs it writes.

mod add_message;
mod answer_approval;
mod cancel_session;
mod drive;
mod forget_session;
mod read_session;
mod start_session;

pub use add_message::{AddMessage, MessageAdded};
pub use answer_approval::AnswerApproval;
pub use cancel_session::CancelSession;
pub use drive::Driven;
pub use read_session::SessionHistory;
pub use start_session::{SessionStarted, StartSession};
