//! The answer put together from chunks. Known deviations: no usage, no ids, no index, one index for several calls, a whole call in
//! one chunk, arguments as an object, content as a list of parts, no `[DONE]`, or the whole answer as one JSON document.

use std::collections::HashMap;

use opensail_commands::ports::model::{ModelError, ModelErrorKind as Kind, ModelTurn};
use opensail_domain::agent_session::message::Tokens;
use serde::Deserialize;
use serde_json::Value;

use super::super::calls::{Building, Calls};
use super::super::exchange::{Assembler, Progress};
use super::super::failure::{error, of_object};
use super::super::sse::SseEvent;

const END: &str = "[DONE]";
/// Bytes per token where the provider counts none: a rough figure, so that token limits still hold somewhere.
const BYTES_PER_TOKEN: usize = 4;

#[derive(Deserialize)]
struct Chunk {
    model: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    index: Option<u64>,
    delta: Option<Piece>,
    /// In place of `delta` when the answer comes as one document.
    message: Option<Piece>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Piece {
    content: Option<Value>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallPiece>>,
}

#[derive(Deserialize)]
struct CallPiece {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionPiece>,
}

#[derive(Deserialize, Default)]
struct FunctionPiece {
    name: Option<String>,
    arguments: Option<Value>,
}

pub(super) struct Answering {
    prompt_bytes: usize,
    model: String,
    text: String,
    calls: Calls,
    /// The place of the last call with an index.
    places: HashMap<u64, usize>,
    finish: Option<String>,
    tokens: Option<Tokens>,
    done: bool,
}

impl Answering {
    pub(super) fn new(model: &str, prompt_bytes: usize) -> Self {
        Answering {
            prompt_bytes,
            model: model.into(),
            text: String::new(),
            calls: Calls::default(),
            places: HashMap::new(),
            finish: None,
            tokens: None,
            done: false,
        }
    }

    fn piece(&mut self, piece: Piece) -> Result<String, ModelError> {
        let mut text = piece.content.map(text_of).unwrap_or_default();
        text.push_str(&piece.refusal.unwrap_or_default());
        self.text.push_str(&text);
        for call in piece.tool_calls.unwrap_or_default() {
            self.call(call)?;
        }
        Ok(text)
    }

    fn call(&mut self, piece: CallPiece) -> Result<(), ModelError> {
        let function = piece.function.unwrap_or_default();
        let id = piece.id.filter(|id| !id.is_empty());
        let name = function.name.unwrap_or_default();
        let arguments = match function.arguments {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
        };
        let place = match self.known(piece.index, id.as_deref(), &name, &arguments) {
            Some(place) => place,
            None => self.calls.begin(Building { id: id.clone(), ..Building::default() })?,
        };
        if let Some(index) = piece.index {
            self.places.insert(index, place);
        }
        if let Some(call) = self.calls.get_mut(place) {
            call.id = call.id.take().or(id);
            if call.tool.is_empty() {
                call.tool = name;
            }
        }
        self.calls.argue(place, &arguments)
    }

    /// The call that a piece goes on with; `None`: it begins another.
    fn known(&self, index: Option<u64>, id: Option<&str>, name: &str, arguments: &str) -> Option<usize> {
        let place = match (index, id) {
            (Some(index), _) => *self.places.get(&index)?,
            (None, Some(id)) => return self.calls.with_id(id),
            (None, None) if name.is_empty() => return self.calls.last(),
            (None, None) => return None,
        };
        let call = self.calls.get(place)?;
        let other_id = matches!((id, call.id.as_deref()), (Some(new), Some(old)) if new != old);
        // Without ids: a named piece behind arguments that are whole already.
        let behind_whole =
            id.is_none() && !name.is_empty() && !arguments.is_empty() && serde_json::from_str::<Value>(&call.arguments).is_ok();
        (!other_id && !behind_whole).then_some(place)
    }

    fn usage(&mut self, usage: &Value) {
        let count = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64);
        if let (Some(input), Some(output)) = (count("/prompt_tokens"), count("/completion_tokens")) {
            let cached = count("/prompt_tokens_details/cached_tokens").unwrap_or(0).min(input);
            self.tokens = Some(Tokens { input, output, cached });
        }
    }
}

impl Assembler for Answering {
    fn take(&mut self, event: &SseEvent) -> Result<Option<String>, ModelError> {
        let data = event.data.trim();
        if data == END {
            self.done = true;
            return Ok(None);
        }
        if data.is_empty() {
            return Ok(None);
        }
        let chunk: Chunk =
            serde_json::from_str(data).map_err(|e| error(Kind::BadAnswer, format!("openai sent a chunk that cannot be read: {e}")))?;
        if let Some(object) = chunk.error.filter(|object| !object.is_null()) {
            return Err(of_object("openai", &object));
        }
        if let Some(usage) = &chunk.usage {
            self.usage(usage);
        }
        if let Some(model) = chunk.model.filter(|model| !model.is_empty()) {
            self.model = model;
        }
        let mut text = String::new();
        for choice in chunk.choices.unwrap_or_default().into_iter().filter(|choice| choice.index.unwrap_or(0) == 0) {
            // A stream that repeats the whole message at its end has said it already.
            let message = choice.message.filter(|_| self.text.is_empty() && self.calls.last().is_none());
            if let Some(piece) = choice.delta.or(message) {
                text.push_str(&self.piece(piece)?);
            }
            if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
                self.finish = Some(reason);
            }
        }
        Ok(Some(text))
    }

    fn progress(&self) -> Progress {
        match (self.done, &self.finish) {
            (true, _) => Progress::Ended,
            (false, Some(_)) => Progress::Answered,
            (false, None) => Progress::Open,
        }
    }

    fn finish(self) -> Result<ModelTurn, ModelError> {
        let filtered = self.finish.as_deref() == Some("content_filter");
        let answer_bytes = self.text.len() + self.calls.bytes();
        let estimate = |bytes: usize| u64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX);
        let tokens =
            self.tokens.unwrap_or_else(|| Tokens { input: estimate(self.prompt_bytes), output: estimate(answer_bytes), cached: 0 });
        // A call that the filter cut is not to be carried out.
        let calls = if filtered { Vec::new() } else { self.calls.finish()? };
        if self.text.trim().is_empty() && calls.is_empty() {
            return Err(if filtered {
                error(Kind::BadRequest, "openai: the provider's content filter stopped the answer")
            } else {
                error(Kind::EmptyAnswer, "openai answered with neither text nor a tool call")
            });
        }
        let truncated = filtered || self.finish.as_deref() == Some("length");
        Ok(ModelTurn { text: self.text, calls, model: self.model, tokens, truncated })
    }
}

/// A text, or the texts of a list of parts; what a model thinks aloud is no part of its answer.
fn text_of(content: Value) -> String {
    match content {
        Value::String(text) => text,
        Value::Array(parts) => parts.iter().filter(|part| part["type"] == "text").filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}
