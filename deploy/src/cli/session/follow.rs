//! The live view of a session: events and streamed text, questions answered in place, Ctrl-C once to cancel and twice to leave.

use std::io::IsTerminal;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use tokio::time::interval;

use super::prompt::Prompt;
use super::screen::Screen;
use super::{answer, narrate, replay};
use crate::cli::CliError;
use crate::cli::arguments::{Decision, LookBack};
use crate::cli::client::{Client, ClientError};
use crate::cli::events::{Followed, Follower, Frame, RECONNECT_PAUSE, RECONNECTS};
use crate::cli::paint::{Ink, on_one_line};

const ANSWERS: &str = "[y] once  [a] for this session  [n] no, or a reason why not ›";

#[derive(Clone, Copy)]
pub struct Manner {
    pub json: bool,
    pub yes: bool,
}

/// Follows to the session's end; fails unless it completed.
pub async fn follow(client: &Client, session: &str, after: Option<String>, manner: Manner) -> Result<(), CliError> {
    let follower = Follower::new(client.clone(), format!("/api/v1/sessions/{session}/stream"), after);
    View {
        client,
        session,
        manner,
        screen: Screen::new(),
        streamed: Streamed::default(),
        places: narrate::Places::default(),
        asked: None,
        interrupts: 0,
    }
    .run(follower)
    .await
}

/// How much of which turn's text is on the screen.
#[derive(Default)]
struct Streamed {
    turn: u64,
    attempt: u64,
    bytes: usize,
}

struct View<'a> {
    client: &'a Client,
    session: &'a str,
    manner: Manner,
    screen: Screen,
    streamed: Streamed,
    places: narrate::Places,
    /// The question that waits for a line.
    asked: Option<Prompt>,
    interrupts: u32,
}

