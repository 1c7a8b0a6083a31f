//! Who looked at the audit, and for what: told once for each reader, question and hour, so that paging and watching do not flood the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AuditRead;
use crate::kernel::{AccountId, Micros, ProjectId};

/// How long one record of a reading stands for the same question of the same reader.
pub const READING_COVERS: Duration = Duration::from_secs(3600);
/// Questions of one reader that are told one by one within that time; then one record stands for all others.
pub const MAX_TOLD_READINGS: usize = 50;
/// Longer texts are no identifiers, in bytes.
const MAX_IDENTIFIER: usize = 128;

/// What was asked of the audit; absent: not narrowed by it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AuditQuestion {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Uuid>,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Micros>,
    /// Before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Micros>,
    /// Only what follows this position; told of exports, whose pages are not asked for one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Single events were asked for, each with its proof.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proofs: bool,
}

impl AuditQuestion {
    /// Nothing narrows it.
    pub fn is_for_all(&self) -> bool {
        *self == AuditQuestion::default()
    }
}

/// What stands for a text that is not told.
pub const NOT_TOLD: &str = "?";

/// An identifier as it was asked for. Any other text finds nothing and may be anything, a person's address or a token too: of it only [`NOT_TOLD`]
/// is told. Tokens and keys have capital letters, identifiers have none.
pub fn identifier(text: &str) -> String {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.:-".contains(&byte);
    if text.len() <= MAX_IDENTIFIER && text.bytes().all(fits) { text.into() } else { NOT_TOLD.into() }
}

/// The readings that still stand for others.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Readings(BTreeMap<AccountId, Vec<AuditRead>>);

impl Readings {
    /// What is to be told of a reading: nothing, where another still stands for it.
    pub(super) fn told(&self, by: AccountId, question: AuditQuestion, now: Micros) -> Option<AuditRead> {
        let standing: Vec<&AuditRead> = self.0.get(&by).into_iter().flatten().filter(|reading| stands(reading, now)).collect();
        if standing.iter().any(|reading| reading.others || reading.question == question) {
            return None;
        }
        let others = standing.len() >= MAX_TOLD_READINGS;
        let question = if others { AuditQuestion::default() } else { question };
        Some(AuditRead { by, question, others, at: now })
    }

    pub(super) fn add(&mut self, reading: &AuditRead) {
        self.0.entry(reading.by).or_default().push(reading.clone());
        self.0.retain(|_, readings| {
            readings.retain(|other| stands(other, reading.at));
            !readings.is_empty()
        });
    }
}

fn stands(reading: &AuditRead, now: Micros) -> bool {
    now < reading.at.saturating_add(READING_COVERS.as_micros() as Micros)
}
