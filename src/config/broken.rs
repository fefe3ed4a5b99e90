//! A file that cannot be read as TOML: what is said of it, and what of the rest can be told all the same.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use crate::config::document::{Document, Fault};

/// Places that cannot be read, of which each is named.
pub const MOST_BROKEN: usize = 100;

/// What cannot be read of a text.
#[derive(Debug)]
pub struct Broken<'t> {
    text: &'t str,
    /// In the order of the file, at most one for each line: what follows the first mostly comes of it.
    pub faults: Vec<Fault>,
    /// The line of a list or a text that has no end: all that follows was taken for a part of it.
    open: Option<usize>,
}

impl<'t> Broken<'t> {
    pub fn of(text: &'t str, root: &DeTable<'_>, errors: &[Error]) -> Self {
        let end = text.trim_end().len();
        let at_end = |error: &&Error| error.span().is_some_and(|span| span.start >= end);
        let last = errors.iter().find(at_end);
        let open = last.and_then(|error| Some((error, reaching(root, end)?)));
        let mut broken = Document::new(text);
        let before = |error: &&Error| {
            let (Some((_, open)), Some(span)) = (&open, error.span()) else {
                return true;
            };
            span.start < open.start
        };
        // A file with more of them is none that was written by hand, or a list in it has no end: the first says so.
        let many = errors.len() > MOST_BROKEN;
        let most = if many { 1 } else { MOST_BROKEN };
        for error in errors.iter().filter(before).take(most) {
            broken.syntax(error);
        }
        let open = open.map(|(error, span)| {
            broken.fault(&span, error.message());
            broken.line(&span)
        });
        let (mut faults, _) = broken.finish();
        faults.dedup_by_key(|fault| fault.line);
        Self { text, faults, open }
    }

    /// Whether a fault in a line that could be read is one: the line is before all that could not be, or in another table than any
    /// of it.
    pub fn lets_tell(&self, line: usize) -> bool {
        let is_before = self.faults.first().is_none_or(|first| line < first.line);
        let own = self.head(line);
        let elsewhere = || self.faults.iter().all(|fault| self.head(fault.line) != own);
        is_before || self.open.is_none() && elsewhere()
    }

    /// The line of the head of the table that a line is in, 0 where none is before it.
    fn head(&self, line: usize) -> usize {
        let lines = self.text.lines().take(line).enumerate();
        let heads = lines.filter(|(_, line)| line.trim_start().starts_with('['));
        heads.last().map_or(0, |(index, _)| index + 1)
    }
}

/// The place of the outermost value that reaches to the end of the text.
fn reaching(table: &DeTable<'_>, end: usize) -> Option<Range<usize>> {
    let mut places = table.values().filter_map(|value: &Spanned<DeValue<'_>>| {
        let span = value.span();
        match value.get_ref() {
            _ if span.end >= end => Some(span),
            DeValue::Table(table) => reaching(table, end),
            DeValue::Array(array) => {
                let mut tables = array.iter().filter_map(|entry| entry.get_ref().as_table());
                tables.find_map(|table| reaching(table, end))
            }
            _ => None,
        }
    });
    places.next()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use pretty_assertions::assert_eq;

    use crate::config::document::Fault;
    use crate::config::load::parse;

    #[test]
    fn what_cannot_be_read_makes_no_faults_of_the_rest() {
        const ENTRY: &str = "wire = \"openai-chat\"\nbase_url = \"https://h/v1\"\n";
        let day = "`budget.day` must not be negative";
        let cases = [
            (
                format!("model = \"x/a\"\n[providers.x\n{ENTRY}[budget]\nday = -3\n"),
                vec![
                    "2:13: unclosed table, expected `]`".to_owned(),
                    format!("6:7: {day}"),
                ],
            ),
            (
                format!(
                    "mode = 1\n[providers.x]\n{}cache = 1\n[budget]\nday = -3\n",
                    ENTRY.replace("wire =", "wire")
                ),
                vec![
                    "1:8: `mode` must be a text in quotes, not a whole number".to_owned(),
                    "3:6: key with no value, expected `=`".to_owned(),
                    format!("7:7: {day}"),
                ],
            ),
            (
                format!("model = [\nmode = \"ask\"\n[providers.x]\n{ENTRY}[budget]\nday = -3\n"),
                vec!["1:9: unclosed array, expected `]`".to_owned()],
            ),
            (
                format!("model = [\n{}", "mode = \"ask\"\n".repeat(200)),
                vec!["1:9: unclosed array, expected `]`".to_owned()],
            ),
            (
                format!("mode = 1\n[permissions]\nallow = [\"edit\",\n[providers.x]\n{ENTRY}"),
                vec![
                    "1:8: `mode` must be a text in quotes, not a whole number".to_owned(),
                    "3:9: unclosed array, expected `]`".to_owned(),
                ],
            ),
            (
                format!("[providers.x]\n{ENTRY}script = \"\"\"a\n[budget]\nday = -3\n"),
                vec!["4:10: invalid multi-line basic string, expected `\"`".to_owned()],
            ),
            (
                "mode = \"ask\nmodel = x\n[ui]\nmouse = 3\n".to_owned(),
                vec![
                    "1:12: invalid basic string, expected `\"`".to_owned(),
                    "2:9: string values must be quoted, expected literal string".to_owned(),
                    "4:9: `ui.mouse`".to_owned(),
                ],
            ),
        ];
        for (text, expected) in cases {
            let faults = parse(&text, Path::new("/c/config.toml"), &|_| None).unwrap_err();
            let mut faults: Vec<String> = faults.iter().map(Fault::to_string).collect();
            for fault in &mut faults {
                // What the mouse may be is said elsewhere.
                if let Some(at) = fault.find("`ui.mouse`") {
                    fault.truncate(at + "`ui.mouse`".len());
                }
            }
            assert_eq!(faults, expected, "{text}");
        }
    }
}
