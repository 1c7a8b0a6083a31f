//! Language models. `build` makes the one the settings ask for; behind it stand two wire protocols and a player of scripts:
//!
//! - `openai`: chat completions, of OpenAI or of anybody who speaks like it;
//! - `anthropic`: the messages API;
//! - `scripted`: answers from a file, or the built-in tour when nothing is set up.
//!
//! Both protocols stream server-sent events (`sse`) over one exchange (`exchange`) that holds every limit; `failure` turns what goes wrong
//! into the port's few kinds. Trying again is the caller's business: here one request is one attempt.

mod anthropic;
mod calls;
mod dispatch;
mod exchange;
mod failure;
mod openai;
mod price;
mod scripted;
mod settings;
mod sse;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use opensail_commands::ports::model::Model;

use self::anthropic::Anthropic;
use self::dispatch::{Dispatch, Service};
use self::openai::OpenAi;
pub use self::price::parse_price;
use self::scripted::{NAME, Scripted, script_of};
pub use self::settings::{ApiKey, ModelSettings, Provider};

/// The model that the settings ask for; an error names the variable at fault and says what to do.
pub fn build(settings: ModelSettings) -> Result<Arc<dyn Model>, String> {
    Ok(Arc::new(dispatch(settings)?))
}

fn dispatch(settings: ModelSettings) -> Result<Dispatch, String> {
    let model = settings.model.as_deref().map(str::trim).filter(|model| !model.is_empty());
    let scripted_model = model.is_none_or(|model| script_of(model).is_some());
    let provider = match settings.provider {
        Some(provider) => provider,
        None if settings.api_key.is_some() => return Err(unnamed("OPENSAIL_MODEL_API_KEY")),
        None if settings.base_url.is_some() => return Err(unnamed("OPENSAIL_MODEL_BASE_URL")),
        None if !scripted_model => return Err(unnamed("OPENSAIL_MODEL")),
        None => Provider::Scripted,
    };
    let key = settings.api_key.as_ref();
    if provider != Provider::Scripted && key.is_none() && settings.base_url.is_none() {
        return Err(
            "OPENSAIL_MODEL_API_KEY is not set: set it to the provider's key, or OPENSAIL_MODEL_BASE_URL to a server that needs none"
                .into(),
        );
    }
    let (service, default_model) = match provider {
        Provider::OpenAi => (Service::OpenAi(OpenAi::new(settings.base_url.as_deref().unwrap_or(openai::BASE_URL), key)?), named(model)?),
        Provider::Anthropic => {
            (Service::Anthropic(Anthropic::new(settings.base_url.as_deref().unwrap_or(anthropic::BASE_URL), key)?), named(model)?)
        }
        Provider::Scripted => (Service::None, NAME.to_owned()),
    };
    let scripted = Scripted { script: script(settings.script.clone(), model, provider)?, paths: settings.script_paths };
    scripted.check()?;
    Ok(Dispatch { service, scripted, default_model, price: settings.price, key: settings.api_key.clone(), settings })
}

/// With the scripted provider `OPENSAIL_MODEL` may be `scripted`, `scripted:<path>` or the path itself.
fn script(script: Option<PathBuf>, model: Option<&str>, provider: Provider) -> Result<Option<PathBuf>, String> {
    let path = match model {
        Some(model) if provider == Provider::Scripted => script_of(model).unwrap_or(Some(model.as_ref())),
        _ => None,
    };
    let script = path.map(PathBuf::from).or(script);
    match script {
        Some(path) if !path.is_absolute() => {
            Err(format!("OPENSAIL_MODEL is {:?}: name the trajectory by an absolute path", path.display().to_string()))
        }
        script => Ok(script),
    }
}

fn named(model: Option<&str>) -> Result<String, String> {
    model.map(str::to_owned).ok_or_else(|| "OPENSAIL_MODEL is not set: name the model that sessions use, as the provider writes it".into())
}

fn unnamed(variable: &str) -> String {
    format!("{variable} is set but OPENSAIL_MODEL_PROVIDER is not: set it to openai or anthropic")
}
