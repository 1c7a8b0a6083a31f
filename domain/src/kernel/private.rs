//! Fields that only those may read who may read their subject, and that can be forgotten: encrypted under the subject's key
//! from the first event on. In memory a field is open; the journal's edge seals it before it is hashed and stored.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

/// What is shown in place of a value whose key was destroyed.
pub const FORGOTTEN: &str = "[forgotten]";

/// A value under the key of `subject` (`account-<id>` or `session-<id>`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Private<T> {
    Open {
        subject: String,
        value: T,
    },
    /// As the journal holds it; read by somebody without the key.
    Sealed(SealedField),
    /// The key was destroyed.
    Forgotten,
}

/// The stored form: base64url without padding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SealedField {
    pub subject: String,
    pub key: String,
    pub nonce: String,
    pub ct: String,
}

impl<T> Private<T> {
    pub fn open(subject: impl ToString, value: T) -> Self {
        Private::Open { subject: subject.to_string(), value }
    }
    /// The value, when it may be read.
    pub fn value(&self) -> Option<&T> {
        match self {
            Private::Open { value, .. } => Some(value),
            Private::Sealed(_) | Private::Forgotten => None,
        }
    }
}

impl Private<String> {
    /// The text, or the mark that it was forgotten.
    pub fn text(&self) -> &str {
        self.value().map_or(FORGOTTEN, String::as_str)
    }
}

#[derive(Serialize, Deserialize)]
struct Opened<V> {
    subject: String,
    value: V,
}

#[derive(Serialize, Deserialize)]
enum Wire<V> {
    #[serde(rename = "$open")]
    Open(Opened<V>),
    #[serde(rename = "$p")]
    Sealed(SealedField),
    #[serde(rename = "$forgotten")]
    Forgotten(bool),
}

impl<T: Serialize> Serialize for Private<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Private::Open { subject, value } => Wire::Open(Opened { subject: subject.clone(), value }).serialize(serializer),
            Private::Sealed(sealed) => Wire::<()>::Sealed(sealed.clone()).serialize(serializer),
            Private::Forgotten => Wire::<()>::Forgotten(true).serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Private<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Wire::<T>::deserialize(deserializer)? {
            Wire::Open(Opened { subject, value }) => Private::Open { subject, value },
            Wire::Sealed(sealed) => Private::Sealed(sealed),
            Wire::Forgotten(_) => Private::Forgotten,
        })
    }
}

impl<T: JsonSchema> JsonSchema for Private<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Private_{}", T::schema_name()).into()
    }
    /// Readers with the right see the value itself; the mark otherwise.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [value, { "type": "string", "const": FORGOTTEN }] })
    }
}
