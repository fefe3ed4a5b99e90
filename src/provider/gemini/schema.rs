//! A JSON schema in the part of it that `parameters` of a function declaration takes. A keyword outside that part is refused
//! with the whole request, so what has no place there is left out: it only narrows what the tool itself checks anyway.

use serde_json::{Map, Value, json};

/// References are followed so deep; a schema that holds itself ends there.
const DEEPEST: usize = 12;

/// The parameters of a function; `None` for one without any, since an object without properties is refused.
pub(crate) fn parameters(schema: &Value) -> Option<Value> {
    let converted = convert(schema, schema, 0);
    let has_properties = converted.get("properties").is_some();
    (converted["type"] == "OBJECT" && has_properties).then_some(converted)
}

fn convert(schema: &Value, root: &Value, depth: usize) -> Value {
    let schema = gathered(schema, root, depth);
    let mut made = Map::new();
    let mut nullable = schema.get("nullable") == Some(&Value::Bool(true));
    let variants = variants(&schema, &mut nullable);
    if depth < DEEPEST && variants.len() == 1 {
        if let Value::Object(only) = convert(&variants[0], root, depth + 1) {
            made = only;
        }
    } else if depth < DEEPEST && variants.len() > 1 {
        let variants = variants
            .iter()
            .map(|variant| convert(variant, root, depth + 1));
        made.insert("anyOf".to_owned(), variants.collect());
    } else {
        typed(&schema, root, depth, &mut nullable, &mut made);
    }
    if let Some(description) = schema.get("description").filter(|text| text.is_string()) {
        made.insert("description".to_owned(), description.clone());
    }
    if nullable {
        made.insert("nullable".to_owned(), true.into());
    }
    Value::Object(made)
}

/// The schema with what it refers to, and all of `allOf`, in one. What stands nearer wins.
fn gathered(schema: &Value, root: &Value, depth: usize) -> Map<String, Value> {
    let mut all = schema.as_object().cloned().unwrap_or_default();
    if depth >= DEEPEST {
        return all;
    }
    let reference = all.remove("$ref");
    let target = reference
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|path| path.strip_prefix('#'))
        .and_then(|path| root.pointer(path));
    let parts = match all.remove("allOf") {
        Some(Value::Array(parts)) => parts,
        _ => Vec::new(),
    };
    for part in target.into_iter().chain(&parts) {
        for (name, value) in gathered(part, root, depth + 1) {
            match (all.get_mut(&name), value) {
                (Some(Value::Object(held)), Value::Object(more)) if name == "properties" => {
                    for (name, value) in more {
                        held.entry(name).or_insert(value);
                    }
                }
                (Some(Value::Array(held)), Value::Array(more)) if name == "required" => {
                    held.extend(more);
                }
                (Some(_), _) => {}
                (None, value) => drop(all.insert(name, value)),
            }
        }
    }
    all
}

/// What the value may be instead, without nothing at all: that it may be is said by `nullable`.
fn variants(schema: &Map<String, Value>, nullable: &mut bool) -> Vec<Value> {
    let mut variants = Vec::new();
    if let Some(Value::Array(any)) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
        variants.clone_from(any);
    } else if let Some(Value::Array(kinds)) = schema.get("type") {
        for kind in kinds {
            let mut variant = schema.clone();
            variant.remove("description");
            variant.insert("type".to_owned(), kind.clone());
            variants.push(Value::Object(variant));
        }
    }
    let before = variants.len();
    variants
        .retain(|variant| variant["type"] != "null" && variant.get("const") != Some(&Value::Null));
    *nullable |= variants.len() < before;
    variants
}

/// A schema of one kind.
fn typed(
    schema: &Map<String, Value>,
    root: &Value,
    depth: usize,
    nullable: &mut bool,
    made: &mut Map<String, Value>,
) {
    let chosen = match (schema.get("enum"), schema.get("const")) {
        (Some(Value::Array(values)), _) => values.as_slice(),
        (_, Some(value)) => std::slice::from_ref(value),
        _ => &[],
    };
    *nullable |= chosen.contains(&Value::Null);
    // Only texts may be chosen from, and no empty one.
    let words: Vec<&str> = chosen
        .iter()
        .filter_map(Value::as_str)
        .filter(|word| !word.is_empty())
        .collect();
    let kind = match schema.get("type").and_then(Value::as_str) {
        Some(kind) => kind.to_ascii_lowercase(),
        None if schema.contains_key("properties") => "object".to_owned(),
        None if schema.contains_key("items") => "array".to_owned(),
        None => "string".to_owned(),
    };
    let mut copy = |names: &[&str]| {
        for name in names {
            if let Some(value) = schema.get(*name).filter(|value| value.is_number()) {
                made.insert((*name).to_owned(), value.clone());
            }
        }
    };
    let format = schema.get("format").and_then(Value::as_str);
    let (name, formats): (&str, &[&str]) = match &*kind {
        "object" => {
            object(schema, root, depth, made);
            ("OBJECT", &[])
        }
        "array" => {
            copy(&["minItems", "maxItems"]);
            let items = schema.get("items").filter(|_| depth < DEEPEST);
            let items = items.map(|items| convert(items, root, depth + 1));
            made.insert(
                "items".to_owned(),
                items.unwrap_or_else(|| json!({"type": "STRING"})),
            );
            ("ARRAY", &[])
        }
        "integer" => {
            copy(&["minimum", "maximum"]);
            ("INTEGER", &["int32", "int64"])
        }
        "number" => {
            copy(&["minimum", "maximum"]);
            ("NUMBER", &["float", "double"])
        }
        "boolean" => ("BOOLEAN", &[]),
        _ => {
            if !words.is_empty() {
                made.insert("enum".to_owned(), words.into());
            }
            ("STRING", &["date-time"])
        }
    };
    made.insert("type".to_owned(), name.into());
    if let Some(format) = format.filter(|format| formats.contains(format)) {
        made.insert("format".to_owned(), format.into());
    }
}

