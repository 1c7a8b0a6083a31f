//! Query parameters.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};

use super::{ignored_pointer, pointer};
use crate::problem::{FieldError, Problem};

/// Entries of a list when `limit` is not given, and at most.
pub(crate) const DEFAULT_LIMIT: u32 = 50;
pub(crate) const MAX_LIMIT: u32 = 200;

/// Query parameters without one that is not known.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Params)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|_| Problem::malformed("the query is not well formed"))?;
    let parsed = {
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), Text(value)));
        let source = serde::de::value::MapDeserializer::<_, serde::de::value::Error>::new(pairs);
        let tracked = serde_path_to_error::Deserializer::new(source, &mut track);
        let mut note = |path: serde_ignored::Path<'_>| {
            let name = ignored_pointer(&path).trim_start_matches('/').to_owned();
            unknown.push(FieldError::parameter(name, "this parameter is not known here"));
        };
        T::deserialize(serde_ignored::Deserializer::new(tracked, &mut note))
    };
    let value = parsed.map_err(|error| {
        let name = pointer(&track.path()).trim_start_matches('/').to_owned();
        Problem::invalid(vec![FieldError::parameter(name, error.to_string())])
    })?;
    if unknown.is_empty() { Ok(value) } else { Err(Problem::unknown_fields(unknown)) }
}

/// A parameter's text, read as whatever the field wants.
#[derive(Clone, Copy)]
struct Text<'a>(&'a str);

impl<'de> serde::de::IntoDeserializer<'de, serde::de::value::Error> for Text<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $number:ty),+ $(,)?) => {$(
        fn $method<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse::<$number>() {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(serde::de::Error::custom("must be a whole number in its range")),
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.0)
    }
    /// An empty value is as none.
    fn deserialize_option<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    fn deserialize_bool<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(serde::de::Error::custom("must be true or false")),
        }
    }
    fn deserialize_newtype_struct<V: serde::de::Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_enum<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(serde::de::IntoDeserializer::<Self::Error>::into_deserializer(self.0))
    }
    numbers!(deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64, deserialize_i64 visit_i64 i64);
    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    #[default]
    Asc,
    Desc,
}

/// Parameters of every list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Entries of a page, 1 to 200; 50 when absent.
    #[serde(default)]
    pub(crate) limit: Option<u32>,
    /// `next` of the page before.
    #[serde(default)]
    pub(crate) after: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub(crate) order: Option<Order>,
    /// Cursor or position that the view must have reached.
    #[serde(default)]
    pub(crate) min_position: Option<String>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    pub(crate) as_of: Option<String>,
}

impl ListParams {
    pub(crate) fn limit(&self) -> Result<u32, Problem> {
        checked_limit(self.limit)
    }
}

/// Parameters of every read of one thing.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadParams {
    /// Cursor or position that the view must have reached.
    #[serde(default)]
    pub(crate) min_position: Option<String>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    pub(crate) as_of: Option<String>,
}

pub(crate) fn checked_limit(limit: Option<u32>) -> Result<u32, Problem> {
    match limit {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::invalid(vec![FieldError::parameter("limit", format!("must lie between 1 and {MAX_LIMIT}"))])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(query: &str) -> (u16, Vec<String>) {
        let problem = parse::<ListParams>(query).and_then(|params| params.limit()).unwrap_err();
        (problem.status().as_u16(), problem.errors().iter().filter_map(|e| e.parameter.clone()).collect())
    }

    #[test]
    fn a_page_is_asked_for() {
        let params = parse::<ListParams>("limit=7&after=a.b&order=desc&as_of=").unwrap();
        assert_eq!((params.limit().unwrap(), params.after.as_deref(), params.order), (7, Some("a.b"), Some(Order::Desc)));
        assert_eq!(params.as_of, None);
        assert_eq!(parse::<ListParams>("").unwrap().limit().unwrap(), 50);
    }

    #[test]
    fn bad_parameters_are_named() {
        for (query, names) in [
            ("limit=0", vec!["limit"]),
            ("limit=201", vec!["limit"]),
            ("limit=x", vec!["limit"]),
            ("limit=99999999999999999999", vec!["limit"]),
            ("order=up", vec!["order"]),
            ("limti=3&oder=asc", vec!["limti", "oder"]),
        ] {
            assert_eq!(refusal(query), (422, names.into_iter().map(String::from).collect()), "{query}");
        }
    }
}
