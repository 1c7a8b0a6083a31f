use opensail_commands::ports::model::Price;

use super::super::{dispatch, parse_price};
use super::*;

fn refused(settings: ModelSettings) -> String {
    build(settings).err().expect("the settings are refused")
}

fn key() -> Option<ApiKey> {
    Some(ApiKey::new(KEY).expect("a sound key"))
}

#[test]
fn refusals_name_the_variable() {
    let base = |url: &str| ModelSettings { base_url: Some(url.into()), ..settings(Provider::OpenAi, "") };
    let empty = ModelSettings::default;
    for (settings, says) in [
        (ModelSettings { api_key: key(), ..empty() }, "OPENSAIL_MODEL_PROVIDER is not"),
        (ModelSettings { model: Some("gpt-5".into()), ..empty() }, "OPENSAIL_MODEL_PROVIDER is not"),
        (ModelSettings { base_url: Some("http://localhost:1".into()), ..empty() }, "OPENSAIL_MODEL_PROVIDER is not"),
        (ModelSettings { provider: Some(Provider::OpenAi), model: Some("gpt-5".into()), ..empty() }, "OPENSAIL_MODEL_API_KEY is not set"),
        (ModelSettings { model: None, ..base("http://localhost:1") }, "OPENSAIL_MODEL is not set"),
        (base("localhost:1234"), "OPENSAIL_MODEL_BASE_URL"),
        (base("nonsense"), "OPENSAIL_MODEL_BASE_URL"),
        (base("ftp://a.example"), "OPENSAIL_MODEL_BASE_URL"),
        (base("https://me:secret@a.example/"), "OPENSAIL_MODEL_BASE_URL"),
        (base("https://a.example/?key=1"), "OPENSAIL_MODEL_BASE_URL"),
        (ModelSettings { script: Some("/does/not/exist".into()), ..empty() }, "/does/not/exist"),
        (ModelSettings { provider: Some(Provider::Scripted), model: Some("a.jsonl".into()), ..empty() }, "absolute path"),
    ] {
        let said = refused(settings);
        assert!(said.contains(says), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
    assert!("gemini".parse::<Provider>().expect_err("unknown").contains("OPENSAIL_MODEL_PROVIDER"));
    assert_eq!("anthropic".parse(), Ok(Provider::Anthropic));
    for bad in ["", " \n", "a b", "ключ"] {
        assert!(ApiKey::new(bad).err().expect("refused").contains("OPENSAIL_MODEL_API_KEY"));
    }
    assert!(ApiKey::new("sk-1\n").is_ok());
}

#[tokio::test]
async fn a_script_may_be_the_configured_model_or_stand_beside_a_provider() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.jsonl");
    std::fs::write(&path, "{\"text\": \"mine\"}\n").expect("written");
    let name = path.display().to_string();
    let asked = |model: &str| ModelRequest { model: model.into(), ..request() };
    for model in [name.clone(), format!("scripted:{name}")] {
        let model =
            build(ModelSettings { provider: Some(Provider::Scripted), model: Some(model), ..ModelSettings::default() }).expect("sound");
        assert_eq!(model.default_model(), "scripted");
        assert_eq!(turn(&*model, asked("scripted")).await.0.expect("an answer").text, "mine");
    }
    let beside = build(ModelSettings { script_paths: true, ..settings(Provider::Anthropic, "http://127.0.0.1:9") }).expect("sound");
    assert_eq!(beside.default_model(), "some-model");
    assert_eq!(turn(&*beside, asked(&format!("scripted:{name}"))).await.0.expect("an answer").text, "mine");
    std::fs::write(&path, "{\"text\": \"mine\"}\nnonsense\n").expect("written");
    assert!(refused(ModelSettings { script: Some(path), ..ModelSettings::default() }).contains("s.jsonl, line 2:"));
}

#[test]
fn prices_are_listed_for_the_makers_own_service_only() {
    let at = |provider, base_url: Option<&str>, price| {
        let base_url = base_url.map(str::to_owned);
        dispatch(ModelSettings {
            provider: Some(provider),
            base_url,
            api_key: key(),
            model: Some("some-model".into()),
            price,
            ..ModelSettings::default()
        })
        .expect("sound")
    };
    let price = |input, output, cached| Some(Price { input, output, cached });
    let own = at(Provider::Anthropic, None, None);
    assert_eq!(own.price("claude-sonnet-4.6"), price(3_000_000, 15_000_000, 300_000));
    assert_eq!(own.price("claude-sonnet-4-5-20250929"), price(3_000_000, 15_000_000, 300_000));
    assert_eq!(own.price("claude-opus-4-5"), price(5_000_000, 25_000_000, 500_000));
    for unknown in ["claude-sonnet-4-9", "claude-sonnet-4-5-preview", "scripted", "", "gpt-5-turbo", "gpt-5-4"] {
        assert_eq!(own.price(unknown), None, "{unknown}");
    }
    let openai = at(Provider::OpenAi, Some("https://api.openai.com/v1/"), None);
    assert_eq!(openai.price("gpt-5-mini-2025-08-07"), price(250_000, 2_000_000, 25_000));
    assert_eq!(at(Provider::OpenAi, Some("http://127.0.0.1:9"), None).price("gpt-5"), None);
    let set = at(Provider::OpenAi, Some("http://127.0.0.1:9"), price(1, 2, 3));
    assert_eq!((set.price("some-model"), set.price("gpt-5")), (price(1, 2, 3), None));
}

#[test]
fn a_price_is_written_in_dollars() {
    let price = |input, output, cached| Ok(Price { input, output, cached });
    assert_eq!(parse_price("3,15,0.30"), price(3_000_000, 15_000_000, 300_000));
    assert_eq!(parse_price(" 0.000001 , 2 "), price(1, 2_000_000, 1));
    for bad in ["", "3", "3,15,1,1", "3,-1", "3,x", "3,1.", ".5,1", "1.0000001,1", "1e3,1", "3,,1", "99999999999999999999,1"] {
        assert!(parse_price(bad).expect_err("refused").contains("OPENSAIL_MODEL_PRICE"), "{bad}");
    }
}