fn object(schema: &Map<String, Value>, root: &Value, depth: usize, made: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    if properties.is_empty() || depth >= DEEPEST {
        return;
    }
    // A property that is required and not described is refused.
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|name| properties.contains_key(*name))
        .collect();
    let converted: Map<String, Value> = properties
        .iter()
        .map(|(name, property)| (name.clone(), convert(property, root, depth + 1)))
        .collect();
    made.insert("properties".to_owned(), Value::Object(converted));
    if !required.is_empty() {
        made.insert("required".to_owned(), required.into());
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_property_keeps_what_can_be_said() {
        let cases = [
            (json!({"type": "string"}), json!({"type": "STRING"})),
            (
                json!({"type": "string", "description": "a path", "title": "Path", "default": ".", "pattern": "^/",
                    "minLength": 1, "format": "uri", "examples": ["a"]}),
                json!({"type": "STRING", "description": "a path"}),
            ),
            (
                json!({"type": "string", "format": "date-time"}),
                json!({"type": "STRING", "format": "date-time"}),
            ),
            (
                json!({"type": "integer", "minimum": 1, "exclusiveMaximum": 9, "format": "int32"}),
                json!({"minimum": 1, "type": "INTEGER", "format": "int32"}),
            ),
            (
                json!({"type": ["string", "null"]}),
                json!({"type": "STRING", "nullable": true}),
            ),
            (
                json!({"type": ["string", "integer"], "description": "either"}),
                json!({"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}], "description": "either"}),
            ),
            (
                json!({"anyOf": [{"type": "number"}, {"type": "null"}], "description": "how much"}),
                json!({"type": "NUMBER", "description": "how much", "nullable": true}),
            ),
            (
                json!({"oneOf": [{"const": "a"}, {"type": "boolean"}]}),
                json!({"anyOf": [{"enum": ["a"], "type": "STRING"}, {"type": "BOOLEAN"}]}),
            ),
            (
                json!({"enum": ["a", "", "b", null]}),
                json!({"enum": ["a", "b"], "type": "STRING", "nullable": true}),
            ),
            (
                json!({"type": "integer", "enum": [1, 2]}),
                json!({"type": "INTEGER"}),
            ),
            (
                json!({"type": "array", "maxItems": 3, "uniqueItems": true}),
                json!({"maxItems": 3, "items": {"type": "STRING"}, "type": "ARRAY"}),
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {}}),
                json!({"type": "OBJECT"}),
            ),
            (
                json!({"$ref": "#/$defs/point", "description": "where"}),
                json!({"properties": {"x": {"type": "NUMBER"}}, "required": ["x"], "type": "OBJECT", "description": "where"}),
            ),
            (
                json!({"allOf": [{"$ref": "#/$defs/point"}, {"properties": {"y": {"type": "number"}}, "required": ["y"]}]}),
                json!({"properties": {"x": {"type": "NUMBER"}, "y": {"type": "NUMBER"}}, "required": ["x", "y"], "type": "OBJECT"}),
            ),
            (json!({"$ref": "elsewhere"}), json!({"type": "STRING"})),
            (json!(true), json!({"type": "STRING"})),
        ];
        for (property, expected) in cases {
            let schema = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object", "additionalProperties": false, "properties": {"p": property}, "required": ["p", "gone"],
                "$defs": {"point": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}},
            });
            assert_eq!(
                parameters(&schema),
                Some(json!({"properties": {"p": expected}, "required": ["p"], "type": "OBJECT"})),
                "{property}"
            );
        }
    }

    #[test]
    fn a_function_may_have_no_parameters() {
        for schema in [
            json!({"type": "object", "properties": {}, "required": []}),
            json!({"type": "object"}),
            json!({}),
            json!(null),
        ] {
            assert_eq!(parameters(&schema), None, "{schema}");
        }
    }

    #[test]
    fn a_schema_that_holds_itself_ends() {
        let tree = json!({
            "type": "object",
            "properties": {"children": {"type": "array", "items": {"$ref": "#"}}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
            "allOf": [{"$ref": "#"}],
        });
        let made = parameters(&tree).map(|made| made.to_string());
        let length = made.map_or(0, |made| made.len());
        assert!((100..200_000).contains(&length), "{length}");
    }
}
