//! What is to become of files that both sides changed, on the wire.

use std::collections::BTreeMap;

use opensail_commands::ports::snapshots::{Choice, Choices};
use serde::Deserialize;
use utoipa::ToSchema;

/// `keep` what is there, `take` what comes, or `marked`: both between markers (merges of texts only).
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FileChoice)]
pub(super) enum ChoiceName {
    Keep,
    Take,
    Marked,
}

impl From<ChoiceName> for Choice {
    fn from(name: ChoiceName) -> Self {
        match name {
            ChoiceName::Keep => Choice::Keep,
            ChoiceName::Take => Choice::Take,
            ChoiceName::Marked => Choice::Marked,
        }
    }
}

pub(super) fn choices(paths: Option<BTreeMap<String, ChoiceName>>, rest: Option<ChoiceName>) -> Choices {
    let paths = paths.unwrap_or_default().into_iter().map(|(path, choice)| (path, choice.into())).collect();
    Choices { paths, rest: rest.map(Choice::from) }
}
