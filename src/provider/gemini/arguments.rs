//! The arguments of a call, whole or in pieces that each name the place they belong to (`$.files[0].path`).

use serde_json::{Map, Number, Value};

/// The deepest place, and the most elements a list may get from pieces: more than any tool asks for, and little enough that
/// a broken server cannot fill the memory.
const DEEPEST: usize = 64;
const LONGEST: usize = 100_000;

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    /// Null until something came.
    value: Value,
    /// A piece could not be put in its place.
    broken: bool,
    bytes: u64,
}

enum Step {
    Key(String),
    Index(usize),
}

impl Arguments {
    /// The arguments as they came in one piece.
    pub(crate) fn whole(&mut self, value: &Value) {
        if !value.is_null() {
            self.value = value.clone();
            self.bytes = self.text().len() as u64;
        }
    }

    /// Takes one piece; a text is added to what its place holds.
    pub(crate) fn piece(&mut self, piece: &Value) {
        let value = if let Some(text) = piece["stringValue"].as_str() {
            self.bytes += text.len() as u64;
            Value::from(text)
        } else if let Some(number) = piece["numberValue"].as_number() {
            Value::from(plain(number))
        } else if let Some(yes) = piece["boolValue"].as_bool() {
            Value::from(yes)
        } else if piece.get("nullValue").is_some() {
            Value::Null
        } else {
            return;
        };
        let steps = piece["jsonPath"].as_str().and_then(steps);
        let placed = steps.is_some_and(|steps| place(&mut self.value, &steps, value).is_some());
        self.broken |= !placed;
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// How much has come.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// As JSON; empty when there are none.
    pub(crate) fn text(&self) -> String {
        match &self.value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }
}

/// A whole number as one: they all come as floats here, and tools that count take none.
fn plain(number: &Number) -> Number {
    let float = number.as_f64().unwrap_or(f64::NAN);
    // Up to 2^53 a float holds every whole number.
    if number.is_f64() && float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 {
        Number::from(float as i64)
    } else {
        number.clone()
    }
}

/// The steps of a path; `None` for one that is not understood.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() == DEEPEST {
            return None;
        }
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, tail) = after.split_at(end);
            if name.is_empty() {
                return None;
            }
            steps.push(Step::Key(name.to_owned()));
            rest = tail;
            continue;
        }
        let after = rest.strip_prefix('[')?;
        if let Some(quote) = after.chars().next().filter(|c| matches!(c, '\'' | '"')) {
            let (name, tail) = quoted(&after[1..], quote)?;
            steps.push(Step::Key(name));
            rest = tail.strip_prefix(']')?;
        } else {
            let (number, tail) = after.split_once(']')?;
            steps.push(Step::Index(number.parse().ok()?));
            rest = tail;
        }
    }
    (!steps.is_empty()).then_some(steps)
}

/// A name up to its closing quote, and what follows.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((place, c)) = chars.next() {
        match c {
            '\\' => name.push(chars.next()?.1),
            c if c == quote => return Some((name, &text[place + c.len_utf8()..])),
            c => name.push(c),
        }
    }
    None
}

/// Puts a value in its place, making what leads there; `None` where something else is.
fn place(root: &mut Value, steps: &[Step], value: Value) -> Option<()> {
    let mut here = root;
    for step in steps {
        here = match step {
            Step::Key(name) => {
                if here.is_null() {
                    *here = Value::Object(Map::new());
                }
                here.as_object_mut()?
                    .entry(name.as_str())
                    .or_insert(Value::Null)
            }
            Step::Index(index) => {
                if here.is_null() {
                    *here = Value::Array(Vec::new());
                }
                let list = here.as_array_mut()?;
                if *index >= LONGEST {
                    return None;
                }
                if *index >= list.len() {
                    list.resize(index + 1, Value::Null);
                }
                list.get_mut(*index)?
            }
        };
    }
    match (here, value) {
        (Value::String(held), Value::String(more)) => held.push_str(&more),
        (Value::Object(_) | Value::Array(_), _) => return None,
        (here, value) => *here = value,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    #[test]
    fn pieces_find_their_place() {
        let text = |path: &str, text: &str| json!({"jsonPath": path, "stringValue": text});
        let cases = [
            (vec![], String::new()),
            (
                vec![
                    text("$.path", "src/"),
                    text("$.path", "main.rs"),
                    text("$.path", ""),
                ],
                json!({"path": "src/main.rs"}).to_string(),
            ),
            (
                vec![
                    text("$.list[0].name", "a"),
                    json!({"jsonPath": "$.list[0].price", "numberValue": 0.5}),
                    json!({"jsonPath": "$.list[1].price", "numberValue": 3.0}),
                    json!({"jsonPath": "$.list[1].yes", "boolValue": true}),
                    json!({"jsonPath": "$.none", "nullValue": "NULL_VALUE"}),
                ],
                json!({"list": [{"name": "a", "price": 0.5}, {"price": 3, "yes": true}], "none": null})
                    .to_string(),
            ),
            (
                vec![text(r"$['a.b']['it\'s'][0]", "x")],
                json!({"a.b": {"it's": ["x"]}}).to_string(),
            ),
        ];
        for (pieces, expected) in cases {
            let mut arguments = Arguments::default();
            for piece in &pieces {
                arguments.piece(piece);
            }
            assert!(!arguments.is_broken(), "{pieces:?}");
            assert_eq!(arguments.text(), expected, "{pieces:?}");
        }
    }

    #[test]
    fn a_piece_without_a_place_breaks_the_arguments() {
        let deep = format!("${}", "[0]".repeat(DEEPEST + 1));
        for path in [
            "",
            "path",
            "$",
            "$.",
            "$..a",
            "$[x]",
            "$[0",
            "$['a",
            "$['a'x",
            "$[999999999]",
            "$.s.x",
            &deep,
        ] {
            let mut arguments = Arguments::default();
            arguments.piece(&json!({"jsonPath": "$.s", "stringValue": "x"}));
            arguments.piece(&json!({"jsonPath": path, "stringValue": "y"}));
            assert!(arguments.is_broken(), "{path}");
        }
    }
}
