//! Skills: instructions kept as a folder with a `SKILL.md`, listed by name and put into a prompt by the person. A skill is
//! text and nothing in it is run; what lies beside its `SKILL.md` is not read here.

pub mod folder;
pub mod frontmatter;

use std::path::PathBuf;

use crate::agent::visible;
use crate::skill::frontmatter::{Head, split};

/// A longer `SKILL.md` is not read.
pub const LARGEST: usize = 256 * 1024;

const LONGEST_NAME: usize = 64;
const LONGEST_DESCRIPTION: usize = 1024;
/// The form's own advice for a body.
const ADVISED_LINES: usize = 500;

const SHIPPED: [(&str, &str); 1] = [(
    "review-changes",
    include_str!("../../skills/review-changes/SKILL.md"),
)];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// Always the name of its folder.
    pub name: String,
    /// What it does and when to use it, on one line.
    pub description: String,
    /// The instructions: all below the front matter.
    pub body: String,
    pub source: Source,
    /// What is wrong with it, though it can be used.
    pub problems: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Comes with Creel.
    Shipped,
    /// This file.
    File(PathBuf),
}

/// The skills that come with Creel.
pub fn shipped() -> Vec<Skill> {
    SHIPPED
        .iter()
        .filter_map(|(name, text)| parse(name, text, Source::Shipped).ok())
        .collect()
}

/// Reads the text of a `SKILL.md` in a folder of this name. Strict where a skill could mislead, lenient elsewhere: the error
/// says why there is no skill in it.
pub fn parse(folder: &str, text: &str, source: Source) -> Result<Skill, String> {
    if text.len() > LARGEST {
        return Err(format!("is longer than {} KiB", LARGEST / 1024));
    }
    let text = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n");
    // What a person cannot see, a model still reads.
    if let Some((number, c)) = hidden(&text) {
        return Err(format!(
            "holds a character that cannot be seen (U+{:04X} in line {number})",
            u32::from(c)
        ));
    }
    if !is_name(folder) {
        return Err(format!(
            "lies in a folder that is no skill name: expected up to {LONGEST_NAME} small letters, digits and single hyphens"
        ));
    }
    let (head, body) = split(&text)?;
    let Head { name, description } = Head::read(head)?;
    let description = description
        .map(|text| visible::one_line(&text))
        .filter(|text| !text.is_empty())
        .ok_or("has no `description` in its front matter")?;
    let body = body.trim();
    if body.is_empty() {
        return Err("has no instructions below its front matter".to_owned());
    }
    let mut problems = Vec::new();
    match name {
        None => problems.push("has no `name`; its folder's is used".to_owned()),
        Some(name) if name != folder => problems.push(format!(
            "is named `{}`; its folder's name is used",
            visible::one_line(&name)
                .chars()
                .take(LONGEST_NAME)
                .collect::<String>()
        )),
        Some(_) => {}
    }
    let description = match description.char_indices().nth(LONGEST_DESCRIPTION) {
        Some((end, _)) => {
            problems.push(format!(
                "has a description of more than {LONGEST_DESCRIPTION} characters; the rest is left out"
            ));
            description[..end].to_owned()
        }
        None => description,
    };
    if body.lines().count() > ADVISED_LINES {
        problems.push(format!(
            "has more than {ADVISED_LINES} lines of instructions"
        ));
    }
    Ok(Skill {
        name: folder.to_owned(),
        description,
        body: body.to_owned(),
        source,
        problems,
    })
}

/// The first character that `visible::clean` would take away, and its line.
fn hidden(text: &str) -> Option<(usize, char)> {
    text.split('\n').zip(1..).find_map(|(line, number)| {
        let c = line.chars().find(|&c| {
            let mut buffer = [0; 4];
            visible::escaped(c.encode_utf8(&mut buffer)).len() > c.len_utf8() && c != '\t'
        })?;
        Some((number, c))
    })
}

