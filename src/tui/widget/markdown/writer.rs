//! Events of the markdown parser turned into rows. Containers (quotes, lists) are what stands before each row; what is
//! within a block is gathered as flat text with tones and broken into rows when the block ends.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Tag, TagEnd};

use crate::tui::widget::cells;
use crate::tui::widget::markdown::code::Lines;
use crate::tui::widget::markdown::inline::{Inline, Origins};
use crate::tui::widget::markdown::table::Table;
use crate::tui::widget::paint::{Form, Ink};
use crate::tui::widget::sheet::flat::Flat;
use crate::tui::widget::sheet::{Mark, Sheet};
use crate::tui::widget::wrap;

#[derive(Debug)]
enum Container {
    /// A quote, or a heading.
    Block,
    /// The number of the next item; none for bullets.
    List(Option<u64>),
    Item,
}

/// What stands above a text in the sheet it is written for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Above {
    pub rows: bool,
    /// A blank row is due before the first row.
    pub gap: bool,
    /// The text begins within a list: the number of its first item.
    pub number: Option<u64>,
}

/// A block of code: its info string, its text, and where that stands in the source.
#[derive(Debug, Default)]
struct CodeText {
    info: String,
    text: String,
    origins: Origins,
}

/// A container with the length of what stood before the rows outside of it.
#[derive(Debug)]
struct Open {
    container: Container,
    lead: usize,
    cells: usize,
}

/// Writes one block after the other into a sheet.
#[derive(Debug)]
pub struct Writer<'s> {
    sheet: &'s mut Sheet,
    form: Form,
    /// The whole text, for what the parser does not tell: blank lines.
    text: &'s str,
    above: Above,
    open: Vec<Open>,
    /// What stands before every row of the innermost container, its width, and where it was put when it is in the sheet.
    lead: Flat,
    lead_cells: usize,
    placed: Option<Range<usize>>,
    /// What stands before the next row instead: bullets, numbers, the hashes of a heading.
    marker: Option<Flat>,
    /// A blank row is due before the next, with so much of the lead.
    gap: Option<usize>,
    /// The text of the block or cell under way.
    inline: Inline,
    table: Option<Table>,
    /// A block of code so far.
    code: Option<CodeText>,
}

impl<'s> Writer<'s> {
    pub fn new(sheet: &'s mut Sheet, form: Form, text: &'s str, above: Above) -> Self {
        Self {
            sheet,
            form,
            text,
            above,
            open: Vec::new(),
            lead: Flat::default(),
            lead_cells: 0,
            placed: None,
            marker: None,
            gap: above.gap.then_some(0),
            inline: Inline::default(),
            table: None,
            code: None,
        }
    }

    /// Begins a top-level block or an item of a top-level list, and says where and below what.
    pub fn begin(&mut self) -> (Mark, Above) {
        // A block shares nothing with the one before, so that it can be moved to another sheet.
        self.placed = None;
        let number = match self.open.last() {
            Some(Open {
                container: Container::List(number),
                ..
            }) => *number,
            _ => None,
        };
        let above = Above {
            rows: self.above.rows || !self.sheet.is_empty(),
            gap: self.gap.is_some(),
            number,
        };
        (self.sheet.mark(), above)
    }

    /// The next list goes on with this number.
    pub fn resume(&mut self, number: Option<u64>) {
        self.above.number = number;
    }

    /// Corrects what stands between two items that were read one by one.
    pub fn between_items(&mut self, end: usize) {
        self.gap = self.blank_after(end).then_some(0);
    }

    /// Adds text as it stands, as a block of its own; it stands at `at` in the source.
    pub fn literal(&mut self, text: &str, at: usize) {
        self.inline.literal(text, at);
        self.flush();
        self.end_block(self.text.len());
    }

