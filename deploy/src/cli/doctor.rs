//! `opensail doctor`: the findings, and exit code 1 when one is bad.

use super::CliError;
use super::paint::{Ink, Paint};
use crate::operations::doctor::{Verdict, examine};
use crate::settings::{self, Settings};

pub async fn doctor(as_json: bool) -> Result<(), CliError> {
    let settings = Settings::read(&settings::environment()).map_err(|e| CliError::Usage(e.to_string()))?;
    let paint = Paint::for_stdout();
    let findings = examine(&settings).await;
    for finding in &findings {
        if as_json {
            tell!("{}", serde_json::to_string(finding).map_err(|e| CliError::Failed(e.to_string()))?);
            continue;
        }
        let mark = match finding.verdict {
            Verdict::Good => paint.ink(Ink::Green, "✓"),
            Verdict::Weak => paint.ink(Ink::Yellow, "!"),
            Verdict::Bad => paint.ink(Ink::Red, "✗"),
        };
        tell!("{mark} {:<12} {}", finding.what, finding.says);
        if let Some(remedy) = &finding.remedy {
            tell!("  {:<12} {}", "", paint.ink(Ink::Yellow, remedy));
        }
    }
    match findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count() {
        0 => Ok(()),
        bad => Err(CliError::Failed(format!("{bad} of {} findings are bad", findings.len()))),
    }
}
