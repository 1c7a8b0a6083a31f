//! Runs over a real journal and real files.

mod approvals;
mod captures;
mod endings;
mod model_failures;
mod recovery;
mod taking_up;
mod tools;
