//! Spawns every background task of the process, by name and with a policy; no panic is silent.
//!
//! Stopping is like a crash, but tidy: the tasks are told by a token, have a little time to let go of what they hold, and are
//! then dropped. What they were doing is taken up again at the next start.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Pauses before a task is started again: the first, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A task that ran this long begins again with the first pause.
const SETTLED: Duration = Duration::from_secs(60);

/// What ends a task's attempt.
pub type TaskResult = Result<(), String>;

/// What happens when a task returns an error or panics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnError {
    /// Log it and start the task again, later and later.
    Restart,
    /// Log it and stop the whole process's work: it makes no sense without this task.
    StopAll,
}

/// What happens when the process is told to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnStop {
    /// The task watches its token and has the grace to end by itself.
    Finish,
    /// The task holds nothing and is dropped.
    Drop,
}

type Task = dyn Fn(CancellationToken) -> Pin<Box<dyn Future<Output = TaskResult> + Send>> + Send + Sync;

/// The tasks of a process. Clones share them.
#[derive(Clone)]
pub struct Supervisor {
    stop: CancellationToken,
    tasks: Arc<Mutex<JoinSet<()>>>,
    restarts: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Default for Supervisor {
    fn default() -> Self {
        Supervisor::new(CancellationToken::new())
    }
}

impl Supervisor {
    /// Tasks stop when the token is cancelled.
    pub fn new(stop: CancellationToken) -> Self {
        Supervisor { stop, tasks: Arc::default(), restarts: Arc::default() }
    }

    /// Starts a task; `start` makes a new attempt each time.
    pub fn spawn<F, R>(&self, name: &'static str, on_error: OnError, on_stop: OnStop, start: F)
    where
        F: Fn(CancellationToken) -> R + Send + Sync + 'static,
        R: Future<Output = TaskResult> + Send + 'static,
    {
        let start: Arc<Task> = Arc::new(move |stop| Box::pin(start(stop)));
        let (stop, restarts) = (self.stop.clone(), self.restarts.clone());
        let task = async move {
            let keep = keep_running(name, on_error, stop.clone(), restarts, start);
            match on_stop {
                OnStop::Finish => keep.await,
                OnStop::Drop => tokio::select! {
                    () = stop.cancelled() => {}
                    () = keep => {}
                },
            }
        };
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }

    /// The token that tells every task to stop.
    pub fn token(&self) -> &CancellationToken {
        &self.stop
    }

    /// How often each task had to be started again.
    pub fn restarts(&self) -> BTreeMap<&'static str, u64> {
        self.restarts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells all tasks to stop, waits for them up to `grace` and drops the rest.
    pub async fn stop(&self, grace: Duration) {
        self.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            tracing::warn!(left = tasks.len(), "tasks did not end in time and are dropped");
            tasks.shutdown().await;
        }
    }
}

async fn keep_running(
    name: &'static str,
    on_error: OnError,
    stop: CancellationToken,
    restarts: Arc<Mutex<BTreeMap<&'static str, u64>>>,
    start: Arc<Task>,
) {
    let mut pause = FIRST_PAUSE;
    while !stop.is_cancelled() {
        let begun = Instant::now();
        // The task owns its state and is made anew, so nothing broken is seen again.
        match std::panic::AssertUnwindSafe(start(stop.clone())).catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => tracing::error!(task = name, error, "a task failed"),
            Err(panic) => tracing::error!(task = name, panic = panic_text(panic.as_ref()), "a task panicked"),
        }
        if on_error == OnError::StopAll {
            stop.cancel();
            return;
        }
        *restarts.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        if begun.elapsed() >= SETTLED {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

/// What a panic said, as far as it said it in words.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_panic_and_an_error_are_followed_by_another_attempt() {
        let supervisor = Supervisor::default();
        let attempts = Arc::new(AtomicU64::new(0));
        let (done, finished) = tokio::sync::watch::channel(false);
        let counted = attempts.clone();
        supervisor.spawn("flaky", OnError::Restart, OnStop::Drop, move |_| {
            let (attempt, done) = (counted.fetch_add(1, Ordering::SeqCst), done.clone());
            async move {
                match attempt {
                    0 => panic!("first"),
                    1 => Err("second".into()),
                    _ => {
                        done.send_replace(true);
                        Ok(())
                    }
                }
            }
        });
        finished.clone().wait_for(|done| *done).await.expect("the task ran");
        assert_eq!(attempts.load(Ordering::SeqCst), 3);
        assert_eq!(supervisor.restarts().get("flaky"), Some(&2));
    }

    #[tokio::test]
    async fn a_task_that_all_depends_on_stops_all() {
        let supervisor = Supervisor::default();
        supervisor.spawn("base", OnError::StopAll, OnStop::Drop, |_| async { Err("gone".into()) });
        supervisor.token().cancelled().await;
    }

    #[tokio::test]
    async fn stopping_lets_tasks_finish_and_drops_those_that_do_not() {
        let supervisor = Supervisor::default();
        let tidied = Arc::new(AtomicU64::new(0));
        let begun = Arc::new(tokio::sync::Notify::new());
        let (count, begins) = (tidied.clone(), begun.clone());
        supervisor.spawn("tidy", OnError::Restart, OnStop::Finish, move |stop| {
            let (count, begins) = (count.clone(), begins.clone());
            async move {
                begins.notify_one();
                stop.cancelled().await;
                count.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        });
        supervisor.spawn("stubborn", OnError::Restart, OnStop::Finish, |_| std::future::pending());
        begun.notified().await;
        supervisor.stop(Duration::from_millis(50)).await;
        assert_eq!(tidied.load(Ordering::SeqCst), 1);
    }
}