    /// Takes the next event of the parser, and where it stands in the text.
    pub fn event(&mut self, event: Event, source: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, source),
            Event::End(tag) => self.end(tag, source),
            Event::Rule => {
                let end = source.end;
                self.rule(&source);
                self.end_block(end);
            }
            Event::Text(text) if self.code.is_some() => {
                if let Some(code) = &mut self.code {
                    code.origins.add(code.text.len(), source);
                    code.text.push_str(&text);
                }
            }
            event => self.inline.event(&event, source),
        }
    }

    fn start(&mut self, tag: Tag, source: Range<usize>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.inline.ink = Ink::Heading;
                let hashes = format!("{} ", "#".repeat(depth(level)));
                self.enter(Container::Block, &hashes, Ink::Marker, true);
            }
            Tag::BlockQuote(_) => {
                self.flush();
                let bar = self.form.glyphs.pick("▌ ", "| ");
                self.enter(Container::Block, bar, Ink::Quote, false);
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some(CodeText {
                    info,
                    ..CodeText::default()
                });
            }
            Tag::HtmlBlock => self.flush(),
            Tag::List(first) => {
                self.flush();
                let resumed = self.above.number.take();
                let first = first.map(|first| resumed.unwrap_or(first));
                self.enter(Container::List(first), "", Ink::Text, false);
            }
            Tag::Item => self.item(),
            Tag::Table(alignments) => {
                self.flush();
                self.table = Some(Table::new(alignments));
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.begin_row(source);
                }
            }
            tag => self.inline.event(&Event::Start(tag), source),
        }
    }

    fn end(&mut self, tag: TagEnd, source: Range<usize>) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.flush(),
            TagEnd::Heading(_) => {
                self.flush_even_empty();
                self.inline.ink = Ink::Text;
                self.leave();
            }
            TagEnd::BlockQuote(_) | TagEnd::Item => {
                if self.marker.is_some() {
                    self.flush_even_empty();
                } else {
                    self.flush();
                }
                self.leave();
            }
            TagEnd::CodeBlock => {
                if let Some(code) = self.code.take() {
                    self.code_block(&code);
                }
            }
            TagEnd::List(_) => self.leave(),
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.table(&table);
                }
            }
            TagEnd::TableCell => {
                let (cell, _) = self.inline.take();
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
                return;
            }
            tag => return self.inline.event(&Event::End(tag), source),
        }
        self.end_block(source.end);
    }

    // Containers.

    fn item(&mut self) {
        let mut number = None;
        if let Some(Open {
            container: Container::List(next),
            ..
        }) = self.open.last_mut()
            && let Some(next) = next
        {
            number = Some(*next);
            *next = next.saturating_add(1);
        }
        let marker = match number {
            Some(number) => format!("{number}. "),
            None => self.form.glyphs.pick("• ", "* ").to_owned(),
        };
        self.enter(Container::Item, &marker, Ink::Marker, true);
    }

    /// Opens a container. What stands before its rows stands before each, or before the first and blanks before the others.
    /// Where it would take more than half of the width it is left out.
    fn enter(&mut self, container: Container, before: &str, ink: Ink, once: bool) {
        self.open.push(Open {
            container,
            lead: self.lead.len(),
            cells: self.lead_cells,
        });
        let width = cells::of(before);
        if width == 0 || (self.lead_cells + width) * 2 > self.form.cells() {
            return;
        }
        if once {
            let mut marker = self.marker.take().unwrap_or_else(|| self.lead.clone());
            marker.put(before, ink);
            self.marker = Some(marker);
            self.lead.put(&" ".repeat(width), Ink::Text);
        } else {
            if let Some(marker) = &mut self.marker {
                marker.put(before, ink);
            }
            self.lead.put(before, ink);
        }
        self.lead_cells += width;
        self.placed = None;
    }

    fn leave(&mut self) {
        if let Some(open) = self.open.pop() {
            if open.lead < self.lead.len() {
                self.placed = None;
            }
            self.lead.truncate(open.lead);
            self.lead_cells = open.cells;
        }
        self.marker = None;
    }

    /// After a block a blank row is due; within lists only where the source has one, whatever the rest of the list is like.
    fn end_block(&mut self, end: usize) {
        let due = match self.open.last() {
            Some(Open {
                container: Container::Item | Container::List(_),
                ..
            }) => self.blank_after(end),
            _ => true,
        };
        let written = self.above.rows || !self.sheet.is_empty();
        self.gap = (due && written).then_some(self.lead.len());
    }

    /// Whether a blank line follows what ends at a place in the text; the bars of quotes are blank too.
    fn blank_after(&self, end: usize) -> bool {
        let blank = [' ', '\t', '\n', '>'];
        let text = &self.text[..end.min(self.text.len())];
        let rest = &self.text[text.trim_end_matches(blank).len()..];
        let mut lines = rest.split('\n').skip(1);
        lines
            .next()
            .is_some_and(|line| line.trim_matches(blank).is_empty())
            && lines.next().is_some()
    }

    // Rows.

    fn room(&self) -> usize {
        self.form.cells().saturating_sub(self.lead_cells).max(1)
    }

    /// Puts what stands before the next row, and a blank row above it where one is due.
    fn next_lead(&mut self) -> Range<usize> {
        if let Some(length) = self.gap.take() {
            let kept = self.lead.text()[..length.min(self.lead.len())]
                .trim_end()
                .len();
            let start = self.sheet.flat().len();
            self.sheet.flat().put_part(&self.lead, 0..kept);
            let end = self.sheet.flat().len();
            self.sheet.push(&(start..end), &(end..end));
        }
        if let Some(marker) = self.marker.take() {
            return self.place(&marker);
        }
        if let Some(placed) = &self.placed {
            return placed.clone();
        }
        let lead = std::mem::take(&mut self.lead);
        let placed = self.place(&lead);
        self.lead = lead;
        self.placed = Some(placed.clone());
        placed
    }

    fn place(&mut self, lead: &Flat) -> Range<usize> {
        let start = self.sheet.flat().len();
        self.sheet.flat().put_part(lead, 0..lead.len());
        start..self.sheet.flat().len()
    }

    /// Breaks what was gathered into rows, if it is anything to see.
    fn flush(&mut self) {
        if self.inline.is_blank() {
            self.inline.take();
        } else {
            self.flush_even_empty();
        }
    }

    fn flush_even_empty(&mut self) {
        let (flat, origins) = self.inline.take();
        let start = self.place(&flat).start;
        let room = self.room();
        for row in wrap::words(flat.text(), room, room) {
            let lead = self.next_lead();
            self.sheet
                .push(&lead, &(start + row.start..start + row.end));
            if let Some(span) = origins.span(&row) {
                self.sheet.place(&span);
            }
        }
    }

    fn rule(&mut self, source: &Range<usize>) {
        self.flush();
        let lead = self.next_lead();
        let line = self.form.glyphs.pick("─", "-").repeat(self.room());
        let start = self.sheet.flat().len();
        self.sheet.flat().put(&line, Ink::Rule);
        let end = self.sheet.flat().len();
        self.sheet.push(&lead, &(start..end));
        self.sheet.place(source);
    }

    fn code_block(&mut self, code: &CodeText) {
        // The first row has the marker of an item that begins with code; the others the plain lead.
        let first = self.next_lead();
        let rest = self.next_lead();
        let room = self.room();
        let glyphs = self.form.glyphs;
        let lines = Lines::begin(self.sheet, &code.info, glyphs, room, &first, &rest);
        lines.all(self.sheet, &code.text, &code.origins);
    }

    fn table(&mut self, table: &Table) {
        let first = self.next_lead();
        let rest = self.next_lead();
        let room = self.room();
        table.write(self.sheet, self.form.glyphs, room, &first, &rest);
    }
}

fn depth(level: HeadingLevel) -> usize {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
