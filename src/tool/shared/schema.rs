//! The JSON schema of a tool's arguments, as small as models understand: it is paid for with every call.

use serde_json::{Map, Value, json};

use crate::protocol::call::ToolSpec;

/// One argument: its name, its JSON type (`array of` the type of what is in it), whether it must be there.
pub type Argument = (&'static str, &'static str, Need);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
}

pub fn spec(name: &str, description: &str, arguments: &[Argument]) -> ToolSpec {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, kind, need) in arguments {
        let shape = match kind.strip_prefix("array of ") {
            Some(inner) => json!({ "type": "array", "items": { "type": inner } }),
            None => json!({ "type": kind }),
        };
        properties.insert((*name).to_owned(), shape);
        if *need == Need::Required {
            required.push(Value::from(*name));
        }
    }
    ToolSpec {
        name: name.to_owned(),
        description: description.trim().replace('\n', " "),
        schema: json!({"type": "object", "properties": properties, "required": required}),
    }
}
