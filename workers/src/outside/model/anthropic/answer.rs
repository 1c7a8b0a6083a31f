//! The answer put together from the stream's events: `message_start`, blocks that start and grow, `message_delta` with the reason it
//! stopped and the usage, `message_stop`; `ping` and kinds of blocks we did not ask for are passed over.

use std::collections::HashMap;

use opensail_commands::ports::model::{ModelError, ModelErrorKind as Kind, ModelTurn};
use opensail_domain::agent_session::message::Tokens;
use serde::Deserialize;
use serde_json::Value;

use super::super::calls::{Building, Calls};
use super::super::exchange::{Assembler, Progress};
use super::super::failure::{error, of_object};
use super::super::sse::SseEvent;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        index: u64,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u64,
        delta: Delta,
    },
    MessageDelta {
        delta: Stop,
        usage: Option<Usage>,
    },
    MessageStop,
    Error {
        error: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Start {
    model: Option<String>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        #[serde(default)]
        text: String,
    },
    ToolUse {
        #[serde(default)]
        name: String,
        /// An empty object, unless the whole call comes at once.
        input: Option<Value>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: String },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Stop {
    stop_reason: Option<String>,
}

/// Counts so far, not increments; absent ones keep what was known.
#[derive(Deserialize, Default)]
struct Usage {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

impl Usage {
    fn update(&mut self, new: Usage) {
        self.input_tokens = new.input_tokens.or(self.input_tokens);
        self.cache_creation_input_tokens = new.cache_creation_input_tokens.or(self.cache_creation_input_tokens);
        self.cache_read_input_tokens = new.cache_read_input_tokens.or(self.cache_read_input_tokens);
        self.output_tokens = new.output_tokens.or(self.output_tokens);
    }

    /// The provider counts cached tokens beside `input_tokens`; we count all input and say which part was cached.
    fn tokens(&self) -> Tokens {
        let cached = self.cache_read_input_tokens.unwrap_or(0);
        let fresh = self.input_tokens.unwrap_or(0).saturating_add(self.cache_creation_input_tokens.unwrap_or(0));
        Tokens { input: fresh.saturating_add(cached), output: self.output_tokens.unwrap_or(0), cached }
    }
}

pub(super) struct Answering {
    model: String,
    text: String,
    calls: Calls,
    /// The place of the call in a block.
    places: HashMap<u64, usize>,
    /// Inputs that came with the start of their block; they count when no piece follows.
    whole: HashMap<usize, String>,
    stop: Option<String>,
    usage: Usage,
    done: bool,
}

impl Answering {
    pub(super) fn new(model: String) -> Self {
        Answering {
            model,
            text: String::new(),
            calls: Calls::default(),
            places: HashMap::new(),
            whole: HashMap::new(),
            stop: None,
            usage: Usage::default(),
            done: false,
        }
    }

    fn say(&mut self, text: String) -> Option<String> {
        self.text.push_str(&text);
        Some(text)
    }

    fn start(&mut self, index: u64, block: Block) -> Result<Option<String>, ModelError> {
        match block {
            Block::Text { text } => {
                // Two blocks of text are two paragraphs.
                let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { "\n\n" };
                Ok(self.say(format!("{gap}{text}")))
            }
            Block::ToolUse { name, input } => {
                let place = self.calls.begin(Building { id: None, tool: name, arguments: String::new() })?;
                self.places.insert(index, place);
                if let Some(input) = input.filter(|input| input.as_object().is_some_and(|map| !map.is_empty())) {
                    self.whole.insert(place, input.to_string());
                }
                Ok(None)
            }
            Block::Other => Ok(None),
        }
    }

    fn grow(&mut self, index: u64, delta: Delta) -> Result<Option<String>, ModelError> {
        match delta {
            Delta::Text { text } => Ok(self.say(text)),
            Delta::InputJson { partial_json } => {
                if let Some(place) = self.places.get(&index) {
                    self.calls.argue(*place, &partial_json)?;
                }
                Ok(None)
            }
            Delta::Other => Ok(None),
        }
    }
}

impl Assembler for Answering {
    fn take(&mut self, event: &SseEvent) -> Result<Option<String>, ModelError> {
        let data = event.data.trim();
        if data.is_empty() {
            return Ok(None);
        }
        let event: Event =
            serde_json::from_str(data).map_err(|e| error(Kind::BadAnswer, format!("anthropic sent an event that cannot be read: {e}")))?;
        match event {
            Event::MessageStart { message } => {
                self.model = message.model.unwrap_or(std::mem::take(&mut self.model));
                self.usage.update(message.usage.unwrap_or_default());
            }
            Event::ContentBlockStart { index, content_block } => return self.start(index, content_block),
            Event::ContentBlockDelta { index, delta } => return self.grow(index, delta),
            Event::MessageDelta { delta, usage } => {
                self.stop = delta.stop_reason.or(self.stop.take());
                self.usage.update(usage.unwrap_or_default());
            }
            Event::MessageStop => self.done = true,
            Event::Error { error } => return Err(of_object("anthropic", &error)),
            Event::Other => {}
        }
        Ok(None)
    }

    fn progress(&self) -> Progress {
        match (self.done, &self.stop) {
            (true, _) => Progress::Ended,
            (false, Some(_)) => Progress::Answered,
            (false, None) => Progress::Open,
        }
    }

    fn finish(mut self) -> Result<ModelTurn, ModelError> {
        for (place, input) in std::mem::take(&mut self.whole) {
            if self.calls.get(place).is_some_and(|call| call.arguments.is_empty()) {
                self.calls.argue(place, &input)?;
            }
        }
        let refused = self.stop.as_deref() == Some("refusal");
        // A call that a refusal cut is not to be carried out.
        let calls = if refused { Vec::new() } else { self.calls.finish()? };
        if self.text.trim().is_empty() && calls.is_empty() {
            return Err(if refused {
                error(Kind::BadRequest, "anthropic: the model refuses to answer this conversation")
            } else {
                error(Kind::EmptyAnswer, "anthropic answered with neither text nor a tool call")
            });
        }
        let truncated = refused || matches!(self.stop.as_deref(), Some("max_tokens" | "model_context_window_exceeded"));
        Ok(ModelTurn { text: self.text, calls, model: self.model, tokens: self.usage.tokens(), truncated })
    }
}
