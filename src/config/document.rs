//! A TOML text read key by key, so that every fault names its place and every value remembers its line. What the keys mean is
//! not known here.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::agent::decimal::{self, DecimalFault};
use crate::agent::visible;

/// One thing that is wrong, at a place of the file. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub line: usize,
    pub column: usize,
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.text)
    }
}

/// A text with what was found wrong in it, and the lines its values stand on.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    faults: Vec<Fault>,
    lines: BTreeMap<String, usize>,
}

/// A table with its full name, empty for the file itself.
#[derive(Debug, Clone)]
pub struct Section<'d> {
    pub name: String,
    pub table: &'d DeTable<'d>,
    span: Range<usize>,
}

impl Section<'_> {
    /// The full name of one of its keys, written as TOML writes it.
    pub fn key(&self, key: &str) -> String {
        let bare = !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let key = if bare {
            key.to_owned()
        } else {
            format!("\"{}\"", cut(key))
        };
        if self.name.is_empty() {
            key
        } else {
            format!("{}.{key}", self.name)
        }
    }
}

impl<'t> Document<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            faults: Vec::new(),
            lines: BTreeMap::new(),
        }
    }

    /// The syntax fault a parser reports, in our form.
    pub fn syntax(&mut self, error: &toml::de::Error) {
        // Without a place only where too many names stand within one another.
        let (span, text) = match error.span() {
            Some(span) => (span, cut(error.message())),
            None => (0..0, "names are nested too deep".to_owned()),
        };
        self.fault(&span, &text);
    }

    pub fn fault(&mut self, span: &Range<usize>, text: &str) {
        let (line, column) = place(self.text, span.start);
        self.faults.push(Fault {
            line,
            column,
            text: text.to_owned(),
        });
    }

    /// The line a place is in.
    pub fn line(&self, span: &Range<usize>) -> usize {
        place(self.text, span.start).0
    }

    /// The faults in the order of the file, and the line of every key that was read.
    pub fn finish(mut self) -> (Vec<Fault>, BTreeMap<String, usize>) {
        self.faults.sort();
        (self.faults, self.lines)
    }

    /// The whole file as a section, with its unknown keys as faults.
    pub fn root<'d>(&mut self, root: &'d Spanned<DeTable<'d>>, known: &[&str]) -> Section<'d> {
        let section = Section {
            name: String::new(),
            table: root.get_ref(),
            span: root.span(),
        };
        self.check_keys(&section, known);
        section
    }

    /// A table below a section, with its unknown keys as faults.
    pub fn section<'d>(
        &mut self,
        parent: &Section<'d>,
        key: &str,
        known: &[&str],
    ) -> Option<Section<'d>> {
        let section = self.open(parent, key)?;
        self.check_keys(&section, known);
        Some(section)
    }

    /// A table whose keys are names the person chose.
    pub fn open<'d>(&mut self, parent: &Section<'d>, key: &str) -> Option<Section<'d>> {
        let value = parent.table.get(key)?;
        let name = parent.key(key);
        match value.get_ref() {
            DeValue::Table(table) => Some(Section {
                name,
                table,
                span: value.span(),
            }),
            other => {
                self.wrong(value, &name, "a table", other);
                None
            }
        }
    }

    /// A fault of the section as a whole, at its head.
    pub fn section_fault(&mut self, section: &Section<'_>, text: &str) {
        self.fault(&section.span, text);
    }

    fn check_keys(&mut self, section: &Section<'_>, known: &[&str]) {
        for key in section.table.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let hint = match nearest(name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("expected {}", listed(known)),
            };
            self.fault(
                &key.span(),
                &format!("unknown key `{}`: {hint}", section.key(name)),
            );
        }
    }

    fn value<'d>(&mut self, section: &Section<'d>, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        let (spanned, value) = section.table.get_key_value(key)?;
        self.lines
            .insert(section.key(key), place(self.text, spanned.span().start).0);
        Some(value)
    }

    fn wrong(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        name: &str,
        expected: &str,
        found: &DeValue<'_>,
    ) {
        self.fault(
            &value.span(),
            &format!("`{name}` must be {expected}, not {}", kind(found)),
        );
    }

    /// A text, with its place for what is wrong with it.
    pub fn text(&mut self, section: &Section<'_>, key: &str) -> Option<(String, Range<usize>)> {
        let value = self.value(section, key)?;
        match value.get_ref() {
            DeValue::String(text) => Some((text.to_string(), value.span())),
            other => {
                self.wrong(value, &section.key(key), "a text in quotes", other);
                None
            }
        }
    }

    /// A text that `read` makes something of; its error is the rest of a sentence that begins with the key.
    pub fn parsed<T>(
        &mut self,
        section: &Section<'_>,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (text, span) = self.text(section, key)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(why) => {
                self.fault(&span, &format!("`{}` {why}", section.key(key)));
                None
            }
        }
    }

    pub fn flag(&mut self, section: &Section<'_>, key: &str) -> Option<bool> {
        let value = self.value(section, key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.wrong(value, &section.key(key), "true or false", value.get_ref());
        None
    }

    /// A whole number within bounds, both included.
    pub fn number(
        &mut self,
        section: &Section<'_>,
        key: &str,
        least: u64,
        most: u64,
    ) -> Option<u64> {
        let value = self.value(section, key)?;
        let name = section.key(key);
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong(value, &name, "a whole number", value.get_ref());
            return None;
        };
        let number = u64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.fault(
                &value.span(),
                &format!("`{name}` must be from {least} to {most}"),
            );
        }
        number
    }

    /// An amount of money in units of ten to the power of minus `digits`; `unit` is its name for messages.
    pub fn amount(
        &mut self,
        section: &Section<'_>,
        key: &str,
        digits: u32,
        most: i64,
        unit: &str,
    ) -> Option<i64> {
        let value = self.value(section, key)?;
        let name = section.key(key);
        let scaled = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => {
                decimal::exact(integer.as_str(), digits, most)
            }
            DeValue::Float(float) => decimal::exact(float.as_str(), digits, most),
            DeValue::Integer(_) => Err(DecimalFault::NotANumber),
            other => {
                self.wrong(value, &name, &format!("a number of {unit}"), other);
                return None;
            }
        };
        let problem = match scaled {
            Ok(amount) => return Some(amount),
            Err(DecimalFault::NotANumber) => format!("must be a decimal number of {unit}"),
            Err(DecimalFault::Negative) => "must not be negative".to_owned(),
            Err(DecimalFault::TooFine) => format!("has more than {digits} digits after the point"),
            Err(DecimalFault::TooLarge) => {
                format!(
                    "is too large: at most {} {unit}",
                    most / 10_i64.saturating_pow(digits)
                )
            }
        };
        self.fault(&value.span(), &format!("`{name}` {problem}"));
        None
    }

    /// Whether the key holds this very text: for settings that take a number or a word.
    pub fn is_word(&mut self, section: &Section<'_>, key: &str, word: &str) -> bool {
        let is = section
            .table
            .get(key)
            .is_some_and(|value| value.get_ref().as_str() == Some(word));
        if is {
            self.value(section, key);
        }
        is
    }

    /// The text the key holds, where it holds one: for settings that take a flag or a number, or one of some words.
    pub fn word(&mut self, section: &Section<'_>, key: &str) -> Option<(String, Range<usize>)> {
        let value = section.table.get(key)?;
        value.get_ref().as_str()?;
        self.text(section, key)
    }

    /// A list of texts, each with its place.
    pub fn texts(
        &mut self,
        section: &Section<'_>,
        key: &str,
    ) -> Option<Vec<(String, Range<usize>)>> {
        let value = self.value(section, key)?;
        let name = section.key(key);
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong(value, &name, "a list of texts", value.get_ref());
            return None;
        };
        let mut texts = Vec::new();
        for entry in array {
            match entry.get_ref() {
                DeValue::String(text) => texts.push((text.to_string(), entry.span())),
                other => self.wrong(entry, &name, "a list of texts", other),
            }
        }
        Some(texts)
    }

    /// A list of tables, each with its unknown keys as faults.
    pub fn sections<'d>(
        &mut self,
        section: &Section<'d>,
        key: &str,
        known: &[&str],
    ) -> Vec<Section<'d>> {
        let Some(value) = self.value(section, key) else {
            return Vec::new();
        };
        let name = section.key(key);
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong(value, &name, "a list of tables", value.get_ref());
            return Vec::new();
        };
        let mut sections = Vec::new();
        for entry in array {
            match entry.get_ref() {
                DeValue::Table(table) => {
                    let section = Section {
                        name: name.clone(),
                        table,
                        span: entry.span(),
                    };
                    self.check_keys(&section, known);
                    sections.push(section);
                }
                other => self.wrong(entry, &name, "a list of tables", other),
            }
        }
        sections
    }
}

