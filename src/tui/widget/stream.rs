//! Markdown that grows, as an answer does while it streams. What was said is laid out once: only the last top-level block
//! or item, which may still change, is read again with each frame, and of an open block of code only its new lines.
//!
//! At every moment the rows are those `markdown::render` would give for the text so far, except that a single block of more
//! than 64 KiB may be behind by a sixteenth until it ends. A finished block never changes.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::highlight::State;
use crate::tui::widget::intake::Intake;
use crate::tui::widget::markdown::code::Lines;
use crate::tui::widget::markdown::writer::Above;
use crate::tui::widget::markdown::{self, Block};
use crate::tui::widget::paint::{Form, Paint};
use crate::tui::widget::sheet::{Mark, Sheet};

/// A paragraph or table longer than this is not read again for every few words; see [`Streaming::finish`].
const LONG_BLOCK: usize = 64 * 1024;

/// A markdown text under way, and its rows for the width that was asked for last.
#[derive(Debug, Clone, Default)]
pub struct Streaming {
    intake: Intake,
    form: Option<Form>,
    /// Rows of the blocks that can change no more, which are the text up to `settled`.
    done: Sheet,
    settled: usize,
    above: Above,
    /// Rows of the rest.
    tail: Sheet,
    fence: Option<Fence>,
    /// Something was pushed since the rows were laid out.
    grown: bool,
    /// The length of the text when its end was read last.
    read: usize,
    finished: bool,
    blocks: Vec<Block>,
}

impl Streaming {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what arrived, cut anywhere. Nothing is laid out before rows are asked for.
    pub fn push(&mut self, text: &str) {
        if !text.is_empty() {
            self.intake.push(text);
            self.grown = true;
        }
    }

    /// Says that no more will come: from now on the rows are exact, however long the last block is.
    pub fn finish(&mut self) {
        self.finished = true;
        self.grown = true;
    }

    /// The text so far, cleaned.
    pub fn source(&self) -> &str {
        self.intake.text()
    }

    /// The number of rows at a form; lays out what is new. Ask it before rows are read or drawn.
    pub fn height(&mut self, form: Form) -> usize {
        self.layout(form);
        self.done.height() + self.tail.height()
    }

    /// So many rows from the first will never change, at the form asked for last.
    pub fn settled(&self) -> usize {
        self.done.height()
    }

