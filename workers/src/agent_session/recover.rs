//! A call that was started by an earlier run and has no end: what happens to it depends on what it could do.

use opensail_domain::agent_session::event::{Effect, PlannedChange};
use opensail_domain::agent_session::message::CallOutcome;
use tokio::time::Instant;

use super::blobs;
use super::call::Ended;
use super::desk::Halt;
use super::run_session::Run;
use super::tools::{self, Arguments, Plan};

const IN_DOUBT: &str = "interrupted: the server stopped while this command ran, and it was not run again. It may have run in part, or to the end. \
Check what it did before you repeat it.";

impl Run {
    /// Settles the call that was under way when an earlier run ended, if there was one.
    pub(super) async fn recover(&mut self) -> Result<(), Halt> {
        let open = self.desk.core()?.calls.front().cloned();
        let (Some(open), Some(started)) = (open, self.desk.memory.started.clone()) else { return Ok(()) };
        let call = self.desk.transcript.pending.first().cloned();
        let Some(call) = call.filter(|call| open.started && call.call_id == open.name.call_id && call.call_id == started.call_id) else {
            return Ok(());
        };
        let begun = Instant::now();
        let ended = match started.effect {
            Effect::Read => self.read_again(&call.tool, &call.arguments).await?,
            Effect::Files => self.finish_files(started.changes).await?,
            Effect::Shell => Ended::told(CallOutcome::Interrupted, IN_DOUBT),
        };
        self.complete(&call, ended, begun.elapsed()).await?;
        Ok(())
    }

    async fn read_again(&mut self, tool: &str, arguments: &str) -> Result<Ended, Halt> {
        // A newer program may know the tool no more, or otherwise.
        let Some(tool) = tools::find(tool) else { return Ok(Ended::told(CallOutcome::Failed, &tools::unknown(tool))) };
        match Arguments::parse(tool, arguments) {
            Ok(arguments) => self.read(tool, arguments).await,
            Err(why) => Ok(Ended::told(CallOutcome::Failed, &why)),
        }
    }

    /// Completes the planned changes exactly; what was done already is found done.
    async fn finish_files(&self, changes: Option<Vec<PlannedChange>>) -> Result<Ended, Halt> {
        let Some(changes) = changes else {
            return Ok(Ended::told(CallOutcome::Failed, "interrupted: what it was to change was forgotten; look at the files"));
        };
        let (store, subject) = (self.hands.commands.blobs().as_ref(), self.subject()?);
        Ok(match blobs::patiently(&self.halt, || Plan::load(store, &subject, &changes)).await? {
            Ok(plan) => self.change_files(&plan).await,
            Err(why) => {
                let text = format!("interrupted: the change may have been made in part and cannot be completed ({why}); look at the files");
                Ended::told(CallOutcome::Failed, &text)
            }
        })
    }
}
