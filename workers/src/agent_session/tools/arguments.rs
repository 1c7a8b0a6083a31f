//! The arguments of a call, checked against the tool's table: after this a tool finds nothing it does not know.

use serde_json::{Map, Value};

use super::definition::{Kind, Later, Parameter, Tool};

/// Checked arguments: every required one is there, every one has its kind, none is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// Reads what the model wrote; the error tells it every way in which that was wrong.
    pub fn parse(tool: &Tool, written: &str) -> Result<Arguments, String> {
        let value = if written.trim().is_empty() {
            Value::Object(Map::new())
        } else {
            serde_json::from_str(written).map_err(|error| {
                format!("the arguments of {} are no valid JSON ({error}); nothing was done. Call it again with one JSON object.", tool.name)
            })?
        };
        let mut wrong = Vec::new();
        let arguments = check(value, "", tool.parameters, tool.later, &mut wrong);
        if wrong.is_empty() {
            return Ok(arguments);
        }
        let names: Vec<&str> = tool.parameters.iter().map(|p| p.name).collect();
        Err(format!("{} was not run: {}. Its parameters are: {}.", tool.name, wrong.join("; "), names.join(", ")))
    }

    /// A required text; empty for an absent optional one.
    pub fn text(&self, name: &str) -> &str {
        self.optional_text(name).unwrap_or_default()
    }
    pub fn optional_text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
    pub fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(Value::as_u64)
    }
    /// A count or size that fits into memory; `otherwise` when it is absent.
    pub fn count(&self, name: &str, otherwise: usize) -> usize {
        self.number(name).map_or(otherwise, |n| usize::try_from(n).unwrap_or(usize::MAX))
    }
    pub fn flag(&self, name: &str) -> bool {
        self.optional_flag(name).unwrap_or(false)
    }
    pub fn optional_flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }
    /// Pairs in the order of their names.
    pub fn text_map(&self, name: &str) -> Vec<(String, String)> {
        let map = self.0.get(name).and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }
    pub fn list(&self, name: &str) -> Vec<Arguments> {
        let items = self.0.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(|item| item.as_object().cloned().map(Arguments)).collect()
    }
}

fn check(value: Value, at: &str, parameters: &[Parameter], later: &[Later], wrong: &mut Vec<String>) -> Arguments {
    let Value::Object(mut given) = value else {
        wrong.push(format!("{} must be a JSON object", if at.is_empty() { "the arguments" } else { at }));
        return Arguments::default();
    };
    let mut checked = Map::new();
    for parameter in parameters {
        let name = format!("{at}{}", parameter.name);
        match given.remove(parameter.name) {
            None | Some(Value::Null) if parameter.required => wrong.push(format!("{name} is missing")),
            None | Some(Value::Null) => {}
            Some(value) => {
                if let Some(value) = check_kind(value, &name, &parameter.kind, wrong) {
                    checked.insert(parameter.name.into(), value);
                }
            }
        }
    }
    for (name, value) in given {
        match later.iter().find(|later| later.name == name) {
            Some(later) if value.is_null() || asks_for_nothing(later, &value) => {}
            Some(later) => wrong.push(format!("{at}{name} is not served yet; {}", later.instead)),
            None => wrong.push(format!("{at}{name} is no parameter of it")),
        }
    }
    Arguments(checked)
}

fn asks_for_nothing(later: &Later, value: &Value) -> bool {
    let harmless = later.harmless.and_then(|fine| serde_json::from_str::<Value>(fine).ok());
    harmless.is_some_and(|fine| fine == *value)
}

fn check_kind(value: Value, name: &str, kind: &Kind, wrong: &mut Vec<String>) -> Option<Value> {
    let complaint = match (kind, value) {
        (Kind::Text, value @ Value::String(_)) | (Kind::Flag, value @ Value::Bool(_)) => return Some(value),
        (Kind::Text, _) => "must be text".into(),
        (Kind::Flag, _) => "must be true or false".into(),
        (Kind::Number { min, max }, value) => match whole(&value) {
            Some(number) if (*min..=*max).contains(&number) => return Some(number.into()),
            _ => format!("must be a whole number from {min} to {max}"),
        },
        (Kind::Choice(values), value) => match value.as_str() {
            Some(text) if values.contains(&text) => return Some(value),
            _ => format!("must be one of {}", values.join(", ")),
        },
        (Kind::TextMap, value) => match value.as_object() {
            Some(map) if map.values().all(Value::is_string) => return Some(value),
            _ => "must be an object whose values are text".into(),
        },
        (Kind::List(fields), Value::Array(items)) if !items.is_empty() => {
            let before = wrong.len();
            let items = items.into_iter().enumerate();
            let items: Vec<Value> =
                items.map(|(i, item)| Value::Object(check(item, &format!("{name}[{i}]."), fields, &[], wrong).0)).collect();
            return (wrong.len() == before).then_some(Value::Array(items));
        }
        (Kind::List(_), _) => "must be a list with at least one entry".into(),
    };
    wrong.push(format!("{name} {complaint}"));
    None
}

/// A whole number, also one written as `10.0`.
fn whole(value: &Value) -> Option<u64> {
    let fraction = |n: f64| (n.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&n)).then_some(n as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(fraction))
}
