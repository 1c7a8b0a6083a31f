//! `opensail config`: every setting, its value, where that comes from, its default.

use serde_json::json;

use super::CliError;
use crate::settings::catalogue::{Fallback, SETTINGS};
use crate::settings::read::{Origin, Values};
use crate::settings::{self};

pub fn config(as_json: bool) -> Result<(), CliError> {
    let environment = settings::environment();
    let usage = |e: settings::read::SettingError| CliError::Usage(e.to_string());
    let home = settings::home(&environment).map_err(usage)?;
    let values = Values::read(&environment, &home).map_err(usage)?;
    for setting in SETTINGS {
        let default = match setting.fallback {
            Fallback::Fixed(value) => value.to_string(),
            Fallback::Computed(how) => format!("({how})"),
            Fallback::Unset => "(unset)".into(),
        };
        let origin = values.origin(setting.name);
        let value = match values.get(setting.name) {
            _ if setting.name == "OPENSAIL_HOME" => home.display().to_string(),
            Some(_) if setting.secret => "(set, not shown)".into(),
            Some(value) => value.to_string(),
            None => default.clone(),
        };
        if as_json {
            let line =
                json!({ "name": setting.name, "value": value, "source": origin.to_string(), "default": default, "help": setting.help });
            tell!("{line}");
        } else {
            let source = if origin == Origin::Default { String::new() } else { format!("  [{origin}; default {default}]") };
            tell!("{:<24} {value}{source}\n{:<24} {}", setting.name, "", setting.help);
        }
    }
    // Read as the server would, so that a bad value is refused here too.
    settings::Settings::read(&environment).map_err(usage)?;
    Ok(())
}
