//! The arguments of one call, read leniently where nothing can be misunderstood: numbers and flags may come as text, absent
//! and null are the same, and the names other tools use for the same thing are understood.

use serde_json::Value;

/// What models trained on other tools call our arguments.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("path", &["file_path", "filePath"]),
    ("old_string", &["oldString", "old_str"]),
    ("new_string", &["newString", "new_str"]),
    ("replace_all", &["replaceAll"]),
    ("command", &["cmd"]),
    ("ignore_case", &["-i"]),
    ("context", &["-C"]),
];

/// The arguments of one call. Every error names the argument and is meant for the model.
#[derive(Debug, Clone, Copy)]
pub struct Arguments<'a> {
    input: &'a Value,
}

impl<'a> Arguments<'a> {
    pub fn of(input: &'a Value) -> Self {
        Self { input }
    }

    fn value(self, name: &str) -> Option<&'a Value> {
        let others = OTHER_NAMES
            .iter()
            .find(|(ours, _)| *ours == name)
            .map_or(&[][..], |(_, others)| others);
        std::iter::once(&name)
            .chain(others)
            .find_map(|name| self.input.get(*name))
            .filter(|value| !value.is_null())
    }

    /// A text that must be there, though it may be empty.
    pub fn text(self, name: &str) -> Result<&'a str, String> {
        self.optional_text(name)?
            .ok_or_else(|| format!("`{name}` is missing"))
    }

    pub fn optional_text(self, name: &str) -> Result<Option<&'a str>, String> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(format!("`{name}` must be a string, not {}", kind(other))),
        }
    }

    /// A list of texts; absent is empty, and one text alone is a list of one.
    pub fn texts(self, name: &str) -> Result<Vec<&'a str>, String> {
        let values = match self.value(name) {
            None => return Ok(Vec::new()),
            Some(Value::String(text)) => return Ok(vec![text]),
            Some(Value::Array(values)) => values,
            Some(other) => {
                return Err(format!(
                    "`{name}` must be a list of strings, not {}",
                    kind(other)
                ));
            }
        };
        let texts = values.iter().map(|value| {
            value.as_str().ok_or_else(|| {
                format!("`{name}` must be a list of strings, not of {}", kind(value))
            })
        });
        texts.collect()
    }

    /// A whole number from 0.
    pub fn count(self, name: &str) -> Result<Option<u64>, String> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let count = match value {
            Value::Number(number) => number
                .as_u64()
                .or_else(|| number.as_f64().and_then(whole_number)),
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        count
            .map(Some)
            .ok_or_else(|| format!("`{name}` must be a whole number from 0, not {value}"))
    }

    /// Yes or no; absent is no.
    pub fn flag(self, name: &str) -> Result<bool, String> {
        match self.value(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.is_empty() || text.eq_ignore_ascii_case("false") => {
                Ok(false)
            }
            Some(other) => Err(format!("`{name}` must be true or false, not {other}")),
        }
    }
}

/// Some models send every number with a fraction of zero.
fn whole_number(number: f64) -> Option<u64> {
    // 2^53: up to here every whole number has a float of its own.
    let exact = (0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    exact.then_some(number as u64)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_taken_in_every_honest_form() {
        let cases = [
            (json!({}), Ok(None)),
            (json!({"n": null}), Ok(None)),
            (json!({"n": 7}), Ok(Some(7))),
            (json!({"n": "7"}), Ok(Some(7))),
            (json!({"n": " 7 "}), Ok(Some(7))),
            (json!({"n": ""}), Ok(None)),
            (json!({"n": 7.0}), Ok(Some(7))),
            (
                json!({"n": -1}),
                Err("`n` must be a whole number from 0, not -1"),
            ),
            (
                json!({"n": 1.5}),
                Err("`n` must be a whole number from 0, not 1.5"),
            ),
            (
                json!({"n": 1e300}),
                Err("`n` must be a whole number from 0, not 1e+300"),
            ),
            (
                json!({"n": "x"}),
                Err("`n` must be a whole number from 0, not \"x\""),
            ),
            (
                json!({"n": [1]}),
                Err("`n` must be a whole number from 0, not [1]"),
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(
                Arguments::of(&input).count("n"),
                expected.map_err(str::to_owned),
                "{input}"
            );
        }
    }

    #[test]
    fn texts_and_flags_are_named_when_wrong() {
        let input = json!({"file_path": "a", "command": ["ls"], "replace_all": "True", "x": 1});
        let arguments = Arguments::of(&input);
        assert_eq!(arguments.text("path"), Ok("a"));
        assert_eq!(
            arguments.text("command"),
            Err("`command` must be a string, not an array".to_owned())
        );
        assert_eq!(
            arguments.text("pattern"),
            Err("`pattern` is missing".to_owned())
        );
        assert_eq!(arguments.flag("replace_all"), Ok(true));
        assert_eq!(arguments.flag("ignore_case"), Ok(false));
        assert_eq!(
            arguments.flag("x"),
            Err("`x` must be true or false, not 1".to_owned())
        );
        assert_eq!(
            Arguments::of(&json!([1])).text("path"),
            Err("`path` is missing".to_owned())
        );
    }
}
