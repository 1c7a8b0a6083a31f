//! What is to become of files that both sides changed.

use clap::{Args, ValueEnum};

/// What is to become of files that both sides changed; those not named are shown, and nothing is done.
#[derive(Args)]
pub struct Conflicts {
    /// Paths that stay as they are
    #[arg(long, value_name = "PATH")]
    pub keep: Vec<String>,
    /// Paths that are overwritten
    #[arg(long, value_name = "PATH")]
    pub take: Vec<String>,
    /// What becomes of all others
    #[arg(long, value_enum)]
    pub on_conflict: Option<OnConflict>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    Keep,
    Take,
    /// Both sides between markers; merges of texts only
    Marked,
}

impl Conflicts {
    /// As fields of a request.
    pub fn fields(&self, marked: &[String]) -> serde_json::Value {
        let kept = self.keep.iter().map(|path| (path.clone(), "keep".into()));
        let taken = self.take.iter().map(|path| (path.clone(), "take".into()));
        let marked = marked.iter().map(|path| (path.clone(), "marked".into()));
        let mut body = serde_json::json!({});
        let decisions: serde_json::Map<String, serde_json::Value> = kept.chain(taken).chain(marked).collect();
        if !decisions.is_empty() {
            body["decisions"] = decisions.into();
        }
        if let Some(all) = self.on_conflict {
            body["on_conflict"] = match all {
                OnConflict::Keep => "keep",
                OnConflict::Take => "take",
                OnConflict::Marked => "marked",
            }
            .into();
        }
        body
    }
}
