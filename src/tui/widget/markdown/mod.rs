//! Markdown as rows: the text is cut into its top-level blocks, and each is laid out by itself. So what a finished block
//! looks like never depends on what comes after it, a text that grows is drawn as the whole text would be, and a definition
//! of a link (`[name]: address`) is shown as it stands instead of reaching back into other blocks.

pub mod code;
pub mod table;
pub mod writer;

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser};

use crate::agent::visible::clean;
use crate::tui::widget::markdown::writer::Writer;
use crate::tui::widget::paint::Form;
use crate::tui::widget::sheet::{Mark, Sheet};

/// The rows of a markdown text. It is cleaned first.
pub fn render(text: &str, form: Form) -> Sheet {
    let mut sheet = Sheet::default();
    write(&clean(text), form, false, &mut sheet, &mut Vec::new());
    sheet
}

/// Where a top-level block begins, in the text and in the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub start: usize,
    pub mark: Mark,
}

/// Adds the rows of all blocks of a clean text to a sheet, and where each began to `blocks`. With `follows`, something
/// stands above the first, and a blank row parts them.
pub fn write(text: &str, form: Form, follows: bool, sheet: &mut Sheet, blocks: &mut Vec<Block>) {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let parser = Parser::new_ext(text, options);
    let mut writer = Writer::new(sheet, form, follows);
    if parser.reference_definitions().iter().next().is_none() {
        let mut depth = 0_usize;
        for (event, range) in parser.into_offset_iter() {
            if depth == 0 {
                let start = line_start(text, range.start);
                blocks.push(Block {
                    start,
                    mark: writer.begin(),
                });
            }
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
            writer.event(event);
        }
        return;
    }
    // Definitions would make a block depend on others: each block is read by itself, and they are blocks of their own.
    let tops = tops(parser.into_offset_iter());
    for piece in pieces(text, &tops) {
        let (start, slice) = match &piece {
            Piece::Block(range) | Piece::Definitions(range) => (range.start, &text[range.clone()]),
        };
        blocks.push(Block {
            start,
            mark: writer.begin(),
        });
        if let Piece::Definitions(_) = piece {
            writer.literal(slice);
        } else {
            for event in Parser::new_ext(slice, options) {
                writer.event(event);
            }
        }
    }
}

enum Piece {
    Block(Range<usize>),
    Definitions(Range<usize>),
}

/// The ranges of the top-level blocks.
fn tops<'a>(events: impl Iterator<Item = (Event<'a>, Range<usize>)>) -> Vec<Range<usize>> {
    let mut tops = Vec::new();
    let mut depth = 0_usize;
    for (event, range) in events {
        if depth == 0 {
            tops.push(range);
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    tops
}

/// The blocks with what lies between them: blank lines, which go with the block before, or definitions.
fn pieces(text: &str, tops: &[Range<usize>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut end = 0;
    for top in tops {
        let start = line_start(text, top.start).max(end);
        definitions(text, end..start, &mut pieces);
        pieces.push(Piece::Block(start..top.end.max(start)));
        end = top.end.max(start);
    }
    definitions(text, end..text.len(), &mut pieces);
    pieces
}

fn definitions(text: &str, gap: Range<usize>, pieces: &mut Vec<Piece>) {
    let between = &text[gap.clone()];
    let blank = between.len() - between.trim_start().len();
    if blank < between.len() {
        let start = line_start(text, gap.start + blank).max(gap.start);
        pieces.push(Piece::Definitions(
            start..gap.start + between.trim_end().len(),
        ));
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}
