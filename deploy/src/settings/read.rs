//! Where a setting's value comes from: the environment, then `opensail.toml`, then its default.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::catalogue::{Fallback, NOT_SERVED, OTHERS, SETTINGS, Setting};

/// Name of the file in `$OPENSAIL_HOME`.
pub const FILE: &str = "opensail.toml";

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    Environment,
    File(PathBuf),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Environment => f.write_str("environment"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// Refused at the start: which setting, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{name}: {why}")]
pub struct SettingError {
    pub name: String,
    pub why: String,
}

pub fn refuse(name: &str, why: impl Into<String>) -> SettingError {
    SettingError { name: name.into(), why: why.into() }
}

/// Raw values with their origins. No Debug: some are secret.
pub struct Values {
    given: BTreeMap<&'static str, (String, Origin)>,
}

impl Values {
    /// Reads the environment and the file in `home`; refuses names of ours that do not exist.
    pub fn read(environment: &BTreeMap<String, String>, home: &Path) -> Result<Values, SettingError> {
        let mut given = BTreeMap::new();
        for (name, value) in file(&home.join(FILE))? {
            let setting = known(&name)?.ok_or_else(|| unknown(&name))?;
            if setting.name == "OPENSAIL_HOME" {
                return Err(refuse("OPENSAIL_HOME", format!("set it in the environment; {FILE} lies in it")));
            }
            given.insert(setting.name, (value, Origin::File(home.join(FILE))));
        }
        for (name, value) in environment {
            match known(name)? {
                Some(setting) if !value.is_empty() => {
                    given.insert(setting.name, (value.clone(), Origin::Environment));
                }
                Some(_) => {}
                None if name.starts_with("OPENSAIL_") && !OTHERS.contains(&name.as_str()) => return Err(unknown(name)),
                None => {}
            }
        }
        Ok(Values { given })
    }

    /// What was set, or the fixed default; `None` for one that is computed or unset.
    pub fn get(&self, name: &'static str) -> Option<&str> {
        debug_assert!(SETTINGS.iter().any(|setting| setting.name == name));
        self.given.get(name).map(|(value, _)| value.as_str()).or_else(|| {
            SETTINGS.iter().find(|setting| setting.name == name).and_then(|setting| match setting.fallback {
                Fallback::Fixed(value) => Some(value),
                Fallback::Computed(_) | Fallback::Unset => None,
            })
        })
    }

    pub fn origin(&self, name: &str) -> Origin {
        self.given.get(name).map_or(Origin::Default, |(_, origin)| origin.clone())
    }
}

fn known(name: &str) -> Result<Option<&'static Setting>, SettingError> {
    if NOT_SERVED.contains(&name) {
        return Err(refuse(name, "belongs to deployments that this version does not serve; unset it"));
    }
    Ok(SETTINGS.iter().find(|setting| setting.name == name))
}

fn unknown(name: &str) -> SettingError {
    let closest = SETTINGS.iter().map(|setting| setting.name).min_by_key(|other| distance(name, other));
    let hint = closest.filter(|other| distance(name, other) <= 3).map_or(String::new(), |other| format!("; do you mean {other}?"));
    refuse(name, format!("there is no such setting{hint} (`opensail config` lists all)"))
}

/// Edits between two names (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let next = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

fn file(path: &Path) -> Result<Vec<(String, String)>, SettingError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(refuse(FILE, format!("{}: {e}", path.display()))),
    };
    let table: toml::Table = text.parse().map_err(|e| refuse(FILE, format!("{}: {e}", path.display())))?;
    table
        .into_iter()
        .map(|(name, value)| match value {
            toml::Value::String(text) => Ok((name, text)),
            toml::Value::Integer(number) => Ok((name, number.to_string())),
            _ => Err(refuse(&name, format!("in {} it must be a text", path.display()))),
        })
        .collect()
}
