//! One tool call, from the gate to its result: recorded before it takes effect, and after.

use std::future::Future;
use std::time::Duration;

use opensail_commands::live::Call;
use opensail_commands::ports::sandbox::Sandbox;
use opensail_domain::agent_session::AgentSessionCommand;
use opensail_domain::agent_session::command::CompleteCall;
use opensail_domain::agent_session::event::{FullOutput, PlannedChange};
use opensail_domain::agent_session::message::{CallOutcome, ToolCall};
use opensail_domain::agent_session::state::OpenCall;
use opensail_domain::kernel::ApprovalId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::blobs;
use super::desk::{Halt, Sent};
use super::gate::{Gate, gate};
use super::run_session::{Run, cancel_requested};
use super::tools::{self, Arguments, Captured, Plan, Project, Shell, ShellCall, Tool, Work, capped};
use super::turn::millis;
use crate::crash::crash_point;

/// Most that is told of a result: at the start and at the end, in bytes. What is longer is kept whole beside the event.
const HEAD_BYTES: usize = 96 * 1024;
const TAIL_BYTES: usize = 16 * 1024;

/// A call that can be done, checked and worked out.
pub(super) enum Ready {
    Reads(Arguments),
    Files(Plan),
    Shell(ShellCall),
}

/// How a call ended, before it is recorded.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) outcome: CallOutcome,
    pub(super) output: Captured,
    pub(super) exit_code: Option<i32>,
}

impl Ended {
    pub(super) fn told(outcome: CallOutcome, text: &str) -> Self {
        Ended { outcome, output: capped(text, HEAD_BYTES, TAIL_BYTES), exit_code: None }
    }
    pub(super) fn of(result: Result<String, String>) -> Self {
        match result {
            Ok(text) => Ended::told(CallOutcome::Ok, &text),
            Err(text) => Ended::told(CallOutcome::Failed, &text),
        }
    }
}

impl Run {
    /// Brings the first unsettled call one step further.
    pub(super) async fn settle_next_call(&mut self) -> Result<Sent, Halt> {
        let (Some(call), Some(open)) = (self.desk.transcript.pending.first().cloned(), self.desk.core()?.calls.front().cloned()) else {
            return Err(Halt::Broken("the session's calls and its conversation do not fit".into()));
        };
        let Some(tool) = tools::find(&call.tool) else {
            return self.refuse(&call, CallOutcome::Invalid, &tools::unknown(&call.tool)).await;
        };
        let arguments = match Arguments::parse(tool, &call.arguments) {
            Ok(arguments) => arguments,
            Err(why) => return self.refuse(&call, CallOutcome::Invalid, &why).await,
        };
        if self.gate_of(tool, "", &open)? == Gate::PlanOnly {
            let why = format!("not run: this session plans only, and {} has effects; describe what you would do instead", tool.name);
            return self.refuse(&call, CallOutcome::Denied, &why).await;
        }
        let ready = match self.work_out(tool, arguments).await {
            Ok(ready) => ready,
            Err(why) => return self.refuse(&call, CallOutcome::Invalid, &format!("nothing was done: {why}")).await,
        };
        self.through_gate(tool, &call, &open, ready).await
    }

    /// Arguments to what would be done. For files that means to look at them as they are now.
    async fn work_out(&self, tool: &Tool, arguments: Arguments) -> Result<Ready, String> {
        let project = Project { files: self.hands.commands.files().as_ref(), root: &self.root };
        Ok(match &tool.work {
            Work::Reads(_) => Ready::Reads(arguments),
            Work::ChangesFiles(changes) => Ready::Files(changes.plan(project, &arguments).await?),
            Work::Shell => Ready::Shell(ShellCall::of(&self.root, &arguments)?),
        })
    }

