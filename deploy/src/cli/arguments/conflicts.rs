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
}

/// Of an undo: one side or the other.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Side {
    Keep,
    Take,
}

impl Side {
    pub const fn as_str(self) -> &'static str {
        match self {
            Side::Keep => "keep",
            Side::Take => "take",
        }
    }
}

/// Of a merge.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    Keep,
    Take,
    /// Both sides between markers; of texts only
    Marked,
}

impl OnConflict {
    pub const fn as_str(self) -> &'static str {
        match self {
            OnConflict::Keep => "keep",
            OnConflict::Take => "take",
            OnConflict::Marked => "marked",
        }
    }
}

impl Conflicts {
    /// As fields of a request. `others`: what becomes of all that are not named.
    pub fn fields(&self, marked: &[String], others: Option<&str>) -> serde_json::Value {
        let kept = self.keep.iter().map(|path| (path.clone(), "keep".into()));
        let taken = self.take.iter().map(|path| (path.clone(), "take".into()));
        let marked = marked.iter().map(|path| (path.clone(), "marked".into()));
        let mut body = serde_json::json!({});
        let decisions: serde_json::Map<String, serde_json::Value> = kept.chain(taken).chain(marked).collect();
        if !decisions.is_empty() {
            body["decisions"] = decisions.into();
        }
        if let Some(others) = others {
            body["on_conflict"] = others.into();
        }
        body
    }
}
