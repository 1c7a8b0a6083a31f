//! Why a rule said no: a stable code and a kind that the caller can act on. No HTTP in here.

/// What the one who asked can do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RejectionKind {
    /// The wish itself is malformed; `pointer` is the JSON pointer of the field.
    Invalid { pointer: &'static str },
    /// It does not fit the present state.
    State,
    /// The name is taken.
    Exists,
    /// A limit is reached; `retry_after` in seconds, when waiting helps.
    Limit { retry_after: Option<u64> },
}

/// Display is what a client may read.
pub trait Rejection: std::error::Error + Clone + PartialEq + Send + Sync + 'static {
    fn code(&self) -> &'static str;
    fn kind(&self) -> RejectionKind;
}