    async fn through_gate(&mut self, tool: &Tool, call: &ToolCall, open: &OpenCall, ready: Ready) -> Result<Sent, Halt> {
        let (grant, preview) = match &ready {
            Ready::Reads(_) => (String::new(), String::new()),
            Ready::Files(plan) => (tool.name.to_owned(), plan.preview()),
            Ready::Shell(shell) => (shell.grant(), shell.preview()),
        };
        match self.gate_of(tool, &grant, open)? {
            Gate::Open { asked } => {
                let shown = self.desk.memory.asked(&call.call_id).map(|asked| asked.preview.as_str());
                if asked && shown != Some(preview.as_str()) {
                    let why = "not done: the files changed after a person agreed to this change, so it would be another one now. \
                               Read them again and repeat the call; it will be asked for anew.";
                    return self.refuse(call, CallOutcome::Denied, why).await;
                }
                self.take_effect(tool, call, ready).await
            }
            Gate::Ask => {
                let approval_id = ApprovalId(self.hands.commands.ids().next());
                let (call_id, now) = (call.call_id.clone(), self.now());
                self.desk.send(AgentSessionCommand::RequestApproval { approval_id, call_id, grant, preview, now }).await
            }
            Gate::PlanOnly => self.refuse(call, CallOutcome::Denied, "not run: this session plans only").await,
            Gate::Denied => {
                let reason = self.desk.memory.asked(&call.call_id).and_then(|asked| asked.reason.clone());
                let reason = reason.map(|reason| format!(" They said: {reason}")).unwrap_or_default();
                self.refuse(call, CallOutcome::Denied, &format!("not run: a person denied it.{reason}")).await
            }
            Gate::Unanswered => self.refuse(call, CallOutcome::Denied, "not run: nobody answered the question in time (timed_out)").await,
        }
    }

    fn gate_of(&self, tool: &Tool, grant: &str, open: &OpenCall) -> Result<Gate, Halt> {
        let core = self.desk.core()?;
        Ok(gate(core.edit_mode, tool.effect(), grant, &core.grants, open.verdict))
    }

    async fn take_effect(&mut self, tool: &Tool, call: &ToolCall, ready: Ready) -> Result<Sent, Halt> {
        let changes = match &ready {
            Ready::Files(plan) => match self.store(plan).await? {
                Ok(planned) => Some(planned),
                Err(why) => return self.refuse(call, CallOutcome::Invalid, &format!("nothing was done: {why}")).await,
            },
            Ready::Reads(_) | Ready::Shell(_) => None,
        };
        if !matches!(ready, Ready::Reads(_)) {
            self.captured().await?;
        }
        let start = AgentSessionCommand::StartCall { call_id: call.call_id.clone(), effect: tool.effect(), changes };
        let sent = self.desk.send(start).await?;
        if sent != Sent::Done {
            return Ok(sent);
        }
        crash_point!("before_effect");
        let begun = Instant::now();
        let ended = match ready {
            Ready::Reads(arguments) => self.read(tool, arguments).await?,
            Ready::Files(plan) => self.change_files(&plan).await,
            Ready::Shell(shell) => self.run_shell(&call.call_id, &shell).await?,
        };
        crash_point!("after_effect");
        let sent = self.complete(call, ended, begun.elapsed()).await;
        self.hands.commands.outputs().settle(self.desk.core()?.session_id);
        sent
    }

    async fn store(&self, plan: &Plan) -> Result<Result<Vec<PlannedChange>, String>, Halt> {
        let (store, subject) = (self.hands.commands.blobs().as_ref(), self.subject()?);
        blobs::patiently(&self.halt, || plan.store(store, &subject)).await
    }

    pub(super) async fn read(&mut self, tool: &Tool, arguments: Arguments) -> Result<Ended, Halt> {
        let Work::Reads(reads) = &tool.work else {
            return Err(Halt::Broken(format!("{} was started as a reading tool", tool.name)));
        };
        let left = self.left()?;
        let Run { hands, root, feed, halt, .. } = self;
        let project = Project { files: hands.commands.files().as_ref(), root: root.as_path() };
        tokio::select! {
            biased;
            () = halt.cancelled() => Err(Halt::Lost),
            result = reads.run(project, &arguments) => Ok(Ended::of(result)),
            () = cancel_requested(feed) => Ok(Ended::told(CallOutcome::Cancelled, "stopped: the session was cancelled")),
            () = tokio::time::sleep(left) => Ok(Ended::told(CallOutcome::TimedOut, "stopped: the session's time is used up")),
        }
    }

