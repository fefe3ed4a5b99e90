//! One note as a line of its file: `- Back-off must cap at 30 s. [^5f0c2a9d11e4:6]`, with the session and the turn it came
//! from at its end.

use crate::agent::visible;
use crate::protocol::id::SessionId;

/// Characters of one note: more is a text, and belongs in a file of its own.
pub const LONGEST: usize = 600;

/// Letters of a session's id in a link: enough to be the only one.
const LINK: usize = 12;

/// A line that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// In its file, counted from 1.
    pub line: u32,
    /// Without the bullet and the link.
    pub text: String,
    pub link: Option<Link>,
}

/// Where a note came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// A part of the session's id that is like no other's.
    pub session: String,
    pub turn: u32,
}

impl Link {
    pub fn new(session: SessionId, turn: u32) -> Self {
        let id = session.0.simple().to_string();
        Self {
            session: id
                .get(id.len().saturating_sub(LINK)..)
                .unwrap_or(&id)
                .to_owned(),
            turn,
        }
    }

    fn written(&self) -> String {
        format!("[^{}:{}]", self.session, self.turn)
    }

    fn read(text: &str) -> Option<Self> {
        let (session, turn) = text
            .strip_prefix("[^")?
            .strip_suffix(']')?
            .split_once(':')?;
        let is_id = (6..=32).contains(&session.len())
            && session.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(Self {
            session: is_id.then(|| session.to_owned())?,
            turn: turn.parse().ok()?,
        })
    }
}

impl Note {
    /// The notes of a file: each line but headings, rules and what is empty.
    pub fn all(text: &str) -> Vec<Self> {
        let lines = text.lines().zip(1..);
        lines
            .filter_map(|(line, number)| Self::read(line, number))
            .collect()
    }

    fn read(line: &str, number: u32) -> Option<Self> {
        let (text, from) = split(line);
        let text = text.trim();
        if text.starts_with('#') {
            return None;
        }
        let text = text
            .strip_prefix("- ")
            .or_else(|| text.strip_prefix("* "))
            .unwrap_or(text)
            .trim();
        let says = text.chars().any(char::is_alphanumeric);
        says.then(|| Self {
            line: number,
            text: text.to_owned(),
            link: from,
        })
    }

    /// A line of a file without the link at its end.
    pub fn without_link(line: &str) -> &str {
        split(line).0
    }

    /// A note as a line of its file. The error says why the text is none.
    pub fn written(text: &str, link: Option<&Link>) -> Result<String, String> {
        let text = visible::one_line(text);
        let text = text.trim();
        let text = text.strip_prefix("- ").unwrap_or(text).trim();
        if text.is_empty() {
            return Err("`text` is empty: say what is worth keeping".to_owned());
        }
        let length = text.chars().count();
        if length > LONGEST {
            return Err(format!(
                "a note is one line of at most {LONGEST} characters, and this has {length}: keep what matters"
            ));
        }
        Ok(match link {
            Some(link) => format!("- {text} {}\n", link.written()),
            None => format!("- {text}\n"),
        })
    }
}

/// A line and the link at its end.
fn split(whole: &str) -> (&str, Option<Link>) {
    let trimmed = whole.trim_end();
    let found = trimmed.rfind("[^").and_then(|at| {
        let from = Link::read(trimmed.get(at..)?)?;
        Some((trimmed.get(..at)?.trim_end(), from))
    });
    match found {
        Some((text, from)) => (text, Some(from)),
        None => (whole, None),
    }
}

/// A file's text with a line added at its end.
pub fn added(before: &str, line: &str) -> String {
    let gap = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{before}{gap}{line}")
}

/// A file's text without the lines whose notes say this, or with another in the place of the first.
/// `None` where there is none.
pub fn replaced(before: &str, text: &str, line: Option<&str>) -> Option<String> {
    let wanted = Note::read(text, 0)?.text;
    let mut line = line;
    let mut found = false;
    let mut after = String::with_capacity(before.len());
    for old in before.split_inclusive('\n') {
        if Note::read(old, 0).is_some_and(|note| note.text == wanted) {
            found = true;
            after.push_str(line.take().unwrap_or_default());
        } else {
            after.push_str(old);
        }
    }
    found.then_some(after)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    fn link(session: &str, turn: u32) -> Link {
        Link {
            session: session.to_owned(),
            turn,
        }
    }

    #[test]
    fn lines_are_notes_with_where_they_came_from() {
        let text = "# People\n\n- Ada likes tabs. [^5f0c2a9d11e4:6]\n  * Back-off caps at 30 s\n---\nplain [^no:link]\n- [^5f0c2a9d11e4:1]\n";
        let note = |line, text: &str, link| Note {
            line,
            text: text.to_owned(),
            link,
        };
        assert_eq!(
            Note::all(text),
            [
                note(3, "Ada likes tabs.", Some(link("5f0c2a9d11e4", 6))),
                note(4, "Back-off caps at 30 s", None),
                note(6, "plain [^no:link]", None),
            ]
        );
    }

    #[test]
    fn a_note_is_one_line_that_is_read_back_the_same() {
        let from = link("5f0c2a9d11e4", 6);
        for (text, expected) in [
            ("Ada likes tabs.", "- Ada likes tabs. [^5f0c2a9d11e4:6]\n"),
            ("#123 blocks it", "- #123 blocks it [^5f0c2a9d11e4:6]\n"),
            ("- two\nlines\u{1b}[2J", "- two lines [^5f0c2a9d11e4:6]\n"),
        ] {
            let line = Note::written(text, Some(&from)).unwrap();
            assert_eq!(line, expected);
            let read = Note::read(&line, 1).unwrap();
            assert_eq!(Note::written(&read.text, read.link.as_ref()).unwrap(), line);
        }
        assert_eq!(Note::written("x", None).unwrap(), "- x\n");
        assert!(Note::written(" \n", None).is_err());
        assert!(Note::written(&"x".repeat(LONGEST + 1), None).is_err());
    }

    #[test]
    fn a_line_is_added_replaced_or_taken_out_and_nothing_else_changes() {
        assert_eq!(added("", "- a\n"), "- a\n");
        assert_eq!(added("# X", "- a\n"), "# X\n- a\n");
        let before = "# X\n- one [^5f0c2a9d11e4:6]\n\n- two\n";
        let cases = [
            ("one", None, Some("# X\n\n- two\n")),
            (
                "- two",
                Some("- three\n"),
                Some("# X\n- one [^5f0c2a9d11e4:6]\n\n- three\n"),
            ),
            ("on", None, None),
            ("# X", None, None),
        ];
        for (text, line, expected) in cases {
            assert_eq!(replaced(before, text, line).as_deref(), expected, "{text}");
        }
    }
}
