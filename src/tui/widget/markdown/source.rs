//! What a place in the source of a Markdown text belongs to: which blocks there are, and the code of one.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd};

use crate::tui::widget::markdown::writer::Above;
use crate::tui::widget::markdown::{self, Block, options};
use crate::tui::widget::paint::{Form, Glyphs};
use crate::tui::widget::sheet::Sheet;

/// A block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// All of it, fences and all.
    pub whole: Range<usize>,
    /// Its text, as the parser gives it.
    text: String,
    /// Where that stands in the source.
    inner: Range<usize>,
}

impl Code {
    /// The code without its fence. `copied` is the same source with the line ends it had.
    pub fn text(&self, source: &str, copied: &str) -> String {
        if source.get(self.inner.clone()) == Some(&self.text) && source.len() != copied.len() {
            // Within a list or a quote the text is not a piece of the source.
            let ends = source[..self.inner.end].matches('\n').count();
            let begins = source[..self.inner.start].matches('\n').count();
            let lines = copied.split_inclusive('\n').skip(begins);
            return lines.take(ends - begins).collect();
        }
        self.text.clone()
    }
}

/// The block of code at a place.
pub fn code_at(source: &str, at: usize) -> Option<Code> {
    codes(source)
        .into_iter()
        .find(|code| code.whole.contains(&at))
}

/// Where a part of the source ends when it is not to end within a block of code that begins in it.
pub fn closing(source: &str, part: &Range<usize>) -> usize {
    if !source[part.clone()].contains(['`', '~']) {
        return part.end;
    }
    let open = codes(source).into_iter().find(|code| {
        let begins = code.whole.start >= part.start && code.whole.start < part.end;
        begins && code.whole.end > part.end
    });
    open.map_or(part.end, |code| {
        let whole = &source[..code.whole.end];
        whole.trim_end_matches('\n').len().max(part.end)
    })
}

/// Where the blocks of a text begin, and the items of its lists: what of them is shown, without the marks before it.
pub fn blocks(source: &str) -> Vec<usize> {
    let mut blocks = Vec::new();
    let form = Form::new(80, Glyphs::Unicode);
    let above = Above::default();
    let mut sheet = Sheet::default();
    markdown::write(source, form, above, &mut sheet, &mut blocks);
    let shown = |block: &Block| {
        let mut rows = block.mark.rows()..sheet.height();
        let first = rows.find_map(|row| sheet.span(row));
        first.map_or(block.start, |span| span.start.max(block.start))
    };
    blocks.iter().map(shown).collect()
}

/// The links of a text and where they lead, as they are written: those that name another place of the text are shown as they
/// stand, and are none.
pub fn links(source: &str) -> Vec<(Range<usize>, String)> {
    let mut links = Vec::new();
    // Those that are open: where each leads, what it says, and where that ends.
    let mut open: Vec<(Option<String>, String, usize)> = Vec::new();
    for (event, range) in Parser::new_ext(source, options()).into_offset_iter() {
        match event {
            Event::Start(
                Tag::Link {
                    link_type,
                    dest_url,
                    ..
                }
                | Tag::Image {
                    link_type,
                    dest_url,
                    ..
                },
            ) => {
                let address = match link_type {
                    LinkType::Inline | LinkType::Autolink => Some(dest_url.into_string()),
                    LinkType::Email => Some(format!("mailto:{dest_url}")),
                    _ => None,
                };
                open.push((address, String::new(), range.start));
            }
            Event::Text(text) | Event::Code(text) => {
                for (_, words, end) in &mut open {
                    words.push_str(&text);
                    *end = range.end;
                }
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let Some((Some(address), words, end)) = open.pop() else {
                    continue;
                };
                // Words that are another address lead there or nowhere, as when they are drawn.
                let is_other = words.contains("://") && bare(&words) != bare(&address);
                let start = if is_other { end } else { range.start };
                links.push((start..range.end, address));
            }
            _ => {}
        }
    }
    links
}

/// An address without what tells no two apart.
fn bare(address: &str) -> &str {
    address.trim().trim_end_matches('/')
}

fn codes(source: &str) -> Vec<Code> {
    let mut codes = Vec::new();
    let mut open: Option<Code> = None;
    for (event, range) in Parser::new_ext(source, options()).into_offset_iter() {
        match (event, &mut open) {
            (Event::Start(Tag::CodeBlock(_)), _) => {
                open = Some(Code {
                    inner: range.end..range.end,
                    whole: range,
                    text: String::new(),
                });
            }
            (Event::Text(text), Some(code)) => {
                code.text.push_str(&text);
                code.inner.start = code.inner.start.min(range.start);
                code.inner.end = range.end;
            }
            (Event::End(TagEnd::CodeBlock), _) => codes.extend(open.take()),
            _ => {}
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn code_is_found_by_any_place_in_it() {
        let text = "Say:\n\n```rust\nlet a;\n\n\tlet b;\n```\n\n- x\n  ```\n  y\n  ```\n";
        for (at, expected) in [
            ("Say", None),
            ("```rust", Some("let a;\n\n\tlet b;\n")),
            ("let b", Some("let a;\n\n\tlet b;\n")),
            ("y\n", Some("y\n")),
        ] {
            let code = code_at(text, text.find(at).unwrap_or_default());
            assert_eq!(
                code.map(|code| code.text(text, text)).as_deref(),
                expected,
                "{at}"
            );
        }
    }

    #[test]
    fn code_keeps_its_line_ends() {
        let copied = "a\r\n\r\n```\r\nx\r\ny\r\n```\r\n";
        let source = copied.replace("\r\n", "\n");
        let code = code_at(&source, source.find('x').unwrap_or_default());
        let code = code.map(|code| code.text(&source, copied));
        assert_eq!(code.as_deref(), Some("x\r\ny\r\n"));
    }

    #[test]
    fn a_part_does_not_end_within_code_that_begins_in_it() {
        let text = "a\n\n```\nx\ny\n```\n\nb\n";
        let part = |from: &str, to: &str| {
            let start = text.find(from).unwrap_or_default();
            start..text.find(to).unwrap_or_default() + to.len()
        };
        let end = |range: Range<usize>| &text[range.start..closing(text, &range)];
        assert_eq!(end(part("a", "x")), "a\n\n```\nx\ny\n```");
        assert_eq!(end(part("x", "y")), "x\ny");
        assert_eq!(end(part("y", "b")), "y\n```\n\nb");
    }

    #[test]
    fn blocks_begin_where_they_are_seen_to() {
        assert_eq!(blocks("# a\n\ntext\nmore\n\n- x\n- y\n"), [2, 5, 18, 22]);
    }
}