impl View<'_> {
    async fn run(mut self, follower: Follower) -> Result<(), CliError> {
        // What it has begun is not begun anew whenever something else comes first.
        let followed = futures::stream::unfold(follower, |mut follower| async move { Some((follower.next().await, follower)) });
        let mut followed = std::pin::pin!(followed);
        let mut ticks = interval(Duration::from_millis(120));
        loop {
            tokio::select! {
                Some(followed) = followed.next() => match followed {
                    // The question stays open; a server that is back is told.
                    Err(ClientError::Unreachable { .. } | ClientError::Lost { .. }) if self.asked.is_some() => {}
                    followed => if let Some(status) = self.followed(followed?).await? {
                        return self.end(&status).await;
                    },
                },
                line = typed(&mut self.asked) => self.answer(line?).await?,
                _ = ticks.tick() => if !self.manner.json { self.screen.tick() },
                _ = tokio::signal::ctrl_c() => self.interrupted().await?,
            }
        }
    }

    /// The status, when the session has ended.
    async fn followed(&mut self, followed: Followed) -> Result<Option<String>, CliError> {
        match followed {
            Followed::Frame(frame) => self.frame(frame).await,
            Followed::Reconnecting => {
                self.screen.doing(Some("the connection broke; reconnecting".into()));
                Ok(None)
            }
            Followed::Over => {
                let session = self.client.get(&format!("/api/v1/sessions/{}", self.session), &[]).await?;
                Ok(Some(session["status"].as_str().unwrap_or_default().to_owned()))
            }
        }
    }

    /// The status, when the session has ended.
    async fn frame(&mut self, frame: Frame) -> Result<Option<String>, CliError> {
        let item: Value = serde_json::from_str(&frame.data).map_err(|e| CliError::Failed(format!("the server sent no JSON: {e}")))?;
        match frame.event.as_str() {
            "end" => {
                if self.manner.json {
                    tell!("{}", json!({ "end": item }));
                }
                return Ok(Some(item["status"].as_str().unwrap_or_default().to_string()));
            }
            "delta" => self.delta(&item),
            "progress" if !self.manner.json => self.screen.says(item["text"].as_str().unwrap_or_default()),
            "progress" => {}
            _ => self.event(&item).await?,
        }
        Ok(None)
    }

    fn delta(&mut self, delta: &Value) {
        if self.manner.json {
            return;
        }
        let number = |name: &str| delta[name].as_u64().unwrap_or(0);
        let (turn, attempt) = (number("turn"), number("attempt"));
        if (self.streamed.turn, self.streamed.attempt) != (turn, attempt) {
            self.screen.end_text();
            self.streamed = Streamed { turn, attempt, bytes: 0 };
        }
        let offset = usize::try_from(number("offset")).unwrap_or(usize::MAX);
        let text = delta["text"].as_str().unwrap_or_default();
        // A piece may repeat what is shown already (the turn so far, told on reconnect).
        if let Some(fresh) = self.streamed.bytes.checked_sub(offset).and_then(|shown| text.get(shown..)) {
            self.screen.text(fresh);
            self.streamed.bytes += fresh.len();
        }
    }

    async fn event(&mut self, item: &Value) -> Result<(), CliError> {
        let asked = item["type"] == "agent_session.approval_requested";
        let half_line = if self.settles(item) { self.withdraw().await } else { String::new() };
        if self.manner.json {
            tell!("{item}");
        } else {
            let turn = item["data"]["turn"].as_u64();
            let same = turn == Some(self.streamed.turn) && item["data"]["attempt"].as_u64() == Some(self.streamed.attempt);
            let streamed = if same { self.streamed.bytes } else { 0 };
            self.places.see(item);
            if item["type"] == "agent_session.forked" {
                self.places = narrate::Places::left_at(replay::left_at(self.client, self.session, &LookBack::default()).await?);
            }
            for line in narrate::lines(item, streamed, &self.places, self.screen.paint) {
                self.screen.line(&line);
            }
            self.screen.doing(narrate::next_step(item));
        }
        if !half_line.trim().is_empty() {
            let told = format!("  typed, and not sent: {}", on_one_line(half_line.trim()));
            self.screen.line(&self.screen.paint.ink(Ink::Dim, &told));
        }
        if asked { self.question(item).await } else { Ok(()) }
    }

    /// Whether an event ends the question that is open here.
    fn settles(&self, item: &Value) -> bool {
        let Some(open) = &self.asked else { return false };
        match item["type"].as_str().unwrap_or_default().trim_start_matches("agent_session.") {
            "approval_answered" | "approval_timed_out" => item["data"]["approval_id"] == open.approval,
            "completed" | "failed" | "cancelled" | "limit_reached" => true,
            _ => false,
        }
    }

    /// Closes the question that is open here; what was typed is given back.
    async fn withdraw(&mut self) -> String {
        let Some(open) = self.asked.take() else { return String::new() };
        self.screen.answered(false);
        open.close().await
    }

    async fn question(&mut self, item: &Value) -> Result<(), CliError> {
        let approval = item["data"]["approval_id"].as_str().unwrap_or_default();
        // Told again from the start of a session, it may long be answered.
        let as_new = [("min_position", item["position"].to_string())];
        let open = self.client.get(&format!("/api/v1/sessions/{}/approvals", self.session), &as_new).await?;
        if !open["items"].as_array().into_iter().flatten().any(|question| question["id"] == approval) {
            return Ok(());
        }
        if self.manner.yes {
            return self.tell(approval, Decision::AllowOnce, None).await;
        }
        if self.manner.json || !std::io::stdin().is_terminal() {
            self.client.post(&format!("/api/v1/sessions/{}/cancel", self.session), &json!({})).await?;
            eprintln!(
                "opensail: the agent asks for approval and nobody can answer here: cancelled. Run it with --yes, or answer on a terminal."
            );
            return Ok(());
        }
        self.ask(approval.to_owned())
    }

    fn ask(&mut self, approval: String) -> Result<(), CliError> {
        let question = format!("  {} ", self.screen.paint.ink(Ink::Bold, ANSWERS));
        let prompt = Prompt::open(approval)?;
        self.screen.ask(question);
        self.asked = Some(prompt);
        Ok(())
    }

    /// `line`: none at the input's end.
    async fn answer(&mut self, line: Option<String>) -> Result<(), CliError> {
        let Some(Prompt { approval, .. }) = self.asked.take() else { return Ok(()) };
        self.screen.answered(line.is_some());
        let (decision, reason) = match line.as_deref().map(str::trim) {
            Some("") => return self.ask(approval),
            Some("y" | "yes") => (Decision::AllowOnce, None),
            Some("a" | "always") => (Decision::AllowSession, None),
            None | Some("n" | "no") => (Decision::Deny, None),
            Some(reason) => (Decision::Deny, Some(reason.to_owned())),
        };
        self.tell(&approval, decision, reason).await
    }

    /// The same answer may be given twice, so it is given again to a server that was away.
    async fn tell(&mut self, approval: &str, decision: Decision, reason: Option<String>) -> Result<(), CliError> {
        let mut tries = 0;
        loop {
            match answer(self.client, self.session, approval, decision, reason.clone()).await {
                Ok(()) => return Ok(()),
                // Somebody else was quicker; the stream tells what they said.
                Err(error) if !self.manner.json && (error.is_status(409) || error.is_status(404)) => {
                    self.screen.line(&self.screen.paint.ink(Ink::Dim, "  answered elsewhere"));
                    return Ok(());
                }
                Err(ClientError::Unreachable { .. } | ClientError::Lost { .. }) if tries < RECONNECTS => {
                    if tries == 0 && !self.manner.json {
                        self.screen.line(&self.screen.paint.ink(Ink::Dim, "  the server is away; it is told when it is back"));
                    }
                    tries += 1;
                    tokio::select! {
                        () = tokio::time::sleep(RECONNECT_PAUSE) => {}
                        _ = tokio::signal::ctrl_c() => return self.interrupted().await,
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn interrupted(&mut self) -> Result<(), CliError> {
        self.interrupts += 1;
        // The terminal has thrown away what was typed.
        self.withdraw().await;
        if self.interrupts > 1 {
            self.screen.end_text();
            return Err(CliError::Interrupted);
        }
        self.screen.line("cancelling the session; Ctrl-C again leaves at once");
        match self.client.post(&format!("/api/v1/sessions/{}/cancel", self.session), &json!({})).await {
            Ok(_) => Ok(()),
            Err(e) if e.is_status(409) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    async fn end(mut self, status: &str) -> Result<(), CliError> {
        self.withdraw().await;
        self.screen.doing(None);
        self.screen.end_text();
        self.say_what_was_not_kept().await;
        match status {
            "completed" => Ok(()),
            _ if self.interrupts > 0 => Err(CliError::Interrupted),
            status => Err(CliError::Failed(format!("the session ended as {}", status.replace('_', " ")))),
        }
    }

    /// Of the last step: where the journal lies on the disk that is full, no event told it. An ended session awaits nothing.
    async fn say_what_was_not_kept(&self) {
        let Ok(snapshots) = self.client.get(&format!("/api/v1/sessions/{}/snapshots", self.session), &[]).await else { return };
        let last = snapshots["failed"].as_array().and_then(|failed| failed.last());
        let last_failed = snapshots["complete"] == false && last.is_some_and(|last| last["call_id"].is_string());
        if !self.manner.json && (snapshots["awaited"] == true || last_failed) {
            eprintln!("opensail: the files after its last step could not be captured; undo and fork try it again");
        }
    }
}

/// Never ready while nothing is asked.
async fn typed(asked: &mut Option<Prompt>) -> Result<Option<String>, CliError> {
    match asked {
        Some(prompt) => Ok(prompt.line().await?),
        None => std::future::pending().await,
    }
}
