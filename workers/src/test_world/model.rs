//! A model that answers line by line, as told.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use opensail_commands::ports::model::{Model, ModelError, ModelErrorKind, ModelRequest, ModelTurn, Price, WantedCall};
use opensail_domain::agent_session::message::Tokens;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// One answer of the model.
pub(crate) enum Line {
    Turn(ModelTurn),
    Fails(ModelErrorKind, Option<Duration>),
    /// Never answers.
    Hangs,
}

#[derive(Default)]
pub(crate) struct TestModel {
    lines: Mutex<VecDeque<Line>>,
    pub(crate) asked: Mutex<Vec<ModelRequest>>,
}

impl TestModel {
    pub(crate) fn then(&self, line: Line) -> &Self {
        self.lines.lock().expect("unbroken").push_back(line);
        self
    }
}

pub(crate) fn says(text: &str) -> Line {
    turn(text, vec![])
}

pub(crate) fn calls(calls: &[(&str, serde_json::Value)]) -> Line {
    turn("", calls.iter().map(|(tool, arguments)| WantedCall { tool: (*tool).into(), arguments: arguments.to_string() }).collect())
}

pub(crate) fn turn(text: &str, calls: Vec<WantedCall>) -> Line {
    let tokens = Tokens { input: 10, output: 5, cached: 0 };
    Line::Turn(ModelTurn { text: text.into(), calls, model: "test-1".into(), tokens, truncated: false })
}

#[async_trait]
impl Model for TestModel {
    async fn turn(&self, request: ModelRequest, deltas: mpsc::Sender<String>, cancel: CancellationToken) -> Result<ModelTurn, ModelError> {
        self.asked.lock().expect("unbroken").push(request);
        let line = self.lines.lock().expect("unbroken").pop_front();
        match line {
            Some(Line::Turn(turn)) => {
                let _ = deltas.send(turn.text.clone()).await;
                Ok(turn)
            }
            Some(Line::Fails(kind, retry_after)) => Err(ModelError { kind, detail: "as told".into(), retry_after }),
            Some(Line::Hangs) => {
                cancel.cancelled().await;
                Err(ModelError { kind: ModelErrorKind::Cancelled, detail: "cancelled".into(), retry_after: None })
            }
            None => Err(ModelError { kind: ModelErrorKind::ScriptEnded, detail: "no further line".into(), retry_after: None }),
        }
    }
    fn price(&self, _model: &str) -> Option<Price> {
        Some(Price { input: 1_000_000, output: 2_000_000, cached: 0 })
    }
    fn default_model(&self) -> String {
        "test".into()
    }
}
