//! Differences of two contents as people and models read them.

use similar::TextDiff;

/// Longest diff shown, in bytes; the rest is counted.
const MAX_DIFF_BYTES: usize = 32 * 1024;
/// Larger contents are not compared line by line.
const MAX_COMPARED_BYTES: usize = 2 * 1024 * 1024;

/// A unified diff; `None` stands for a file that does not exist.
pub(super) fn unified(path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> String {
    let (old, new) = (before.unwrap_or_default(), after.unwrap_or_default());
    let (Ok(old_text), Ok(new_text)) = (std::str::from_utf8(old), std::str::from_utf8(new)) else {
        return format!("{path}: binary, {} bytes before, {} after\n", old.len(), new.len());
    };
    if old.len() + new.len() > MAX_COMPARED_BYTES {
        return format!("{path}: too long to compare, {} bytes before, {} after\n", old.len(), new.len());
    }
    let old_name = before.map_or_else(|| "/dev/null".into(), |_| format!("a/{path}"));
    let new_name = after.map_or_else(|| "/dev/null".into(), |_| format!("b/{path}"));
    let diff = TextDiff::from_lines(old_text, new_text);
    let mut text = diff.unified_diff().context_radius(3).header(&old_name, &new_name).to_string();
    if text.len() > MAX_DIFF_BYTES {
        let mut end = MAX_DIFF_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let left_out = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("\n[… {left_out} bytes of the diff left out]\n"));
    }
    text
}
