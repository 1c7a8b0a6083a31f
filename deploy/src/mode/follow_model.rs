//! The model that an administrator chose is taken over by every process: at the start, and when it is chosen anywhere.

use opensail_commands::Commands;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::{Filter, StreamId};
use opensail_workers::supervisor::{OnError, OnStop, Supervisor};

/// Events taken at once; each of them means the same.
const AT_ONCE: usize = 16;

/// Has taken over the choice when it answers: whoever serves or works before that would ask another model.
pub(super) async fn start(supervisor: &Supervisor, commands: &Commands, tail: &Tail) -> Result<(), String> {
    take_over(commands).await?;
    let (commands, tail) = (commands.clone(), tail.clone());
    supervisor.spawn("follow_model", OnError::Restart, OnStop::Drop, move |_| {
        let (commands, tail) = (commands.clone(), tail.clone());
        async move { follow(&commands, &tail).await }
    });
    Ok(())
}

async fn follow(commands: &Commands, tail: &Tail) -> Result<(), String> {
    let filter = Filter { streams: vec![StreamId::new("model", "default")], ..Filter::default() };
    // Before looking, so that no choice falls between.
    let mut choices = tail.subscribe(tail.position(), filter);
    loop {
        take_over(commands).await?;
        loop {
            let batch = choices.next_batch(AT_ONCE).await.map_err(|error| error.to_string())?;
            if !batch.events.is_empty() {
                break;
            }
        }
    }
}

/// A choice that cannot be used is told in the log and stops nothing; only a database that does not answer is an error.
async fn take_over(commands: &Commands) -> Result<(), String> {
    match commands.take_over_model().await {
        Err(error) if error.retryable() => Err(error.log_text()),
        Err(error) => {
            tracing::error!(error = error.log_text(), "the model that was chosen cannot be used; choose it again in the console");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