    /// Short, and never cut off in the middle: it is done, or undone.
    pub(super) async fn change_files(&self, plan: &Plan) -> Ended {
        let applied = plan.apply(self.hands.commands.files().as_ref(), &self.root).await;
        Ended::of(applied.map(|()| plan.story()).map_err(|error| error.to_string()))
    }

    /// Cancelling the session stops the command at once; what it printed so far is kept. When the run itself is halted the
    /// command is killed and nothing is recorded. Who watches is shown what it prints.
    async fn run_shell(&mut self, call_id: &str, call: &ShellCall) -> Result<Ended, Halt> {
        let (left, session_id) = (self.left()?, self.desk.core()?.session_id);
        let Run { hands, root, feed, halt, .. } = self;
        let sandbox: &dyn Sandbox = hands.sandbox.as_ref();
        let stop = halt.child_token();
        let outputs = hands.commands.outputs();
        let shown = |text: &str| outputs.write(session_id, Call { call_id: call_id.to_owned() }, text);
        let running = call.run(Shell { sandbox, root: root.as_path(), left, shown: &shown }, stop.clone());
        let result = stopped_by(cancel_requested(feed), &stop, running).await;
        if halt.is_cancelled() {
            return Err(Halt::Lost);
        }
        Ok(Ended { outcome: result.outcome, output: result.output, exit_code: result.exit_code })
    }

    /// Records how a call ended that was started.
    pub(super) async fn complete(&mut self, call: &ToolCall, ended: Ended, took: Duration) -> Result<Sent, Halt> {
        let Ended { outcome, mut output, exit_code } = ended;
        let full_output = match output.full.take() {
            None => None,
            Some(bytes) => {
                let (store, subject, size) = (self.hands.commands.blobs().as_ref(), self.subject()?, bytes.len() as u64);
                match blobs::patiently(&self.halt, || store.put(&subject, bytes.clone())).await? {
                    Ok(hash) => Some(FullOutput { hash: hash.0, size }),
                    Err(why) => {
                        output.text.push_str(&format!("\n[the full output could not be kept: {why}]"));
                        None
                    }
                }
            }
        };
        // A command stopped at the end of the session's time has used all of it, whatever the clocks' last millisecond says.
        let all = if outcome == CallOutcome::TimedOut && took + Duration::from_secs(1) >= self.left()? { self.left()? } else { took };
        let call_id = call.call_id.clone();
        let duration_ms = millis(took.max(all));
        let done = CompleteCall { call_id, outcome, output: output.text, full_output, exit_code, duration_ms };
        let sent = self.desk.send(AgentSessionCommand::CompleteCall(Box::new(done))).await?;
        self.capture_call(false)?;
        Ok(sent)
    }

    /// Settles a call that has no effect.
    async fn refuse(&mut self, call: &ToolCall, outcome: CallOutcome, why: &str) -> Result<Sent, Halt> {
        let output = capped(why, HEAD_BYTES, TAIL_BYTES).text;
        let call_id = call.call_id.clone();
        let done = CompleteCall { call_id, outcome, output, full_output: None, exit_code: None, duration_ms: 0 };
        self.desk.send(AgentSessionCommand::CompleteCall(Box::new(done))).await
    }

    /// The time that is left to the session's budget.
    fn left(&self) -> Result<Duration, Halt> {
        Ok(Duration::from_millis(self.desk.core()?.work_ms_left()))
    }

    /// Whose key its private things are under.
    pub(super) fn subject(&self) -> Result<String, Halt> {
        Ok(format!("session-{}", self.desk.core()?.session_id))
    }
}

/// Runs to the end, which the other future may hasten.
async fn stopped_by<T>(asked: impl Future<Output = ()>, stop: &CancellationToken, running: impl Future<Output = T>) -> T {
    tokio::pin!(running);
    tokio::select! {
        biased;
        done = &mut running => return done,
        () = asked => stop.cancel(),
    }
    running.await
}
