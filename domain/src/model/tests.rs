//! Given/when/then of the model's setup.

use super::*;
use crate::kernel::{AccountId, spec::given};
use uuid::Uuid;

const ADA: AccountId = AccountId(Uuid::from_u128(1));

fn setup(events: Vec<ModelEvent>) -> crate::kernel::spec::Given<ModelDecider> {
    given(events)
}
fn wish(name: &str, base_url: Option<&str>, key: KeyWish) -> ModelCommand {
    ModelCommand::Choose { provider: Provider::Openai, name: name.into(), base_url: base_url.map(Into::into), key, by: ADA }
}
fn chosen(name: &str, base_url: Option<&str>, key: KeyState) -> ModelEvent {
    Chosen { provider: Provider::Openai, name: name.into(), base_url: base_url.map(Into::into), key, chosen_by: ADA }.into()
}

#[test]
fn a_model_is_chosen_with_its_key_or_at_an_address_that_needs_none() {
    setup(vec![]).when(wish(" gpt-x ", None, KeyWish::Given)).then([chosen("gpt-x", None, KeyState::New)]);
    setup(vec![]).when(wish("gpt-x", None, KeyWish::AsItWas)).then_refused(ModelRejection::KeyNeeded);
    let local = "http://127.0.0.1:11434/v1";
    setup(vec![]).when(wish("llama", Some("http://127.0.0.1:11434/v1/"), KeyWish::AsItWas)).then([chosen(
        "llama",
        Some(local),
        KeyState::None,
    )]);
}

#[test]
fn a_kept_key_goes_nowhere_else() {
    let given = || vec![chosen("gpt-x", None, KeyState::New)];
    setup(given()).when(wish("gpt-y", None, KeyWish::AsItWas)).then([chosen("gpt-y", None, KeyState::Kept)]);
    setup(given()).when(wish("gpt-x", Some("https://evil.example"), KeyWish::AsItWas)).then([chosen(
        "gpt-x",
        Some("https://evil.example"),
        KeyState::None,
    )]);
    let other =
        ModelCommand::Choose { provider: Provider::Anthropic, name: "claude-x".into(), base_url: None, key: KeyWish::AsItWas, by: ADA };
    setup(given()).when(other).then_refused(ModelRejection::KeyNeeded);
    // Nor after it was away in between.
    let away = vec![chosen("gpt-x", None, KeyState::New), chosen("gpt-x", Some("https://b.example"), KeyState::None)];
    setup(away).when(wish("gpt-x", None, KeyWish::AsItWas)).then_refused(ModelRejection::KeyNeeded);
}

#[test]
fn the_same_again_is_nothing_but_a_new_key_is_something() {
    let given = || vec![chosen("gpt-x", None, KeyState::New)];
    setup(given()).when(wish("gpt-x", None, KeyWish::AsItWas)).then_nothing();
    setup(given()).when(wish("gpt-x", None, KeyWish::Given)).then([chosen("gpt-x", None, KeyState::New)]);
}

#[test]
fn names_and_addresses_are_checked() {
    for name in ["", " ", "a b", "a\u{7}", &"x".repeat(MAX_MODEL_CHARS + 1)] {
        setup(vec![]).when(wish(name, None, KeyWish::Given)).then_refused(ModelRejection::BadName);
    }
    for url in ["ftp://a", "https://", "https://u:p@a", "https://a b", "a.example", &format!("https://{}", "x".repeat(MAX_ADDRESS_CHARS))] {
        setup(vec![]).when(wish("m", Some(url), KeyWish::Given)).then_refused(ModelRejection::BadAddress);
    }
}

#[test]
fn a_choice_is_taken_back() {
    let given = vec![chosen("gpt-x", None, KeyState::New)];
    setup(given).when(ModelCommand::Clear { by: ADA }).then([Cleared { cleared_by: ADA }.into()]);
    setup(vec![]).when(ModelCommand::Clear { by: ADA }).then_nothing();
    let cleared = vec![chosen("gpt-x", None, KeyState::New), Cleared { cleared_by: ADA }.into()];
    setup(cleared).when(wish("gpt-x", None, KeyWish::AsItWas)).then_refused(ModelRejection::KeyNeeded);
}