/// Line and column of a byte, both from 1; the column counts characters.
pub fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    let line = before.split(|&byte| byte == b'\n').count();
    let start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |end| end + 1);
    let column = String::from_utf8_lossy(&before[start..])
        .trim_start_matches('\u{feff}')
        .chars()
        .count()
        + 1;
    (line, column)
}

/// The candidate a person most likely meant: at most a third of its letters are wrong.
pub fn nearest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    // A long word is no slip of a key.
    if word.len() > 64 {
        return None;
    }
    candidates
        .iter()
        .map(|&candidate| {
            (
                distance(word, candidate),
                word.len().abs_diff(candidate.len()),
                candidate,
            )
        })
        .filter(|&(distance, _, candidate)| distance <= candidate.len().max(3) / 3)
        .min()
        .map(|(_, _, candidate)| candidate)
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (
        a.to_lowercase().chars().collect(),
        b.to_lowercase().chars().collect(),
    );
    let mut older = vec![0; b.len() + 1];
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut current = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = previous[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            current[j] = changed.min(previous[j] + 1).min(current[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                current[j] = current[j].min(older[j - 2] + 1);
            }
        }
        older = std::mem::replace(&mut previous, current);
    }
    previous[b.len()]
}

/// `a, b or c`.
pub fn listed(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [word] => (*word).to_owned(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

/// A text from the file as a message may quote it: one line, not endless.
pub fn cut(text: &str) -> String {
    visible::brief(text, 60)
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keys_finds_its_word() {
        let words = ["model", "mode", "providers", "budget", "ui"];
        for (word, expected) in [
            ("modle", Some("model")),
            ("mdoe", Some("mode")),
            ("Provider", Some("providers")),
            ("bugdet", Some("budget")),
            ("u", Some("ui")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &words), expected, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(1_000_000), &words), None);
    }

    #[test]
    fn places_count_characters_from_one() {
        let text = "\u{feff}a\r\nbé c\n";
        for (at, expected) in [(3, (1, 1)), (6, (2, 1)), (10, (2, 4)), (999, (3, 1))] {
            assert_eq!(place(text, at), expected, "{at}");
        }
    }
}
