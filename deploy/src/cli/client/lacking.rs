//! Answers that lack something, because a view has set a stream aside.

use crate::cli::paint::on_one_line;

/// What a member of `OpenSail-Parked` says.
pub(super) fn lacks(member: &str) -> String {
    let mut parts = member.split(';');
    let stream = on_one_line(parts.next().unwrap_or_default());
    let parameters: Vec<_> = parts.filter_map(|part| part.split_once('=')).collect();
    let of = |name: &str| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| on_one_line(value)).unwrap_or_default();
    match stream.as_str() {
        "more" => format!("and so for {} more streams", of("streams")),
        stream => format!(
            "not all is shown: {stream} is told as it was before position {}, or not at all; opensail projection parked says why ({})",
            of("position"),
            of("view")
        ),
    }
}
