//! The line a person searches by, taken apart: words, phrases in quotes, words that must not be there, and filters such as
//! `kind:command`.
//!
//! `-word` has two meanings, and a line does not tell which: a word that must not be there, or a flag of a command that was
//! pasted. So what holds the word is left out, except where it stands there as a flag too.

use std::ops::Range;

use crate::agent::moment::{Moment, Now};
use crate::protocol::search::{By, Filters};

/// A part of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text to be found, as it was typed.
    Text(String),
    /// `"in this order"`.
    Phrase(String),
    /// `-"this"`.
    Without(String),
    /// `-this`, with its dash: not with this word, or with this flag.
    Dash(String),
    /// `kind:command`, with the name of the filter.
    Filter(Filter, String),
}

/// What can be asked beside text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    Project,
    Kind,
    Source,
    Since,
    Until,
    Session,
    Who,
}

impl Filter {
    pub const ALL: [(&'static str, Self); 7] = [
        ("project", Self::Project),
        ("kind", Self::Kind),
        ("source", Self::Source),
        ("since", Self::Since),
        ("until", Self::Until),
        ("session", Self::Session),
        ("who", Self::Who),
    ];

    /// As it stands before the colon.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, filter)| *filter == self);
        found.map_or("", |(name, _)| name)
    }

    /// The one that keeps hits of one name.
    pub fn of(by: By) -> Self {
        match by {
            By::Kind => Self::Kind,
            By::Project => Self::Project,
            By::Source => Self::Source,
            By::Who => Self::Who,
        }
    }

    fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, filter)| *filter)
    }
}

/// The parts of a line. A word with a colon that is no filter is text, and so is a filter with nothing behind it.
pub fn parts(line: &str) -> Vec<Part> {
    placed(line).into_iter().map(|(_, part)| part).collect()
}

/// The same with the bytes where each stands.
pub fn placed(line: &str) -> Vec<(Range<usize>, Part)> {
    let mut parts = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let from = line.len() - rest.len();
        let (part, after) = next(rest);
        parts.push((from..line.len() - after.len(), part));
        rest = after.trim_start();
    }
    parts
}

/// Adds the filters of a line to those that were given beside it; what is wrong with one, in a line that names it.
pub fn narrow(filters: &mut Filters, parts: &[Part], now: &Now) -> Result<(), String> {
    for part in parts {
        if let Part::Filter(filter, value) = part {
            add(filters, *filter, value, now)
                .map_err(|why| format!("{}:{value}: {why}", filter.name()))?;
        }
    }
    Ok(())
}

fn add(filters: &mut Filters, filter: Filter, value: &str, now: &Now) -> Result<(), String> {
    let text = || Some(value.to_owned());
    match filter {
        Filter::Project => filters.project = text(),
        Filter::Source => filters.source = text(),
        Filter::Session => filters.session = text(),
        Filter::Who => filters.who = text(),
        Filter::Kind => {
            for kind in value.split(',') {
                filters.kinds.push(kind.parse()?);
            }
        }
        Filter::Since => filters.since = Some(value.parse::<Moment>()?.first(now)),
        Filter::Until => filters.until = Some(value.parse::<Moment>()?.end(now)),
    }
    Ok(())
}

/// What a filter of the line is for: the last one, where there are several of its name.
pub fn filtered(line: &str, wanted: Filter) -> Option<String> {
    let named = |part| match part {
        Part::Filter(filter, value) if filter == wanted => Some(value),
        _ => None,
    };
    parts(line).into_iter().rev().find_map(named)
}

