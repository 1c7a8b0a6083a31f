//! One turn: the conversation to the model, its answer to the journal.

use std::time::Duration;

use opensail_commands::live::{LiveTurns, Turn};
use opensail_commands::ports::model::{ModelError, ModelErrorKind, ModelRequest, ModelTurn};
use opensail_domain::agent_session::AgentSessionCommand;
use opensail_domain::agent_session::message::{Answer, ToolCall};
use opensail_domain::kernel::SessionId;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::desk::{Halt, Sent};
use super::retry::{LONGEST_SILENT_WAIT, Next, after_failure};
use super::run_session::{Run, cancel_requested};
use super::{prompt, tools};
use crate::crash::crash_point;

/// Most tokens of one answer.
const MAX_OUTPUT_TOKENS: u64 = 16_384;
/// Pieces of text on their way to the readers.
const PIECES: usize = 256;
/// The turn was cut because the session's time is used up; the limit follows.
const OUT_OF_TIME: &str = "out_of_time";

impl Run {
    /// Asks the model, unless the last attempt failed and it is not yet time, or never will be.
    pub(super) async fn turn_or_wait(&mut self) -> Result<Sent, Halt> {
        let failures = self.desk.core()?.failures;
        let failure = self.desk.memory.failure.clone();
        if let (Some(failure), 1..) = (failure, failures) {
            let until = match self.retry_at {
                Some(until) => until,
                None => match after_failure(failures, failure.retryable, self.retry_after.take()) {
                    Next::GiveUp => {
                        return self.end(AgentSessionCommand::Fail { reason: failure.code, detail: failure.detail }).await;
                    }
                    Next::Wait(wait) => {
                        let until = self.now().saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX));
                        self.retry_at = Some(until);
                        if wait > LONGEST_SILENT_WAIT {
                            return self.desk.send(AgentSessionCommand::Pause { reason: "model_unavailable".into(), until }).await;
                        }
                        until
                    }
                },
            };
            // Whatever happened meanwhile, the next step looks at it first; the time stays.
            if !self.wait_until(until).await? {
                return Ok(Sent::Done);
            }
        }
        self.retry_at = None;
        self.turn().await
    }

    async fn turn(&mut self) -> Result<Sent, Halt> {
        let sent = self.desk.send(AgentSessionCommand::StartTurn).await?;
        if sent != Sent::Done {
            return Ok(sent);
        }
        let core = self.desk.core()?;
        let (session_id, turn, attempt) = (core.session_id, core.turn, core.attempt);
        let (model, left) = (core.model.clone(), Duration::from_millis(core.work_ms_left()));
        let request = ModelRequest {
            model: model.clone(),
            system: prompt::system(self.hands.commands.files().as_ref(), &self.root, core.edit_mode).await,
            messages: self.desk.transcript.messages.clone(),
            tools: tools::specs(),
            max_output_tokens: MAX_OUTPUT_TOKENS,
            attempt_index: core.attempts_settled,
        };
        let begun = Instant::now();
        let asked = self.ask(request, (session_id, turn, attempt), left).await;
        crash_point!("after_model");
        let duration_ms = millis(begun.elapsed());
        let sent = match asked {
            Asked::Answered(Ok(answer)) => self.record(answer, &model, turn, duration_ms).await,
            Asked::Answered(Err(error)) => self.record_failure(error, duration_ms).await,
            Asked::Cancelled => {
                let error = ModelError { kind: ModelErrorKind::Cancelled, detail: "the session was cancelled".into(), retry_after: None };
                self.record_failure(error, duration_ms).await
            }
            Asked::OutOfTime => {
                // Counted in full, so that the limit is seen as reached.
                let duration_ms = duration_ms.max(millis(left));
                let detail = "the session's time was used up while the model answered".to_owned();
                let failed = AgentSessionCommand::FailTurn { code: OUT_OF_TIME.into(), detail, retryable: false, duration_ms };
                self.desk.send(failed).await
            }
            Asked::Halted => Err(Halt::Lost),
        };
        self.hands.commands.live().settle(session_id);
        sent
    }

    /// The model's answer, or what came between.
    async fn ask(&mut self, request: ModelRequest, turn: (SessionId, u64, u64), left: Duration) -> Asked {
        let (sender, pieces) = mpsc::channel(PIECES);
        let stop = CancellationToken::new();
        let _stop_when_dropped = stop.clone().drop_guard();
        let Run { hands, feed, halt, .. } = self;
        let answer = async {
            let model = hands.commands.model();
            let asked = model.turn(request, sender, stop);
            let (answer, ()) = tokio::join!(asked, publish(hands.commands.live(), turn, pieces));
            answer
        };
        tokio::select! {
            biased;
            () = halt.cancelled() => Asked::Halted,
            answer = answer => Asked::Answered(answer),
            () = cancel_requested(feed) => Asked::Cancelled,
            () = tokio::time::sleep(left) => Asked::OutOfTime,
        }
    }

    async fn record(&mut self, answer: ModelTurn, model: &str, turn: u64, duration_ms: u64) -> Result<Sent, Halt> {
        if answer.text.trim().is_empty() && answer.calls.is_empty() {
            let error = ModelError { kind: ModelErrorKind::EmptyAnswer, detail: "the model answered nothing".into(), retry_after: None };
            return self.record_failure(error, duration_ms).await;
        }
        let calls = answer.calls.into_iter().enumerate();
        let tool_calls =
            calls.map(|(i, call)| ToolCall { call_id: format!("{turn}-{}", i + 1), tool: call.tool, arguments: call.arguments }).collect();
        let price = self.hands.commands.model().price(model);
        let done = AgentSessionCommand::CompleteTurn {
            answer: Answer { text: answer.text, tool_calls },
            model: answer.model,
            tokens: answer.tokens,
            micro_usd: price.map(|price| price.of(answer.tokens)),
            duration_ms,
        };
        self.retry_after = None;
        self.desk.send(done).await
    }

    async fn record_failure(&mut self, error: ModelError, duration_ms: u64) -> Result<Sent, Halt> {
        self.retry_after = error.retry_after;
        let (code, retryable) = (error.kind.code().to_owned(), error.kind.retryable());
        self.desk.send(AgentSessionCommand::FailTurn { code, detail: error.detail, retryable, duration_ms }).await
    }
}

enum Asked {
    Answered(Result<ModelTurn, ModelError>),
    Cancelled,
    OutOfTime,
    Halted,
}

async fn publish(live: &LiveTurns, (session_id, turn, attempt): (SessionId, u64, u64), mut pieces: mpsc::Receiver<String>) {
    while let Some(piece) = pieces.recv().await {
        live.write(session_id, Turn { turn, attempt }, &piece);
    }
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
