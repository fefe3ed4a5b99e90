//! The head of a `SKILL.md`: YAML between two lines `---`. Only what Creel uses is read; fields of other programs are passed
//! over, whatever they hold.

use serde::Deserialize;

/// More than this between the lines is no head of a skill.
const LARGEST: usize = 16 * 1024;
/// Plain values that are no text in one version of YAML or another.
const WORDS_OF_YAML: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
/// Values that aliases may repeat.
const MOST_REPLAYED: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Head {
    pub name: Option<String>,
    pub description: Option<String>,
}

/// Parts a text, with line feeds alone, into head and body.
pub fn split(text: &str) -> Result<(&str, &str), String> {
    let rest = text
        .strip_prefix("---")
        .and_then(|rest| rest.split_once('\n'))
        .filter(|(behind, _)| behind.trim().is_empty())
        .map(|(_, rest)| rest)
        .ok_or("has no front matter: expected `---` in its first line")?;
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            let (head, body) = rest.split_at(end);
            return Ok((head, body.get(line.len()..).unwrap_or_default()));
        }
        end += line.len();
    }
    Err("has no end of its front matter: expected a line `---`".to_owned())
}

impl Head {
    /// Reads the YAML; where it cannot be read, once more with plain values quoted, since `description: a: b` is a slip made
    /// everywhere.
    pub fn read(yaml: &str) -> Result<Self, String> {
        if yaml.len() > LARGEST {
            return Err(format!(
                "has a front matter of more than {} KiB",
                LARGEST / 1024
            ));
        }
        if yaml.trim().is_empty() {
            return Ok(Self {
                name: None,
                description: None,
            });
        }
        if let Some(head) = from_lines(yaml) {
            return Ok(head);
        }
        from_yaml(yaml)
            .or_else(|error| from_yaml(&quoted(yaml)).map_err(|_| error))
            .map_err(|error| {
                let why = error.to_string();
                let line = why.lines().next().unwrap_or_default();
                format!(
                    "has a front matter that is no YAML: {}",
                    line.chars().take(200).collect::<String>()
                )
            })
    }
}

/// A head that is nothing but fields with one plain value to a line, as most are: read without the library for YAML, a megabyte
/// of code that each start would otherwise hold in memory. `None` where it is more than that, or wrong.
fn from_lines(yaml: &str) -> Option<Head> {
    let mut head = Head {
        name: None,
        description: None,
    };
    let mut seen: Vec<&str> = Vec::new();
    for line in yaml.lines() {
        let (key, value) = plain_value(line)?;
        let is_text = starts_as_text(value)
            && !value.ends_with(':')
            && ![": ", " #", "\t"].iter().any(|sign| value.contains(sign))
            && !value.contains(char::is_control);
        if !is_text || !starts_as_text(key) || seen.contains(&key) {
            return None;
        }
        seen.push(key);
        match key {
            "name" => head.name = Some(value.to_owned()),
            "description" => head.description = Some(value.to_owned()),
            _ => {}
        }
    }
    Some(head)
}

/// Whether YAML takes what starts so for text, whatever its version.
fn starts_as_text(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_alphabetic())
        && !WORDS_OF_YAML
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word))
}

/// With an end to aliases of aliases, which blow a few lines up to millions of values.
fn from_yaml(yaml: &str) -> Result<Head, serde_saphyr::Error> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 64, max_aliases: 100, max_anchors: 100 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MOST_REPLAYED },
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(yaml, options)
}

/// The YAML with each plain value of a field at the margin in quotes.
fn quoted(yaml: &str) -> String {
    let mut out = String::with_capacity(yaml.len() + 16);
    for line in yaml.lines() {
        if let Some((key, value)) = plain_value(line) {
            out.push_str(key);
            out.push_str(": '");
            out.push_str(&value.replace('\'', "''"));
            out.push_str("'\n");
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// A field at the margin whose value is neither quoted nor a block, list or map.
fn plain_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(": ")?;
    let value = value.trim();
    let is_key = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let is_plain = !value.starts_with(['"', '\'', '|', '>', '[', '{', '&', '*', '!', '#']);
    (is_key && is_plain && !value.is_empty()).then_some((key, value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn heads_in_the_wild_are_read() {
        let cases = [
            ("", None, None),
            ("name: a\n", Some("a"), None),
            ("name: a\ndescription: \"b: c\"", Some("a"), Some("b: c")),
            (
                "name: a\ndescription: b: c, it's d: e",
                Some("a"),
                Some("b: c, it's d: e"),
            ),
            ("description: b # c", None, Some("b")),
            ("description: |\n  b\n  c: d\n", None, Some("b\nc: d\n")),
            (
                "name: 7\nalways: true\ntags: [a, b]\nversion: 1.2",
                Some("7"),
                None,
            ),
            (
                "name: a\nmetadata: {\"x\":{\"emoji\":\"🐙\",\"bins\":[\"gh\"]}}",
                Some("a"),
                None,
            ),
            (
                "name: a\ndescription: b: c\nmetadata:\n  {\n    \"x\":\n      { \"os\": [\"linux\", ], },\n  }",
                Some("a"),
                Some("b: c"),
            ),
            ("name: a\nallowed-tools: Bash(git:*) Read", Some("a"), None),
        ];
        for (yaml, name, description) in cases {
            assert_eq!(
                Head::read(yaml),
                Ok(Head {
                    name: name.map(str::to_owned),
                    description: description.map(str::to_owned),
                }),
                "{yaml:?}"
            );
        }
    }

    #[test]
    fn heads_of_plain_lines_say_the_same_as_yaml() {
        let plain = [
            "name: a-b\ndescription: Looks at it, it's \"b\" [c] {d} & e*; see https://x.y/z#1.\nlicense: MIT OR Apache-2.0  \n",
            "allowed-tools: Bash(git:*) Read\nname: b",
            "description: Größe \u{1f419} a:b",
        ];
        for yaml in plain {
            let read = from_lines(yaml);
            assert_eq!(read, from_yaml(yaml).ok(), "{yaml:?}");
            assert!(read.is_some(), "{yaml:?}");
        }
        let more = [
            "name: null",
            "name: True",
            "name: 7",
            "name: a\nname: b",
            "name: a\n  b",
            "description: a: b",
            "description: a # b",
            "description: a #",
            "description: a:",
            "description: 'a'",
            "name: a\n# b",
            "description:",
            "name: a\n\ndescription: b",
            "name: a\n- b: c",
            "null: a",
        ];
        for yaml in more {
            let read = from_lines(yaml);
            assert!(
                read.is_none() || read == from_yaml(yaml).ok(),
                "{yaml:?}: {read:?}"
            );
        }
        for yaml in &more[..11] {
            assert_eq!(from_lines(yaml), None, "{yaml:?}");
        }
    }

    #[test]
    fn hostile_heads_only_fail() {
        let aliases: String =
            (1..30).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |yaml, level| {
                let below = format!("*a{}", level - 1);
                let list = [below.as_str(); 9].join(",");
                format!("{yaml}a{level}: &a{level} [{list}]\n")
            });
        let cases = [
            aliases,
            "[".repeat(10_000),
            "{a: ".repeat(3_000),
            format!("a: {}", "x".repeat(20_000)),
            "- a\n- b".to_owned(),
            "name: {a: b}".to_owned(),
            "name: a\nname: b".to_owned(),
            "\0".to_owned(),
        ];
        for yaml in cases {
            match Head::read(&yaml) {
                Ok(head) => assert_eq!(head.description, None),
                Err(error) => assert!(error.len() < 400, "{error}"),
            }
        }
    }
}