/// The line with this filter and no other of its name: in the place of the one that was there, else at its end. `None` takes the
/// filter away. A value that cannot be written changes nothing.
pub fn with_filter(line: &str, wanted: Filter, value: Option<&str>) -> String {
    let Some(written) = value.map_or(Some(String::new()), |value| written(wanted, value)) else {
        return line.to_owned();
    };
    let mut words = Vec::new();
    let mut rest = Some(written);
    for (place, part) in placed(line) {
        if matches!(&part, Part::Filter(filter, _) if *filter == wanted) {
            words.extend(rest.take());
        } else {
            words.push(line.get(place).unwrap_or_default().to_owned());
        }
    }
    words.extend(rest);
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// A filter as it is typed; `None` for a value that no line can hold.
pub fn written(filter: Filter, value: &str) -> Option<String> {
    let name = filter.name();
    if value.trim().is_empty() || value.contains('"') {
        return None;
    }
    Some(if value.contains(char::is_whitespace) {
        format!("{name}:\"{value}\"")
    } else {
        format!("{name}:{value}")
    })
}

/// What was typed somewhere else, such as at the prompt of a shell, as words alone: `-m`, quotes and names of filters mean nothing.
pub fn as_words(line: &str) -> String {
    let line = line.replace('"', " ");
    let words = line.split_whitespace().flat_map(|word| {
        let word = word.trim_start_matches('-');
        let is_filter = matches!(parts(word).first(), Some(Part::Filter(..)));
        word.split(move |c| is_filter && c == ':')
    });
    let words: Vec<&str> = words
        .map(|word| word.trim_start_matches('-'))
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn next(rest: &str) -> (Part, &str) {
    if let Some((phrase, after)) = quoted(rest) {
        return (Part::Phrase(phrase.to_owned()), after);
    }
    if let Some(after) = rest
        .strip_prefix('-')
        .filter(|after| after.starts_with(|c: char| c.is_alphanumeric() || c == '"'))
    {
        if let Some((phrase, after)) = quoted(after) {
            return (Part::Without(phrase.to_owned()), after);
        }
        let (word, after) = word(rest);
        return (Part::Dash(word.to_owned()), after);
    }
    let (plain, after) = word(rest);
    if let Some((name, value)) = plain.split_once(':')
        && let Some(filter) = Filter::named(name)
    {
        // `project:"two words"`.
        if value.is_empty() || value.starts_with('"') {
            let behind = rest.get(name.len() + 1..).unwrap_or_default();
            if let Some((value, after)) = quoted(behind) {
                return (Part::Filter(filter, value.to_owned()), after);
            }
        }
        let value = value.trim_matches('"');
        if !value.is_empty() {
            return (Part::Filter(filter, value.to_owned()), after);
        }
    }
    (Part::Text(plain.to_owned()), after)
}

fn word(rest: &str) -> (&str, &str) {
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    rest.split_at(end)
}

/// A text between two quotes at the beginning, and what stands behind it.
fn quoted(rest: &str) -> Option<(&str, &str)> {
    let inner = rest.strip_prefix('"')?;
    let (phrase, after) = inner.split_once('"')?;
    (!phrase.trim().is_empty()).then_some((phrase, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        use Part::{Dash, Filter as By, Phrase, Text, Without};
        let text = |text: &str| Text(text.to_owned());
        let cases: Vec<(&str, Vec<Part>)> = vec![
            ("", vec![]),
            ("retry after", vec![text("retry"), text("after")]),
            (
                "ffmpeg crop 9:16 kind:command",
                vec![
                    text("ffmpeg"),
                    text("crop"),
                    text("9:16"),
                    By(Filter::Kind, "command".into()),
                ],
            ),
            (
                "\"retry after\" -header",
                vec![Phrase("retry after".into()), Dash("-header".into())],
            ),
            (
                "project:\"my api\" x",
                vec![By(Filter::Project, "my api".into()), text("x")],
            ),
            ("kind: x", vec![text("kind:"), text("x")]),
            ("http://a.b:80/c", vec![text("http://a.b:80/c")]),
            ("\"open", vec![text("\"open")]),
            ("- -- -5", vec![text("-"), text("--"), Dash("-5".into())]),
            ("-\"a b\" x", vec![Without("a b".into()), text("x")]),
            (
                "who:Anna who:\"\"",
                vec![By(Filter::Who, "Anna".into()), text("who:\"\"")],
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(parts(line), expected, "{line}");
        }
    }

    #[test]
    fn a_filter_is_put_into_the_line_and_taken_out() {
        let cases: &[(&str, Filter, Option<&str>, &str)] = &[
            ("retry", Filter::Kind, Some("turn"), "retry kind:turn"),
            ("", Filter::Kind, Some("turn"), "kind:turn"),
            (
                "kind:turn retry",
                Filter::Kind,
                Some("call"),
                "kind:call retry",
            ),
            ("kind:turn retry kind:call", Filter::Kind, None, "retry"),
            (
                "a  \"b  c\"",
                Filter::Project,
                Some("my api"),
                "a \"b  c\" project:\"my api\"",
            ),
            (
                "project:\"my api\" a",
                Filter::Project,
                Some("x"),
                "project:x a",
            ),
            ("a", Filter::Who, Some("an \"x\""), "a"),
            ("-kind:turn", Filter::Kind, None, "-kind:turn"),
        ];
        for (line, filter, value, expected) in cases {
            let changed = with_filter(line, *filter, *value);
            assert_eq!(changed, *expected, "{line}");
            if value.is_some_and(|value| !value.contains('"')) {
                assert_eq!(filtered(&changed, *filter).as_deref(), *value, "{line}");
            }
        }
    }

    #[test]
    fn a_line_of_a_shell_is_words_alone() {
        let cases = [
            (
                "git commit -m \"fix who:me\" --amend",
                "git commit m fix who me amend",
            ),
            ("ls | grep -v x", "ls | grep v x"),
            ("", ""),
            (" -- ", ""),
        ];
        for (line, expected) in cases {
            let words = as_words(line);
            assert_eq!(words, expected);
            let text = |part: &Part| matches!(part, Part::Text(_));
            assert!(parts(&words).iter().all(text), "{words}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parts_stand_where_they_are_said_to(line in "[a-z: \"-]{0,30}") {
            let mut last = 0;
            for (place, _) in placed(&line) {
                proptest::prop_assert!(last <= place.start && place.start < place.end);
                proptest::prop_assert!(line.get(place.clone()).is_some());
                last = place.end;
            }
            let text = |part: &Part| matches!(part, Part::Text(_));
            proptest::prop_assert!(parts(&as_words(&line)).iter().all(text));
        }
    }
}
