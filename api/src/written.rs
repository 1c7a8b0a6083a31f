//! What every write answers: the resource with the position it was written at, and the same as a cursor in a header.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use opensail_commands::Done;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::problem::Problem;

/// The cursor of a write, for `min_position` of a read.
pub(crate) const POSITION_HEADER: HeaderName = HeaderName::from_static("opensail-position");

/// `{position}` alone: the answer to DELETE.
#[derive(Serialize, ToSchema)]
pub(crate) struct PositionBody {
    /// Position of the write in the journal.
    pub(crate) position: u64,
}

/// Where a write stands in the journal.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub(crate) cursor: String,
    pub(crate) position: u64,
}

impl At {
    pub(crate) fn of<T>(done: &Done<T>) -> Self {
        At { cursor: done.cursor().to_string(), position: done.position }
    }

    /// The resource's fields flat, with the write's `position` (that of the resource is the same, or a later one's).
    pub(crate) fn answer(&self, status: StatusCode, body: impl Serialize) -> Response {
        match serde_json::to_value(body) {
            Ok(Value::Object(mut fields)) => {
                fields.insert("position".into(), self.position.into());
                self.marked((status, Json(Value::Object(fields))).into_response())
            }
            _ => Problem::internal().into_response(),
        }
    }

    /// `{position}`.
    pub(crate) fn alone(&self, status: StatusCode) -> Response {
        self.marked((status, Json(PositionBody { position: self.position })).into_response())
    }

    /// Any answer with the header.
    pub(crate) fn marked(&self, mut response: Response) -> Response {
        if let Ok(cursor) = HeaderValue::from_str(&self.cursor) {
            response.headers_mut().insert(POSITION_HEADER, cursor);
        }
        response
    }
}
