//! A model that plays recorded answers: the built-in tour, a trajectory written by hand, or the export of a session. Which answer comes
//! is decided by the number of attempts before, so a script goes on at the right place after a crash.

mod export;
mod trajectory;

use std::path::{Path, PathBuf};
use std::time::Duration;

use opensail_commands::ports::model::{ModelError, ModelErrorKind as Kind, ModelRequest, ModelTurn};
use tokio::sync::mpsc;

use self::trajectory::{Step, parse};
use super::failure::{error, of_status};

/// The model's name; `scripted:<absolute path>` names a trajectory as well.
pub(super) const NAME: &str = "scripted";
/// Largest script, in bytes; it is read anew for each answer.
const MAX_SCRIPT_BYTES: u64 = 64 << 20;
/// The tour for a first run without a model. Its last line repeats for ever.
pub(super) const TOUR: &str = include_str!("tour.jsonl");

/// The part of a model's name that says which script, when it is a scripted model at all.
pub(super) fn script_of(model: &str) -> Option<Option<&Path>> {
    match model.strip_prefix(NAME)? {
        "" => Some(None),
        rest => rest.strip_prefix(':').map(|path| Some(Path::new(path))),
    }
}

#[derive(Default)]
pub(super) struct Scripted {
    /// Played for plain `scripted`; none: the tour.
    pub(super) script: Option<PathBuf>,
    /// Sessions may name other scripts.
    pub(super) paths: bool,
}

impl Scripted {
    /// A configured script is looked at when the server starts, not when the first session fails.
    pub(super) fn check(&self) -> Result<(), String> {
        match &self.script {
            Some(path) => std::fs::metadata(path)
                .map_err(|e| e.to_string())
                .and_then(|about| sound(about.is_file(), about.len()))
                .and_then(|()| std::fs::read(path).map_err(|e| e.to_string()))
                .map_err(|e| unreadable(path, &e))
                .and_then(|bytes| parse(&bytes, &path.display().to_string()).map(drop)),
            None => Ok(()),
        }
    }

    pub(super) async fn answer(
        &self,
        script: Option<&Path>,
        request: &ModelRequest,
        deltas: &mpsc::Sender<String>,
    ) -> Result<ModelTurn, ModelError> {
        let path = match script {
            Some(_) if !self.paths => {
                return Err(error(Kind::BadRequest, "sessions cannot name a trajectory here; use the model `scripted`"));
            }
            Some(path) if !path.is_absolute() => {
                return Err(error(Kind::BadRequest, format!("scripted:{}: name the trajectory by an absolute path", path.display())));
            }
            Some(path) => Some(path),
            None => self.script.as_deref(),
        };
        play(step(path, request.attempt_index).await?, deltas).await
    }
}

/// The step of this attempt.
async fn step(path: Option<&Path>, attempt: u64) -> Result<Step, ModelError> {
    let (name, bytes) = match path {
        Some(path) => (path.display().to_string(), read(path).await.map_err(|e| error(Kind::BadRequest, unreadable(path, &e)))?),
        None => ("the built-in tour".into(), TOUR.as_bytes().to_vec()),
    };
    let mut steps = parse(&bytes, &name).map_err(|e| error(Kind::BadRequest, e))?;
    let count = steps.len();
    let index = usize::try_from(attempt).unwrap_or(usize::MAX);
    match index {
        index if index < count => Ok(steps.swap_remove(index)),
        _ if path.is_none() && count > 0 => Ok(steps.swap_remove(count - 1)),
        _ => Err(error(
            Kind::ScriptEnded,
            format!("{name} has {count} turns and this is attempt {}: nothing is left to play", attempt.saturating_add(1)),
        )),
    }
}

async fn read(path: &Path) -> Result<Vec<u8>, String> {
    let about = tokio::fs::metadata(path).await.map_err(|e| e.to_string())?;
    sound(about.is_file(), about.len())?;
    tokio::fs::read(path).await.map_err(|e| e.to_string())
}

fn sound(is_file: bool, bytes: u64) -> Result<(), String> {
    match (is_file, bytes) {
        (false, _) => Err("it is not a file".into()),
        (true, ..=MAX_SCRIPT_BYTES) => Ok(()),
        (true, _) => Err("it is larger than 64 MiB".into()),
    }
}

fn unreadable(path: &Path, why: &str) -> String {
    format!("the trajectory {} cannot be read: {why}", path.display())
}

async fn play(step: Step, deltas: &mpsc::Sender<String>) -> Result<ModelTurn, ModelError> {
    if step.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(step.delay_ms)).await;
    }
    for word in step.text.split_inclusive(char::is_whitespace) {
        // Nobody listening is no error.
        let _ = deltas.send(word.into()).await;
    }
    if let Some(failure) = step.failure {
        return Err(of_status(NAME, failure.status, failure.retry_after, &failure.message));
    }
    if step.text.trim().is_empty() && step.calls.is_empty() {
        return Err(error(Kind::EmptyAnswer, "the script's turn holds neither text nor a tool call"));
    }
    Ok(ModelTurn { text: step.text, calls: step.calls, model: NAME.into(), tokens: step.tokens, truncated: false })
}
