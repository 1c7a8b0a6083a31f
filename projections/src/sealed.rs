//! Private fields in views: kept sealed as the journal holds them and opened when somebody asks, so that a destroyed key takes
//! the views along without anything being rewritten.

use opensail_domain::kernel::{Private, private::FORGOTTEN};
use opensail_eventstore::private::{self, PrivateError};
use opensail_eventstore::vault::keyring::{KeyError, Keyring};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::QueryError;

/// Shown in place of a value that its key does not open. The log names the subject.
pub const UNREADABLE: &str = "[unreadable]";

/// The field as the payload holds it: JSON text.
pub(crate) fn to_text<T: Serialize>(field: &Private<T>) -> String {
    serde_json::to_string(field).expect("a private field is plain data with string keys, which always serialises")
}

/// Opens the field. `Forgotten` when the key was destroyed.
pub(crate) async fn reveal<T: Serialize + DeserializeOwned + Clone>(keys: &Keyring, field: &Private<T>) -> Result<Private<T>, QueryError> {
    let Private::Sealed(_) = field else { return Ok(field.clone()) };
    let value = serde_json::to_value(field).map_err(|error| QueryError::Unavailable(error.to_string()))?;
    let opened = private::open(keys, value).await?;
    serde_json::from_value(opened).map_err(|error| QueryError::Unavailable(error.to_string()))
}

/// The text, or a mark in its place.
pub(crate) async fn text(keys: &Keyring, field: &Private<String>) -> Result<String, QueryError> {
    match reveal(keys, field).await {
        Ok(opened) => Ok(opened.value().cloned().unwrap_or_else(|| FORGOTTEN.into())),
        Err(QueryError::Private(error)) if damaged(&error) => {
            tracing::error!(%error, "a private field of a view does not open");
            Ok(UNREADABLE.into())
        }
        Err(error) => Err(error),
    }
}

/// True for what is wrong with the one field, and not with the vault.
pub(crate) fn damaged(error: &PrivateError) -> bool {
    match error {
        PrivateError::Reserved(_) | PrivateError::Damaged(_) => true,
        PrivateError::Key(KeyError::Damaged(_) | KeyError::Unsealed) => true,
        PrivateError::Key(KeyError::Destroyed(_) | KeyError::OtherSecret(_) | KeyError::Random(_) | KeyError::Vault(_)) => false,
    }
}
