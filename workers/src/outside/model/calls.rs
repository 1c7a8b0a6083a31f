//! Tool calls put together from the pieces they come in.

use opensail_commands::ports::model::{ModelError, ModelErrorKind, WantedCall};
use serde_json::{Value, json};

use super::failure::error;

/// Most calls in one answer.
pub(super) const MAX_CALLS: usize = 128;
/// Longest arguments of one call, in bytes.
pub(super) const MAX_ARGUMENT_BYTES: usize = 1 << 20;
/// Longest tool name providers take back, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// One call while it grows.
#[derive(Default)]
pub(super) struct Building {
    /// The provider's id, only to tell pieces of different calls apart.
    pub(super) id: Option<String>,
    pub(super) tool: String,
    pub(super) arguments: String,
}

/// The calls of one answer, in the order in which they began.
#[derive(Default)]
pub(super) struct Calls(Vec<Building>);

impl Calls {
    /// Begins a call and says which place it has.
    pub(super) fn begin(&mut self, call: Building) -> Result<usize, ModelError> {
        if self.0.len() == MAX_CALLS {
            return Err(error(ModelErrorKind::BadAnswer, format!("the answer holds more than {MAX_CALLS} tool calls")));
        }
        self.0.push(call);
        Ok(self.0.len() - 1)
    }

    pub(super) fn get(&self, place: usize) -> Option<&Building> {
        self.0.get(place)
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Building> {
        self.0.get_mut(place)
    }

    /// The place of the call with this id of the provider's.
    pub(super) fn with_id(&self, id: &str) -> Option<usize> {
        self.0.iter().position(|call| call.id.as_deref() == Some(id))
    }

    pub(super) fn last(&self) -> Option<usize> {
        self.0.len().checked_sub(1)
    }

    pub(super) fn argue(&mut self, place: usize, piece: &str) -> Result<(), ModelError> {
        let Some(call) = self.0.get_mut(place) else { return Ok(()) };
        if call.arguments.len() + piece.len() > MAX_ARGUMENT_BYTES {
            return Err(error(ModelErrorKind::BadAnswer, format!("the arguments of a call of {:?} are longer than 1 MiB", call.tool)));
        }
        call.arguments.push_str(piece);
        Ok(())
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|call| call.tool.len() + call.arguments.len()).sum()
    }

    pub(super) fn finish(self) -> Result<Vec<WantedCall>, ModelError> {
        self.0
            .into_iter()
            .map(|call| {
                if call.tool.trim().is_empty() {
                    return Err(error(ModelErrorKind::BadAnswer, "the answer holds a tool call without a name"));
                }
                let arguments = if call.arguments.trim().is_empty() { "{}".into() } else { call.arguments };
                Ok(WantedCall { tool: call.tool, arguments })
            })
            .collect()
    }
}

/// Arguments of an earlier call as the object providers insist on: what is none is wrapped, so that the model still sees what it wrote.
pub(super) fn as_object(arguments: &str) -> Value {
    match serde_json::from_str::<Value>(arguments) {
        Ok(object @ Value::Object(_)) => object,
        _ if arguments.trim().is_empty() => json!({}),
        _ => json!({ "_invalid": arguments }),
    }
}

/// A tool name from the history as providers take it back: they refuse the whole request for a name a model once made up.
pub(super) fn as_name(tool: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let name: String = tool.chars().take(MAX_NAME_BYTES).map(allowed).collect();
    if name.is_empty() { "_".into() } else { name }
}
