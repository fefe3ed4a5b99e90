//! Markdown as rows: the text is cut into its top-level blocks, and each is laid out by itself. So what a finished block
//! looks like never depends on what comes after it, a text that grows is drawn as the whole text would be, and a definition
//! of a link (`[name]: address`) is shown as it stands instead of reaching back into other blocks.

pub mod code;
pub mod table;
pub mod writer;

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::agent::visible::clean;
use crate::tui::widget::markdown::writer::{Above, Writer};
use crate::tui::widget::paint::Form;
use crate::tui::widget::sheet::{Mark, Sheet};

/// The rows of a markdown text. It is cleaned first.
pub fn render(text: &str, form: Form) -> Sheet {
    let mut sheet = Sheet::default();
    write(
        &clean(text),
        form,
        Above::default(),
        &mut sheet,
        &mut Vec::new(),
    );
    sheet
}

/// A place where the text may be cut in two and written one part after the other: the start of a top-level block, or of an
/// item of a top-level list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// In the text.
    pub start: usize,
    /// In the sheet.
    pub mark: Mark,
    pub above: Above,
    /// So many lines from the start decide that it is one, and not a part of what stands before it.
    pub lines: usize,
}

impl Block {
    /// Whether nothing that comes later can make it a part of what stands before it: `#` may become `#hash`, and a row of a
    /// table is text until the row below it says otherwise.
    pub fn is_certain(&self, text: &str) -> bool {
        let mut ends = text[self.start..].match_indices('\n');
        ends.nth(self.lines - 1).is_some()
    }
}

/// Adds the rows of a clean text to a sheet, and to `blocks` the places where it may be cut.
pub fn write(text: &str, form: Form, above: Above, sheet: &mut Sheet, blocks: &mut Vec<Block>) {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let parser = Parser::new_ext(text, options);
    let mut writer = Writer::new(sheet, form, text, above);
    let mut depth = Depth::default();
    if parser.reference_definitions().iter().next().is_none() {
        for (event, range) in parser.into_offset_iter() {
            if depth.part(&event).is_some() {
                let start = line_start(text, range.start);
                // The first item begins where its list does, and is the block.
                if blocks.last().is_none_or(|block| block.start < start) {
                    let (mark, above) = writer.begin();
                    let lines = 1 + usize::from(matches!(event, Event::Start(Tag::Table(_))));
                    blocks.push(Block {
                        start,
                        mark,
                        above,
                        lines,
                    });
                }
            }
            writer.event(event, range.end);
        }
        return;
    }
    // Definitions would make a block depend on others: each block is read by itself, and they are blocks of their own.
    let mut parts = Vec::new();
    for (event, range) in parser.into_offset_iter() {
        if let Some(part) = depth.part(&event) {
            parts.push((part, line_start(text, range.start)..range.end));
        }
    }
    write_parts(
        text,
        &pieces(text, parts),
        &mut writer,
        above.number,
        blocks,
        options,
    );
}

/// Writes parts of a text, each read as if it were alone.
fn write_parts(
    text: &str,
    pieces: &[(Part, Range<usize>)],
    writer: &mut Writer,
    mut number: Option<u64>,
    blocks: &mut Vec<Block>,
    options: Options,
) {
    for (index, (part, range)) in pieces.iter().enumerate() {
        let slice = &text[range.clone()];
        let (mark, mut above) = writer.begin();
        above.number = number;
        blocks.push(Block {
            start: range.start,
            mark,
            above,
            // A table is not told from other blocks here; one line more is waited for.
            lines: 2,
        });
        if *part == Part::Definitions {
            writer.literal(slice);
            continue;
        }
        let parser = Parser::new_ext(slice, options);
        let mut inner: Vec<Range<usize>> = parser
            .reference_definitions()
            .iter()
            .map(|(_, definition)| definition.span.clone())
            .collect();
        inner.sort_by_key(|span| span.start);
        let mut events = parser.into_offset_iter().peekable();
        // A paragraph may begin with definitions; those further in come after the block.
        let begins = events.peek().map_or(0, |(_, range)| range.start);
        let leading = inner.partition_point(|span| span.end <= begins);
        if leading > 0 {
            writer.literal(slice[..begins].trim());
        }
        writer.resume(above.number);
        for (event, inner) in events {
            if let Event::Start(Tag::List(first)) = &event
                && number.is_none()
            {
                number = *first;
            }
            writer.event(event, range.start + inner.end);
        }
        for span in &inner[leading..] {
            writer.literal(&slice[span.clone()]);
        }
        match pieces.get(index + 1) {
            Some((Part::Item, _)) => {
                writer.between_items(range.end);
                number = number.map(|number| number.saturating_add(1));
            }
            _ => number = None,
        }
    }
}

/// What a part of a text is, that is read by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Block,
    /// An item of a top-level list, but not its first.
    Item,
    /// Definitions of links, which the parser keeps to itself.
    Definitions,
}

/// How deep in the text the parser is.
#[derive(Debug, Default)]
struct Depth {
    depth: usize,
    in_list: bool,
}

impl Depth {
    /// Follows an event and says what part of the text it begins.
    fn part(&mut self, event: &Event) -> Option<Part> {
        let part = match (event, self.depth) {
            (Event::End(_), _) => None,
            (_, 0) => {
                self.in_list = matches!(event, Event::Start(Tag::List(_)));
                Some(Part::Block)
            }
            (Event::Start(Tag::Item), 1) if self.in_list => Some(Part::Item),
            _ => None,
        };
        match event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        part
    }
}

/// The parts with what lies between them: blank lines, which are nothing, or definitions. Lists give way to their items.
fn pieces(text: &str, parts: Vec<(Part, Range<usize>)>) -> Vec<(Part, Range<usize>)> {
    let mut pieces: Vec<(Part, Range<usize>)> = Vec::new();
    let mut end = 0;
    let mut parts = parts.into_iter().peekable();
    while let Some((part, mut range)) = parts.next() {
        if part == Part::Block
            && let Some((_, item)) =
                parts.next_if(|(part, item)| *part == Part::Item && item.start < range.end)
        {
            range.end = item.end;
        }
        let start = range.start.max(end);
        definitions(text, end..start, &mut pieces);
        end = range.end.max(start);
        pieces.push((part, start..end));
    }
    definitions(text, end..text.len(), &mut pieces);
    pieces
}

fn definitions(text: &str, gap: Range<usize>, pieces: &mut Vec<(Part, Range<usize>)>) {
    let between = &text[gap.clone()];
    let blank = between.len() - between.trim_start().len();
    if blank < between.len() {
        let start = line_start(text, gap.start + blank).max(gap.start);
        pieces.push((
            Part::Definitions,
            start..gap.start + between.trim_end().len(),
        ));
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}
