//! The arguments of a call, as a person reads and changes them.

use serde_json::Value;

use crate::protocol::call::parse_arguments;

/// The arguments of a call with another command line in them; whatever else it was given stays.
pub fn edited(arguments: &str, command: &str) -> String {
    let mut input = match parse_arguments(arguments) {
        Ok(Value::Object(input)) => input,
        _ => serde_json::Map::new(),
    };
    input.insert("command".to_owned(), Value::String(command.to_owned()));
    Value::Object(input).to_string()
}

/// The arguments of a call as a person reads them, one field a line.
pub fn readable_arguments(arguments: &str) -> String {
    match parse_arguments(arguments) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| arguments.to_owned()),
        Err(_) => arguments.to_owned(),
    }
}
