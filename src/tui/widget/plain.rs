//! Text that is no markdown: output of commands, files, and the lines of code blocks, laid out row by row.

use std::ops::Range;

use crate::agent::visible::clean;
use crate::tui::widget::cells;
use crate::tui::widget::highlight::{self, Language, State};
use crate::tui::widget::paint::{Form, Ink};
use crate::tui::widget::sheet::Sheet;
use crate::tui::widget::text;
use crate::tui::widget::wrap;

/// Cells between the stops of tabs.
const TAB: usize = 4;

/// Text of one ink as rows, broken at words; at most `limit` rows are laid out, and no more of the text is looked at than
/// those need, but for cleaning it.
pub fn words(text: &str, ink: Ink, form: Form, limit: usize) -> Sheet {
    let mut sheet = Sheet::default();
    let mut at = 0;
    for line in lines(text).take(limit) {
        let whole = clean(line);
        let bounded = bounded(&whole, form, limit);
        let stops = text::Stops::of(bounded, TAB);
        let line = text::expand(bounded, TAB);
        let start = sheet.flat().len();
        sheet.flat().put(&line, ink);
        for row in wrap::words(&line, form.cells(), form.cells()).take(limit - sheet.height()) {
            sheet.push(&(0..0), &(start + row.start..start + row.end));
            sheet.place(&(at + stops.before(row.start)..at + stops.before(row.end)));
        }
        at += whole.len() + 1;
        if sheet.height() >= limit {
            break;
        }
    }
    sheet
}

/// Lines of a file or an output as rows, cut at the last cell and coloured as a language; with their numbers when the first
/// has one. At most `limit` rows.
pub fn code(text: &str, language: Language, first: Option<u64>, form: Form, limit: usize) -> Sheet {
    let mut sheet = Sheet::default();
    let mut writer = CodeWriter::new(language);
    let last = first.map(|first| first + lines(text).take(limit).count().saturating_sub(1) as u64);
    let digits = last.map_or(0, |last| last.to_string().len());
    let room = form.cells().saturating_sub(digits + 2);
    let mut at = 0;
    for (line, number) in lines(text).take(limit).zip(first.unwrap_or(0)..) {
        let whole = clean(line);
        let line = bounded(&whole, form, limit);
        writer.at = Some(at);
        at += whole.len() + 1;
        if first.is_some() && room >= 8 {
            let start = sheet.flat().len();
            sheet
                .flat()
                .put(&format!("{number:>digits$}  "), Ink::LineNumber);
            let lead = start..sheet.flat().len();
            let blank = sheet.flat().len();
            sheet.flat().put(&" ".repeat(digits + 2), Ink::LineNumber);
            let rest = blank..sheet.flat().len();
            writer.line(&mut sheet, line, room, limit, &lead, &rest);
        } else {
            writer.line(&mut sheet, line, form.cells(), limit, &(0..0), &(0..0));
        }
        if sheet.height() >= limit {
            break;
        }
    }
    sheet
}

/// Writes lines of code into a sheet and carries the lexer's state from one to the next.
#[derive(Debug, Clone, Default)]
pub struct CodeWriter {
    language: Language,
    state: State,
    tokens: Vec<(Range<u32>, Ink)>,
    /// Where the next line stands in its source; `None`: that is not told.
    pub at: Option<usize>,
}

impl CodeWriter {
    pub fn new(language: Language) -> Self {
        Self {
            language,
            state: State::default(),
            tokens: Vec::new(),
            at: None,
        }
    }

    pub fn state(&self) -> State {
        self.state
    }

    pub fn set_state(&mut self, state: State) {
        self.state = state;
    }

    /// Adds the rows of one clean line within `room` cells, behind leads that were put before; no more than `limit` rows in
    /// the sheet.
    pub fn line(
        &mut self,
        sheet: &mut Sheet,
        line: &str,
        room: usize,
        limit: usize,
        first: &Range<usize>,
        rest: &Range<usize>,
    ) {
        let source = self.at.take().map(|at| (at, text::Stops::of(line, TAB)));
        let line = text::expand(line, TAB);
        let start = sheet.flat().len();
        sheet.flat().put(&line, Ink::Plain);
        let end = sheet.flat().len();
        // Where the sheet is full nothing was put.
        let line = &line[..end - start];
        if self.language != Language::Plain {
            sheet.begin_code(&(start..end), self.language, self.state);
            self.tokens.clear();
            self.state = highlight::lex(self.language, self.state, line, &mut self.tokens);
        }
        let room_left = limit.saturating_sub(sheet.height());
        let mut lead = first;
        for row in wrap::chop(line, room).take(room_left) {
            let body = start + row.start..start + row.end;
            if self.language == Language::Plain {
                sheet.push(lead, &body);
            } else {
                sheet.push_code(lead, &body);
            }
            if let Some((at, stops)) = &source {
                sheet.place(&(at + stops.before(row.start)..at + stops.before(row.end)));
            }
            lead = rest;
        }
    }
}

/// The lines of a text; none after a last line feed, and none of an empty text.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.strip_suffix('\n')
        .unwrap_or(text)
        .split('\n')
        .take(if text.is_empty() { 0 } else { usize::MAX })
}

/// No more of a line than `limit` rows can show.
fn bounded(line: &str, form: Form, limit: usize) -> &str {
    let cells = form.cells().saturating_mul(limit.saturating_add(1));
    // A byte is never wider than a cell, so a line this short is whole.
    if line.len() <= cells {
        return line;
    }
    &line[..cells::prefix(line, cells).0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::paint::Glyphs;
    use pretty_assertions::assert_eq;

    fn rows(sheet: &Sheet) -> Vec<String> {
        (0..sheet.height()).map(|row| sheet.plain(row)).collect()
    }

    #[test]
    fn output_is_rows_of_words() {
        let form = Form::new(9, Glyphs::Unicode);
        let sheet = words(
            "one two three\n\n\u{1b}[31mred\tx\u{1b}[0m\n",
            Ink::Text,
            form,
            99,
        );
        assert_eq!(rows(&sheet), ["one two", "three", "", "red x"]);
        assert_eq!(words("one two three\nfour", Ink::Text, form, 2).height(), 2);
        assert_eq!(words("", Ink::Text, form, 9).height(), 0);
        assert_eq!(words("a\n", Ink::Text, form, 0).height(), 0);
    }

    #[test]
    fn files_have_their_numbers() {
        let form = Form::new(14, Glyphs::Unicode);
        let sheet = code(
            "let a = 1;\n\tlong_name_here\n",
            Language::Rust,
            Some(9),
            form,
            99,
        );
        assert_eq!(
            rows(&sheet),
            [" 9  let a = 1;", "10      long_n", "    ame_here"]
        );
        let narrow = code(
            "abc\n",
            Language::Rust,
            Some(9),
            Form::new(4, Glyphs::Unicode),
            99,
        );
        assert_eq!(rows(&narrow), ["abc"]);
    }

    #[test]
    fn an_endless_line_costs_only_what_is_shown() {
        let text = "x".repeat(1 << 20);
        let form = Form::new(80, Glyphs::Unicode);
        assert_eq!(code(&text, Language::Json, Some(1), form, 5).height(), 5);
        assert_eq!(words(&text, Ink::Text, form, 5).height(), 5);
        assert!(words(&text, Ink::Text, form, 5).size() < 4096);
    }
}
