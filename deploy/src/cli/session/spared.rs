//! What an undo or a merge left as it is.

use serde_json::Value;

use crate::cli::paint::on_one_line;

pub fn spared(answer: &Value) {
    let list = |name: &str| answer[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let refused = list("refused");
    for path in list("spared").iter().filter_map(Value::as_str) {
        match refused.iter().find(|refused| refused["path"] == path) {
            Some(refused) => {
                tell!("could not be changed: {} ({})", on_one_line(path), why(refused["reason"].as_str().unwrap_or_default()))
            }
            None => tell!("left as it is: {}", on_one_line(path)),
        }
    }
}

fn why(reason: &str) -> &str {
    match reason {
        "not_permitted" => "its owner and mode, or a flag on it, forbid it",
        "read_only" => "it lies on something that is mounted read-only",
        "busy" => "something is mounted there, or it is a program that runs",
        "name_too_long" => "its name is too long for the file system",
        "not_a_folder" => "something that is no folder stands in the way",
        "link" => "a symbolic link stands in the way",
        other => other,
    }
}