    /// A row with its styles; see [`Sheet::line`].
    pub fn line<'a>(&'a self, index: usize, paint: &dyn Paint) -> Line<'a> {
        match index.checked_sub(self.done.height()) {
            None => self.done.line(index, paint),
            Some(index) => self.tail.line(index, paint),
        }
    }

    /// The number of rows as they were laid out last.
    pub fn rows(&self) -> usize {
        self.done.height() + self.tail.height()
    }

    /// The part of the source that a row shows; none of a row that only stands between others.
    pub fn span(&self, index: usize) -> Option<Range<usize>> {
        match index.checked_sub(self.done.height()) {
            None => self.done.span(index),
            Some(index) => {
                let span = self.tail.span(index)?;
                Some(self.settled + span.start..self.settled + span.end)
            }
        }
    }

    /// A row in its two halves: what stands before the text, and the text.
    pub fn halves(&self, index: usize) -> (&str, &str) {
        match index.checked_sub(self.done.height()) {
            None => self.done.halves(index),
            Some(index) => self.tail.halves(index),
        }
    }

    /// Draws the rows from `skip` on into the area, and gives how many were drawn; see [`Sheet::draw`].
    pub fn draw(&self, canvas: &mut Canvas, area: Rect, skip: usize, paint: &dyn Paint) -> u16 {
        let drawn = self.done.draw(canvas, area, skip, paint);
        let below = Rect {
            y: area.y.saturating_add(drawn),
            height: area.height.saturating_sub(drawn),
            ..area
        };
        let skip = skip.saturating_sub(self.done.height());
        drawn + self.tail.draw(canvas, below, skip, paint)
    }

    /// All rows as one sheet, when no more will come.
    pub fn into_sheet(mut self, form: Form) -> Sheet {
        self.finish();
        self.layout(form);
        let first = self.done.height();
        self.done
            .append(&self.tail, Mark::default(), self.tail.mark());
        self.done.shift(first, self.settled as i64);
        self.done.shrink();
        self.done
    }

    fn layout(&mut self, form: Form) {
        if self.form != Some(form) {
            self.form = Some(form);
            self.done.clear();
            self.tail.clear();
            self.settled = 0;
            self.above = Above::default();
            self.fence = None;
            self.read = 0;
        } else if !self.grown || self.may_wait() {
            return;
        }
        self.grown = false;
        if let Some(fence) = &mut self.fence {
            if fence.advance(self.intake.text(), &mut self.tail) {
                return;
            }
            self.fence = None;
        }
        self.read_tail(form);
    }

    /// Whether so little was added to so long a block that reading all of it again can wait.
    fn may_wait(&self) -> bool {
        let length = self.intake.text().len();
        let block = length - self.settled;
        self.fence.is_none()
            && !self.finished
            && block > LONG_BLOCK
            && length < self.read + block / 16
    }

    /// Reads the text after the settled blocks again and settles those that a later block has closed.
    fn read_tail(&mut self, form: Form) {
        self.tail.clear();
        self.blocks.clear();
        self.read = self.intake.text().len();
        let text = &self.intake.text()[self.settled..];
        markdown::write(text, form, self.above, &mut self.tail, &mut self.blocks);
        let last = self.blocks.iter().rposition(|block| block.is_certain(text));
        if let Some(block) = last.and_then(|last| self.blocks.get(last).copied()) {
            let is_last = last == self.blocks.len().checked_sub(1);
            if block.start > 0 {
                let mut rest = Sheet::default();
                rest.append(&self.tail, block.mark, self.tail.mark());
                rest.shift(0, -(block.start as i64));
                let first = self.done.height();
                self.done.append(&self.tail, Mark::default(), block.mark);
                self.done.shift(first, self.settled as i64);
                self.tail = rest;
                self.settled += block.start;
                self.above = block.above;
            }
            if is_last {
                let gap = self.above.gap;
                self.fence =
                    Fence::open(self.intake.text(), self.settled, form, gap, &mut self.tail);
            }
        }
    }
}

/// An open block of code at the end of the text, whose lines are added one by one.
#[derive(Debug, Clone)]
struct Fence {
    lines: Lines,
    mark: u8,
    length: usize,
    /// Where it begins in the text.
    start: usize,
    /// The first line that was not whole when it was last looked at.
    at: usize,
    /// The rows and the lexer's state before that line.
    kept: Mark,
    state: (State, Option<Range<usize>>),
}

impl Fence {
    /// When the text from `start` is an open fence, writes its rows anew into the sheet, so that they can be added to.
    fn open(source: &str, start: usize, form: Form, gap: bool, tail: &mut Sheet) -> Option<Self> {
        let (head, body) = source[start..].split_once('\n')?;
        let mark = *head.as_bytes().first()?;
        if !matches!(mark, b'`' | b'~') {
            return None;
        }
        let length = head.bytes().take_while(|byte| *byte == mark).count();
        let info = head[length..].trim();
        // What the parser would decode in the info string, or an indent it would take off, is left to the parser.
        if length < 3
            || info.contains(['\\', '&'])
            || (mark == b'`' && info.contains('`'))
            || body.lines().any(|line| closes(line, mark, length))
        {
            return None;
        }
        tail.clear();
        let none = 0..0;
        if gap {
            tail.push(&none, &none);
        }
        let lines = Lines::begin(tail, info, form.glyphs, form.cells(), &none, &none);
        let mut fence = Self {
            kept: tail.mark(),
            state: lines.state(),
            lines,
            mark,
            length,
            start,
            at: start + head.len() + 1,
        };
        fence.advance(source, tail);
        Some(fence)
    }

