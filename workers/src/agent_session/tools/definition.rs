//! What a tool is called, takes and does; the model's JSON Schema and the check of its arguments come from the same table.

use opensail_commands::ports::model::ToolSpec;
use opensail_domain::agent_session::event::Effect;
use serde_json::{Map, Value, json};

use super::{ChangesFiles, Reads};

pub struct Tool {
    pub name: &'static str,
    pub about: &'static str,
    pub parameters: &'static [Parameter],
    /// Named by the contract, not served yet.
    pub later: &'static [Later],
    pub work: Work,
}

pub enum Work {
    Reads(&'static dyn Reads),
    ChangesFiles(&'static dyn ChangesFiles),
    Shell,
}

pub struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub about: &'static str,
}

pub enum Kind {
    Text,
    Flag,
    Number {
        min: u64,
        max: u64,
    },
    Choice(&'static [&'static str]),
    /// An object whose values are text.
    TextMap,
    /// A list of objects.
    List(&'static [Parameter]),
}

pub struct Later {
    pub name: &'static str,
    /// A value that asks for nothing beyond what is served, as JSON; it is taken.
    pub harmless: Option<&'static str>,
    /// What to do instead.
    pub instead: &'static str,
}

/// A parameter that must be given.
pub(super) const fn needed(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, kind, required: true, about }
}

/// A parameter that may be left out.
pub(super) const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, kind, required: false, about }
}

impl Tool {
    /// What a call of it can do.
    pub const fn effect(&self) -> Effect {
        match self.work {
            Work::Reads(_) => Effect::Read,
            Work::ChangesFiles(_) => Effect::Files,
            Work::Shell => Effect::Shell,
        }
    }

    pub fn spec(&self) -> ToolSpec {
        ToolSpec { name: self.name.into(), description: self.about.into(), parameters: object(self.parameters) }
    }
}

fn object(parameters: &[Parameter]) -> Value {
    let properties: Map<String, Value> = parameters.iter().map(|p| (p.name.to_owned(), schema(p))).collect();
    let required: Vec<&str> = parameters.iter().filter(|p| p.required).map(|p| p.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn schema(parameter: &Parameter) -> Value {
    let mut schema = match &parameter.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Choice(values) => json!({ "type": "string", "enum": values }),
        Kind::TextMap => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::List(fields) => json!({ "type": "array", "minItems": 1, "items": object(fields) }),
    };
    schema["description"] = parameter.about.into();
    schema
}