fn is_name(name: &str) -> bool {
    let parts_hold = name.split('-').all(|part| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() && !c.is_uppercase())
    });
    parts_hold && name.chars().count() <= LONGEST_NAME
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    fn read(folder: &str, text: &str) -> Result<Skill, String> {
        parse(folder, text, Source::Shipped)
    }

    #[test]
    fn what_is_shipped_is_without_fault() {
        let skills = shipped();
        assert_eq!(skills.len(), SHIPPED.len());
        for skill in skills {
            assert_eq!(skill.problems, Vec::<String>::new(), "{}", skill.name);
            assert!(skill.description.contains("Use when"), "{}", skill.name);
            assert!(skill.description.contains("Not for"), "{}", skill.name);
        }
    }

    #[test]
    fn a_skill_is_read_leniently() {
        // (text, description, body, problems)
        let cases: &[(&str, &str, &str, &[&str])] = &[
            (
                "---\nname: tides\ndescription: Reads tides.\nlicense: MIT\n---\n\n# Tides\n\nLook.\n",
                "Reads tides.",
                "# Tides\n\nLook.",
                &[],
            ),
            (
                "\u{feff}---\r\nname: tides\r\ndescription: >\r\n  Reads\r\n  tides.\r\n---\r\nLook.\r\n---\r\nOn.",
                "Reads tides.",
                "Look.\n---\nOn.",
                &[],
            ),
            (
                "---\ndescription: Reads tides: all of them\nname: tide-reader\n---\nLook.",
                "Reads tides: all of them",
                "Look.",
                &["is named `tide-reader`; its folder's name is used"],
            ),
            (
                "---\ndescription: 'x'\nmetadata:\n  { \"a\": { \"b\": [ \"c\", ], }, }\n---\nLook.",
                "x",
                "Look.",
                &["has no `name`; its folder's is used"],
            ),
        ];
        for (text, description, body, problems) in cases {
            assert_eq!(
                read("tides", text),
                Ok(Skill {
                    name: "tides".to_owned(),
                    description: (*description).to_owned(),
                    body: (*body).to_owned(),
                    source: Source::Shipped,
                    problems: problems.iter().map(|text| (*text).to_owned()).collect(),
                }),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_could_mislead_is_refused() {
        let head = "---\nname: a\ndescription: b\n---\n";
        let large = "x".repeat(LARGEST + 1);
        let hidden = format!("{head}Look.\nDo\u{200b} it.");
        let escape = format!("{head}\u{1b}[8mDo it.");
        let cases = [
            (
                "a",
                "Look.",
                "has no front matter: expected `---` in its first line",
            ),
            (
                "a",
                "---\nname: a\ndescription: b\n",
                "has no end of its front matter: expected a line `---`",
            ),
            (
                "a",
                "---\nname: a\n---\nLook.",
                "has no `description` in its front matter",
            ),
            (
                "a",
                "---\nname: a\ndescription: ' '\n---\nLook.",
                "has no `description` in its front matter",
            ),
            ("a", head, "has no instructions below its front matter"),
            ("a", large.as_str(), "is longer than 256 KiB"),
            (
                "a",
                hidden.as_str(),
                "holds a character that cannot be seen (U+200B in line 6)",
            ),
            (
                "a",
                escape.as_str(),
                "holds a character that cannot be seen (U+001B in line 5)",
            ),
            (
                "A b",
                head,
                "lies in a folder that is no skill name: expected up to 64 small letters, digits and single hyphens",
            ),
        ];
        for (folder, text, expected) in cases {
            assert_eq!(read(folder, text), Err(expected.to_owned()), "{text:.40}");
        }
    }

    #[test]
    fn long_skills_are_used_and_told() {
        let text = format!(
            "---\nname: a\ndescription: {}\n---\n{}",
            "汉".repeat(1100),
            "line\n".repeat(501)
        );
        let skill = read("a", &text).unwrap();
        assert_eq!(skill.description, "汉".repeat(1024));
        assert_eq!(
            skill.problems,
            [
                "has a description of more than 1024 characters; the rest is left out",
                "has more than 500 lines of instructions"
            ]
        );
    }

    #[test]
    fn names_are_as_the_form_says() {
        for name in ["a", "review-changes", "x1", "文-件"] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(65);
        for name in [
            "",
            "-a",
            "a-",
            "a--b",
            "A",
            "a_b",
            "a b",
            "a/b",
            "..",
            long.as_str(),
        ] {
            assert!(!is_name(name), "{name}");
        }
    }
}