    /// Adds the lines that have come; false when one of them closes the fence.
    fn advance(&mut self, source: &str, tail: &mut Sheet) -> bool {
        tail.truncate(self.kept);
        self.lines.restore(self.state.clone());
        while let Some((line, _)) = source[self.at..].split_once('\n') {
            if closes(line, self.mark, self.length) {
                return false;
            }
            self.lines.at(self.at - self.start);
            self.lines.add(tail, line);
            self.at += line.len() + 1;
        }
        self.kept = tail.mark();
        self.state = self.lines.state();
        let line = &source[self.at..];
        // Up to three blanks at the end of the text are no line yet.
        let blank = line.len() < 4 && line.bytes().all(|byte| byte == b' ');
        if !blank && !closes(line, self.mark, self.length) {
            self.lines.at(self.at - self.start);
            self.lines.add(tail, line);
        } else if self.state.1.is_some() {
            // An empty block is one empty row.
            self.lines.add(tail, "");
        }
        true
    }
}

/// Whether a line ends the fence, by the parser's own rule.
fn closes(line: &str, mark: u8, length: usize) -> bool {
    let fence = line.trim_start_matches(' ');
    let marks = fence.bytes().take_while(|byte| *byte == mark).count();
    line.len() - fence.len() <= 3 && marks >= length && fence[marks..].trim_matches(' ').is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::paint::{Glyphs, Ink};
    use proptest::prelude::*;
    use ratatui::style::{Color, Style};

    struct Numbered;

    impl Paint for Numbered {
        fn style(&self, ink: Ink) -> Style {
            Style::new().fg(Color::Indexed(ink as u8))
        }
    }

    const FORM: Form = Form::new(30, Glyphs::Unicode);

    /// A row as it is drawn, what of it leads where, and where it stands in the text.
    type Seen = (
        Vec<(String, Style)>,
        Vec<(String, String)>,
        Option<Range<usize>>,
    );

    fn lines(sheet: &Sheet) -> Vec<Seen> {
        let row = |row| {
            let spans = merged(&sheet.line(row, &Numbered));
            (spans, links(sheet, row), sheet.span(row))
        };
        (0..sheet.height()).map(row).collect()
    }

    fn streamed(stream: &mut Streaming) -> Vec<Seen> {
        stream.height(FORM);
        let mut rows = lines(&stream.done);
        rows.extend(lines(&stream.tail));
        for (index, row) in rows.iter_mut().enumerate() {
            row.2 = stream.span(index);
        }
        rows
    }

    fn links(sheet: &Sheet, row: usize) -> Vec<(String, String)> {
        let links = sheet.links(row).into_iter();
        links
            .map(|(text, link)| (text.to_owned(), link.uri().to_owned()))
            .collect()
    }

    /// Spans of one style side by side are one.
    fn merged(line: &Line) -> Vec<(String, Style)> {
        let mut spans: Vec<(String, Style)> = Vec::new();
        for span in &line.spans {
            match spans.last_mut() {
                Some((text, style)) if *style == span.style => text.push_str(&span.content),
                _ => spans.push((span.content.to_string(), span.style)),
            }
        }
        spans
    }

    /// Pieces of markdown that meet each other in every way; only definitions are followed by a blank line, for what stands
    /// right below them the parser itself reads differently alone and in its place.
    fn document() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "para",
            " ",
            "\n",
            "\n",
            "\n\n",
            "# ",
            "## head\n",
            "- ",
            "- item\n",
            "  ",
            "    ",
            "1. ",
            "10) ",
            "> ",
            "> quote\n",
            "```",
            "```\n",
            "```rust\n",
            "~~~\n",
            "let x = \"s\"; // c\n",
            "/* open\n",
            "close */\n",
            "| a | b |\n",
            "|---|:-:|\n",
            "| 1 | 2 |\n",
            "---\n",
            "===\n",
            "***",
            "**bold**",
            "*em*",
            "`code`",
            "[text](http://x.y)",
            "[ref]",
            "[ref]: http://z\n\n",
            "<b>",
            "<div>\n",
            "</div>\n",
            "<!-- c\n",
            "-->\n",
            "<br>",
            "- [ ] todo\n",
            "- [x] done\n",
            "\t",
            "汉字",
            "汉\n字",
            "\\",
            "&#27;[31m",
            "&amp;",
            "~~gone~~",
            "![alt](img.png)",
            "<http://auto>",
            "http://bare/x",
            "https://b.c/",
            "[http://a](http://b)",
            "<a@b.c>",
            "    indented\n",
            "`",
            "*",
            "_",
            "|",
            ":",
            "\u{1b}[31m",
            "\u{1b}",
            "[",
            "\r",
            "\r\n",
            "\u{8}",
            "longwordthatdoesnotfitinthirtycellsatall",
            "\u{9d}x",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(
            std::env::var("CREEL_SOAK").ok().and_then(|count| count.parse().ok()).unwrap_or(400)
        ))]

        #[test]
        fn the_end_is_the_same_however_the_text_was_cut(text in document(), cuts in prop::collection::vec(1usize..9, 1..12)) {
            let mut stream = Streaming::new();
            let chars: Vec<char> = text.chars().collect();
            let mut at = 0;
            let mut sizes = cuts.iter().cycle();
            let mut settled: Vec<Seen> = Vec::new();
            while at < chars.len() {
                let size = sizes.next().copied().unwrap_or(1);
                let end = (at + size).min(chars.len());
                stream.push(&chars[at..end].iter().collect::<String>());
                at = end;
                let shown = streamed(&mut stream);
                // No finished block changes, and at every moment the rows are those of the text so far.
                prop_assert_eq!(&shown[..settled.len()], &settled[..], "settled rows changed at {}", at);
                let so_far: String = chars[..at].iter().collect();
                let whole = lines(&markdown::render(&so_far, FORM));
                prop_assert_eq!(&shown, &whole, "after {:?}", so_far);
                settled = shown[..stream.settled()].to_vec();
            }
            let whole = markdown::render(&text, FORM);
            let narrow = Form::new(11, Glyphs::Ascii);
            prop_assert_eq!(stream.clone().into_sheet(narrow).height(), markdown::render(&text, narrow).height());
            prop_assert_eq!(lines(&stream.into_sheet(FORM)), lines(&whole));
        }

        #[test]
        fn no_row_is_wider_than_its_form(text in document(), width in 2u16..40) {
            for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
                let sheet = markdown::render(&text, Form::new(width, glyphs));
                for row in 0..sheet.height() {
                    let row = sheet.plain(row);
                    prop_assert!(crate::tui::widget::cells::of(&row) <= usize::from(width), "{:?}", row);
                    prop_assert!(!row.chars().any(char::is_control));
                }
            }
        }
    }

    #[test]
    fn a_block_without_end_is_read_again_only_now_and_then() {
        let sentence = "a paragraph of no end, which nobody should write, but someone will. ";
        let mut stream = Streaming::new();
        stream.push(&sentence.repeat(LONG_BLOCK / sentence.len() + 1));
        let mut reads = 0;
        for _ in 0..400 {
            stream.push(sentence);
            let before = stream.read;
            stream.height(FORM);
            reads += usize::from(stream.read != before);
        }
        assert!(reads < 10, "{reads}");
        let text = stream.source().to_owned();
        stream.finish();
        assert_eq!(stream.height(FORM), markdown::render(&text, FORM).height());
    }

    #[test]
    fn an_open_block_of_code_is_not_read_again() {
        let mut stream = Streaming::new();
        stream.push("text\n\n```rust\n");
        for number in 0..50 {
            stream.push(&format!("let x{number} = {number};\n"));
            assert_eq!(stream.height(FORM), 2 + number + 1);
            assert!(stream.fence.is_some());
        }
        stream.push("```\n\nmore\n");
        assert_eq!(stream.height(FORM), 2 + 50 + 2);
        assert!(stream.fence.is_none());
        assert_eq!(stream.settled(), 2 + 50);
    }
}
