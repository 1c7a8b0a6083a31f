//! What well-known models cost. A model that is not here has no price, and a session with a money limit is refused for it, which
//! is better than a wrong bill.
//!
//! Read in November 2026 from <https://platform.claude.com/docs/en/about-claude/pricing> and
//! <https://developers.openai.com/api/docs/pricing>, standard tier, as of October 2026 and for older OpenAI models as last listed.
//! Models whose price depends on the length of the prompt (Claude Haiku 5.5, GPT-5.4 and GPT-5.5 in full size) are left out.
//! `OPENSAIL_MODEL_PRICE` serves for them.

use opensail_commands::ports::model::Price;

/// Model, then micro-dollars per million tokens: input, output, cached input. Names as the providers write them, dots as dashes.
const TABLE: &[(&str, u64, u64, u64)] = &[
    ("claude-fable-5-1", 10_000_000, 50_000_000, 250_000),
    ("claude-fable-5", 10_000_000, 50_000_000, 1_000_000),
    ("claude-opus-5-5", 4_000_000, 20_000_000, 200_000),
    ("claude-opus-5", 5_000_000, 25_000_000, 500_000),
    ("claude-opus-4-8", 5_000_000, 25_000_000, 500_000),
    ("claude-opus-4-7", 5_000_000, 25_000_000, 500_000),
    ("claude-opus-4-6", 5_000_000, 25_000_000, 500_000),
    ("claude-opus-4-5", 5_000_000, 25_000_000, 500_000),
    ("claude-opus-4-1", 15_000_000, 75_000_000, 1_500_000),
    ("claude-sonnet-5-5", 2_000_000, 10_000_000, 100_000),
    ("claude-sonnet-5", 2_000_000, 10_000_000, 200_000),
    ("claude-sonnet-4-6", 3_000_000, 15_000_000, 300_000),
    ("claude-sonnet-4-5", 3_000_000, 15_000_000, 300_000),
    ("claude-haiku-4-5", 1_000_000, 5_000_000, 100_000),
    ("gpt-5-4-mini", 750_000, 4_500_000, 75_000),
    ("gpt-5-4-nano", 200_000, 1_250_000, 20_000),
    ("gpt-5-2", 1_750_000, 14_000_000, 175_000),
    ("gpt-5-1", 1_250_000, 10_000_000, 125_000),
    ("gpt-5", 1_250_000, 10_000_000, 125_000),
    ("gpt-5-mini", 250_000, 2_000_000, 25_000),
    ("gpt-5-nano", 50_000, 400_000, 5_000),
    ("gpt-4-1", 2_000_000, 8_000_000, 500_000),
    ("gpt-4-1-mini", 400_000, 1_600_000, 100_000),
    ("gpt-4-1-nano", 100_000, 400_000, 25_000),
    ("gpt-4o", 2_500_000, 10_000_000, 1_250_000),
    ("gpt-4o-mini", 150_000, 600_000, 75_000),
    ("o3", 2_000_000, 8_000_000, 500_000),
    ("o4-mini", 1_100_000, 4_400_000, 275_000),
];

/// The listed price of a model served by its maker; a dated or `-latest` name costs what the plain name costs.
pub(super) fn listed(model: &str) -> Option<Price> {
    let model = model.replace('.', "-");
    let (_, input, output, cached) = TABLE.iter().copied().find(|(name, ..)| model.strip_prefix(name).is_some_and(is_version))?;
    Some(Price { input, output, cached })
}

/// Nothing, `-latest`, `-20250929` or `-2025-08-07`.
fn is_version(rest: &str) -> bool {
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    rest.is_empty() || rest == "-latest" || (digits == 8 && rest.starts_with('-') && rest.bytes().all(|b| b == b'-' || b.is_ascii_digit()))
}

/// `OPENSAIL_MODEL_PRICE`: `input,output[,cached]` in dollars per million tokens, at most six decimals. Without the third, cached
/// input costs as much as other input.
pub fn parse_price(text: &str) -> Result<Price, String> {
    let wrong = || {
        format!("OPENSAIL_MODEL_PRICE is {text:?}: write dollars per million tokens as input,output or input,output,cached, e.g. 3,15,0.30")
    };
    let numbers = text.split(',').map(|part| micros(part.trim())).collect::<Option<Vec<u64>>>().ok_or_else(wrong)?;
    match numbers[..] {
        [input, output] => Ok(Price { input, output, cached: input }),
        [input, output, cached] => Ok(Price { input, output, cached }),
        _ => Err(wrong()),
    }
}

/// Millionths of a decimal number, exactly.
fn micros(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 6 {
        return None;
    }
    format!("{whole}{part:0<6}").parse().ok()
}
