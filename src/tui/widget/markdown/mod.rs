//! Markdown as rows: the text is cut into its top-level blocks, and each is laid out by itself. So what a finished block
//! looks like never depends on what comes after it, a text that grows is drawn as the whole text would be, and a definition
//! of a link (`[name]: address`) is shown as it stands instead of reaching back into other blocks.

pub mod code;
pub mod inline;
pub mod source;
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
    let options = options();
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
            writer.event(event, range);
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

/// What of Markdown is known beyond the common part.
pub fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
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
            writer.literal(slice, range.start);
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
            writer.literal(slice[..begins].trim(), range.start);
        }
        writer.resume(above.number);
        for (event, inner) in events {
            if let Event::Start(Tag::List(first)) = &event
                && number.is_none()
            {
                number = *first;
            }
            writer.event(event, range.start + inner.start..range.start + inner.end);
        }
        for span in &inner[leading..] {
            writer.literal(&slice[span.clone()], range.start + span.start);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::paint::Glyphs;
    use pretty_assertions::assert_eq;

    fn rows(text: &str, width: u16) -> String {
        let sheet = render(text, Form::new(width, Glyphs::Unicode));
        let rows: Vec<String> = (0..sheet.height())
            .map(|row| sheet.plain(row).trim_end().to_owned())
            .collect();
        rows.join("\n")
    }

    fn check(cases: &[(&str, u16, &str)]) {
        for (text, width, expected) in cases {
            assert_eq!(rows(text, *width), expected.trim_matches('\n'), "{text:?}");
        }
    }

    #[test]
    fn text_and_its_marks() {
        check(&[
            ("", 20, ""),
            ("# Head *em*\ntext", 20, "# Head em\n\ntext"),
            (
                "One `code` and **bold**\nsame paragraph.",
                16,
                "One `code` and\nbold same\nparagraph.",
            ),
            ("line  \nbreak<br>again", 20, "line\nbreak\nagain"),
            ("汉字\n汉字 and\nwords", 20, "汉字汉字 and words"),
            (
                "[text](http://x.y) <http://a.b> [http://c.d](http://c.d/)",
                60,
                "text (http://x.y) http://a.b http://c.d",
            ),
            ("![a chart](chart.png)", 40, "image: a chart (chart.png)"),
            ("[evil](http://x/&#27;[2J)", 40, "evil (http://x/)"),
            ("a &#27;[31m b &#x202e;c", 40, "a [31m b c"),
            ("***", 5, "─────"),
            (
                "<div>\n<b>x</b>\n</div>\n\nafter",
                20,
                "<div>\n<b>x</b>\n</div>\n\nafter",
            ),
            (
                "see [name]\n\n[name]: http://x.y \"t\"\n\nend",
                40,
                "see [name]\n\n[name]: http://x.y \"t\"\n\nend",
            ),
        ]);
    }

    #[test]
    fn code_within_a_line_stands_where_its_characters_do() {
        let many = "汉".repeat(20);
        for text in [
            format!("`{many}`"),
            format!("``{many}``"),
            format!("see ``` {many} ``` there"),
            format!("`` `{many}` ``"),
        ] {
            let sheet = render(&text, Form::new(12, Glyphs::Unicode));
            for row in 0..sheet.height() {
                let source = sheet.span(row).and_then(|span| text.get(span));
                let plain = sheet.plain(row);
                let shown = plain.trim_matches(|c| c != '汉');
                assert!(
                    source.is_some_and(|source| source.contains(shown)),
                    "{text}: {shown:?} is not in {source:?}"
                );
            }
        }
    }

    #[test]
    fn lists_hang_and_quotes_have_bars() {
        check(&[
            (
                "- one two three\n- four\n  - five six\n",
                10,
                "• one two\n  three\n• four\n  • five\n    six",
            ),
            (
                "9. nine\n10. ten eleven\n",
                10,
                "9. nine\n10. ten\n    eleven",
            ),
            ("1. a\n1. b\n", 10, "1. a\n2. b"),
            ("- a\n- b\n\n- c\n", 10, "• a\n• b\n\n• c"),
            ("- a\n\n  more\n- b", 10, "• a\n\n  more\n• b"),
            ("- [ ] to do\n- [x] done", 20, "• [ ] to do\n• [x] done"),
            (
                "> a quote that wraps\n>\n> - with a list\n\nafter",
                14,
                "▌ a quote that\n▌ wraps\n▌\n▌ • with a\n▌   list\n\nafter",
            ),
            (
                "- > quoted\n- ```rust\n  code\n  ```",
                20,
                "• ▌ quoted\n• │ code",
            ),
            ("-\n- a", 9, "•\n• a"),
            (
                "1. text:\n   ```\n   code\n   ```\n2. next",
                20,
                "1. text:\n   │ code\n2. next",
            ),
            (&format!("{}deep", "> ".repeat(40)), 20, "▌ ▌ ▌ ▌ ▌ deep"),
        ]);
    }

    #[test]
    fn code_is_kept_line_by_line() {
        check(&[
            (
                "```rust\nfn a() {\n\tlet long = 1;\n\n}\n```\nafter",
                14,
                "│ fn a() {\n│     let long\n↳  = 1;\n│\n│ }\n\nafter",
            ),
            ("    indented\n      code", 20, "│ indented\n│   code"),
            ("```\n```", 9, "│"),
            ("~~~\n**no** marks", 20, "│ **no** marks"),
        ]);
    }

    #[test]
    fn tables_fit_or_become_lines() {
        let table = "| name | what it does | n |\n|---|:-:|--:|\n| cap | the longest sleep | 30 |\n| b | `x` | 2 |\n";
        check(&[
            (
                table,
                60,
                "
┌──────┬───────────────────┬────┐
│ name │   what it does    │  n │
├──────┼───────────────────┼────┤
│ cap  │ the longest sleep │ 30 │
│ b    │        `x`        │  2 │
└──────┴───────────────────┴────┘",
            ),
            (
                table,
                26,
                "
┌──────┬────────────┬────┐
│ name │  what it   │  n │
│      │    does    │    │
├──────┼────────────┼────┤
│ cap  │    the     │ 30 │
│      │  longest   │    │
│      │   sleep    │    │
├──────┼────────────┼────┤
│ b    │    `x`     │  2 │
└──────┴────────────┴────┘",
            ),
            (
                table,
                18,
                "
name: cap
what it does: the
longest sleep
n: 30

name: b
what it does: `x`
n: 2",
            ),
            (
                "| 汉字 |\n|--|\n| 重 |\n",
                20,
                "┌──────┐\n│ 汉字 │\n├──────┤\n│ 重   │\n└──────┘",
            ),
        ]);
    }

    #[test]
    fn no_width_is_too_small() {
        let text = "# h\n\n> - 1. text 汉字\n\n| a | b |\n|--|--|\n| c | d |\n\n```rust\nlet x;\n```\n\n***\n";
        for width in 0..12 {
            for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
                let sheet = render(text, Form::new(width, glyphs));
                assert!(sheet.height() > 8, "{width}");
            }
        }
    }

    #[test]
    fn the_plain_set_draws_in_ascii() {
        let text = "# h\n\n> q\n\n- i\n\n| a |\n|--|\n| c |\n\n```\nx\n```\n\n***\n";
        let sheet = render(text, Form::new(20, Glyphs::Ascii));
        for row in 0..sheet.height() {
            assert!(sheet.plain(row).is_ascii());
        }
    }

    #[test]
    fn hostile_nesting_is_bounded() {
        let deep = "> ".repeat(5_000) + "x";
        assert_eq!(render(&deep, Form::new(40, Glyphs::Unicode)).height(), 1);
        let lists: Vec<String> = (0..300)
            .map(|depth| format!("{}- x\n", "  ".repeat(depth)))
            .collect();
        let lists = lists.concat();
        assert!(render(&lists, Form::new(40, Glyphs::Unicode)).height() >= 300);
        let emphasis = "*a ".repeat(20_000);
        assert!(render(&emphasis, Form::new(40, Glyphs::Unicode)).height() > 100);
        let cells = format!(
            "{}\n{}\n{}\n",
            "|a".repeat(900),
            "|-".repeat(900),
            "|b".repeat(900)
        );
        assert!(render(&cells, Form::new(40, Glyphs::Unicode)).height() >= 900);
    }
}
