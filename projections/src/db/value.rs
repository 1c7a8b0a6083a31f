//! Values of columns: texts and numbers, which is all that views hold.

use std::sync::Arc;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    Int,
}

impl Kind {
    pub(crate) fn nothing(self) -> Value {
        match self {
            Kind::Text => Value::Text(None),
            Kind::Int => Value::Int(None),
        }
    }
}

/// A value of a column, or nothing. Texts are shared, since rows in memory are copied whenever an event changes them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    Text(Option<Arc<str>>),
    Int(Option<i64>),
}

impl Value {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => text.as_deref(),
            Value::Int(_) => None,
        }
    }

    pub(crate) fn int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => *number,
            Value::Text(_) => None,
        }
    }
}

/// PostgreSQL's text cannot hold U+0000; no view needs it.
fn storable(text: &str) -> Arc<str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(Some(storable(text)))
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(Some(storable(&text)))
    }
}
impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Value::Text(text.as_deref().map(storable))
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(Some(number))
    }
}
impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Value::Int(number)
    }
}
/// The largest number a column holds stands for everything above it.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Value::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}
impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Value::Int(Some(yes.into()))
    }
}
