//! What passes between processes, and what stays true when it does not.

mod suites;
