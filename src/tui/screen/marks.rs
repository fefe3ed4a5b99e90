//! How caret, selection and hits of a search are shown over the rows of a transcript. The row of the caret and selected rows
//! have marks in the margin, so that colour is not all that tells.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::protocol::id::Seq;
use crate::tui::app::find::{Hit, Search};
use crate::tui::screen::body::Spot;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::reading::Eyes;
use crate::tui::screen::site::Site;
use crate::tui::screen::transcript::{Place, Walk};
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;

/// One character of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub x: u16,
    /// In the text of the row.
    pub shown: Range<usize>,
    /// In the text of the entry.
    pub source: usize,
}

/// Where the characters of a row stand in the text: marks that are not shown are passed over, and what is shown and not in
/// the text stands where the next of the text does.
pub fn aligned(spot: &Spot, text: &str) -> Vec<Cell> {
    let start = text.floor_char_boundary(spot.span.start.min(text.len()));
    let end = text.floor_char_boundary(spot.span.end.clamp(start, text.len()));
    let source = &text[start..end];
    let mut at = 0;
    let mut x = spot.x;
    let mut all = Vec::new();
    for (begin, symbol, width) in cells::symbols(&spot.text) {
        let rest = &source[at..];
        let blank = symbol.chars().all(char::is_whitespace);
        let mut place = at;
        if blank {
            let next = rest.chars().next().filter(|c| c.is_whitespace());
            at += next.map_or(0, char::len_utf8);
        } else if let Some(found) = rest.find(symbol) {
            place = at + found;
            at = place + symbol.len();
        }
        all.push(Cell {
            x,
            shown: begin..begin + symbol.len(),
            source: start + place,
        });
        x += width as u16;
    }
    all
}

/// Marks of the caret, of what is selected and of what was found, over rows that are drawn.
pub fn draw(
    walk: &mut Walk,
    site: &Site,
    eyes: Option<&Eyes>,
    top: Place,
    canvas: &mut Canvas,
    area: Rect,
) {
    let look = site.look;
    let search = walk
        .view
        .search
        .as_ref()
        .filter(|search| !search.hits.is_empty());
    let selected = eyes.and_then(|_| Marked::of(walk, site, eyes));
    if search.is_none() && eyes.is_none() {
        return;
    }
    let mut at = top;
    // The text of the entry that was gone through last.
    let mut known: Option<(Seq, String)> = None;
    for y in area.top()..area.bottom() {
        if at.index >= walk.readable() {
            break;
        }
        let (seq, row) = (walk.seq(at.index), at);
        let is_caret = eyes.is_some_and(|eyes| eyes.row == Some(row));
        let part = selected.as_ref().and_then(|marked| marked.part(seq.0));
        let hits = search.map_or(&[][..], |search| search.within(seq));
        if is_caret || part.is_some() || !hits.is_empty() {
            if known.as_ref().is_none_or(|(last, _)| *last != seq) {
                known = walk.text(at.index).map(|text| (seq, text));
            }
            let text = known.as_ref().map_or("", |(_, text)| text);
            if let Some(spot) = walk.spot(row) {
                let mut paint = Painter {
                    cells: aligned(&spot, text),
                    spot: &spot,
                    canvas,
                    y,
                    end: area.right(),
                    left: area.left(),
                };
                let current = search.and_then(Search::hit);
                for hit in touching(hits, &paint.cells) {
                    let style = hit_style(look, current == Some(hit));
                    paint.part(&hit.at, style);
                }
                let inside = part.filter(|part| {
                    part.start < spot.span.end.max(spot.span.start + 1)
                        && part.end > spot.span.start
                });
                if let Some(part) = &inside {
                    paint.part(
                        part,
                        look.style(Role::Marked).add_modifier(Modifier::UNDERLINED),
                    );
                }
                if let Some(caret) = eyes
                    .filter(|_| is_caret)
                    .and_then(|eyes| eyes.caret.as_ref())
                {
                    paint.caret(
                        caret.at,
                        look.style(Role::Text).add_modifier(Modifier::REVERSED),
                    );
                }
                let mark = match (is_caret, inside.is_some()) {
                    (true, _) => Some(look.mark(Mark::Here)),
                    (false, true) => Some(look.glyphs.pick("▎", "|")),
                    _ => None,
                };
                if let (Some(mark), Some(x)) = (mark, area.left().checked_sub(1)) {
                    canvas.write(x, y, area.left(), mark, look.style(Role::Accent));
                }
            }
        }
        let Some(next) = walk.next(at, true) else {
            break;
        };
        at = next;
    }
}

/// The hits that a row shows a part of: an entry may have thousands, and a row a few.
fn touching<'h>(hits: &'h [Hit], cells: &[Cell]) -> &'h [Hit] {
    let (Some(first), Some(last)) = (cells.first(), cells.last()) else {
        return &[];
    };
    let start = hits.partition_point(|hit| hit.at.end <= first.source);
    let rest = hits.get(start..).unwrap_or_default();
    &rest[..rest.partition_point(|hit| hit.at.start <= last.source)]
}

fn hit_style(look: &Look, current: bool) -> Style {
    let style = look.style(Role::Warn).add_modifier(Modifier::UNDERLINED);
    if current {
        style.add_modifier(Modifier::REVERSED)
    } else {
        style
    }
}

/// What is selected, as parts of the texts of entries.
struct Marked {
    from: (u64, usize),
    to: (u64, usize),
}

impl Marked {
    fn of(walk: &mut Walk, site: &Site, eyes: Option<&Eyes>) -> Option<Self> {
        let selection = site.pane.eyes.selection.as_ref()?;
        let caret = eyes?.caret.as_ref()?;
        let mut from = selection.from.clone();
        // The row it began on may have grown since, with the text that streams.
        if let Some(row) = walk.row_of(&from).and_then(|row| walk.span(row)) {
            from.row = row;
        }
        let from = &from;
        let (first, last) = if (from.seq, from.at) <= (caret.seq, caret.at) {
            (from, caret)
        } else {
            (caret, from)
        };
        let (start, end) = if selection.lines {
            (first.row.start, last.row.end.max(last.row.start + 1))
        } else {
            (first.at, last.at + 1)
        };
        Some(Self {
            from: (first.seq.0, start),
            to: (last.seq.0, end),
        })
    }

    fn part(&self, seq: u64) -> Option<Range<usize>> {
        if seq < self.from.0 || seq > self.to.0 {
            return None;
        }
        let start = if seq == self.from.0 { self.from.1 } else { 0 };
        let end = if seq == self.to.0 {
            self.to.1
        } else {
            usize::MAX
        };
        Some(start..end)
    }
}

/// Writes parts of a row again in another style.
struct Painter<'a, 'b> {
    cells: Vec<Cell>,
    spot: &'a Spot<'a>,
    canvas: &'b mut Canvas,
    y: u16,
    left: u16,
    end: u16,
}

impl Painter<'_, '_> {
    fn part(&mut self, part: &Range<usize>, style: Style) {
        for index in 0..self.cells.len() {
            if part.contains(&self.cells[index].source) {
                self.write(index, style);
            }
        }
    }

    fn caret(&mut self, at: usize, style: Style) {
        let index = self.cells.iter().rposition(|cell| cell.source <= at);
        if self.cells.is_empty() {
            // An empty line has a caret too.
            let x = self.left + self.spot.x;
            self.canvas.write(x, self.y, self.end, " ", style);
        } else {
            self.write(index.unwrap_or(0), style);
        }
    }

    fn write(&mut self, index: usize, style: Style) {
        let cell = &self.cells[index];
        let text = &self.spot.text[cell.shown.clone()];
        self.canvas
            .mark(self.left + cell.x, self.y, self.end, text, style);
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::protocol::event::{Event, Fact};
    use crate::protocol::id::SessionId;
    use crate::protocol::item::Item;
    use crate::protocol::time::Time;
    use crate::tui::app::caret::Caret;
    use crate::tui::app::excerpt;
    use crate::tui::app::logical::shown;
    use crate::tui::app::motion::{Motion, moved, word_at};
    use crate::tui::app::transcript::Transcript;
    use crate::tui::widget::markdown;
    use crate::tui::widget::paint::{Form, Glyphs};

    fn sources(span: Range<usize>, row: &str, text: &str) -> Vec<usize> {
        let spot = Spot {
            span,
            x: 2,
            text: Cow::Borrowed(row),
        };
        let cells = aligned(&spot, text);
        cells.iter().map(|cell| cell.source).collect()
    }

    #[test]
    fn characters_of_a_row_are_found_in_the_text() {
        assert_eq!(sources(0..3, "abc", "abc"), [0, 1, 2]);
        assert_eq!(sources(2..10, "bold x", "**bold** x"), [2, 3, 4, 5, 6, 9]);
        assert_eq!(sources(0..6, "汉字", "汉字"), [0, 3]);
        assert_eq!(sources(0..2, "    x", "\tx"), [0, 1, 1, 1, 1]);
        assert_eq!(sources(0..5, "│ a │", "| a |"), [0, 0, 2, 3, 4]);
        assert_eq!(sources(9..9, "x", "ab"), [2]);
    }

    #[test]
    fn a_row_is_marked_with_the_hits_that_touch_it() {
        let hits: Vec<Hit> = [0..2, 2..4, 4..9, 9..10, 12..13]
            .map(|at| Hit { seq: Seq(1), at })
            .into();
        let touched = |sources: &[usize]| -> Vec<usize> {
            let cells: Vec<Cell> = sources
                .iter()
                .map(|source| Cell {
                    x: 0,
                    shown: 0..1,
                    source: *source,
                })
                .collect();
            let touched = touching(&hits, &cells);
            touched.iter().map(|hit| hit.at.start).collect()
        };
        assert_eq!(touched(&[]), [0; 0]);
        assert_eq!(touched(&[0, 1]), [0]);
        assert_eq!(touched(&[3, 4, 5]), [2, 4]);
        assert_eq!(touched(&[5, 6]), [4]);
        assert_eq!(touched(&[8, 9, 10, 11]), [4, 9]);
        assert_eq!(touched(&[10, 11]), [0; 0]);
        assert_eq!(touched(&[12]), [12]);
        assert_eq!(touched(&[40]), [0; 0]);
    }

    /// Pieces of Markdown in any order: marks that open and do not close, and characters of all lengths.
    fn prose() -> impl Strategy<Value = String> {
        const PIECES: &[&str] = &[
            "`",
            "``",
            "```\n",
            "汉",
            "汉字 ",
            "e\u{301}",
            "👩\u{200d}👧",
            " ",
            "\n",
            "\n\n",
            "> ",
            "- ",
            "1. ",
            "*",
            "**",
            "[x](http://y/汉)",
            "![",
            "&le;",
            "&amp;",
            "\\",
            "|",
            "|-|\n",
            "a.rs:7 ",
            "\t",
            "    ",
            "<br>",
            "<b>",
            "<!--\n",
            "<pre>\n",
            "1. ```\n\t",
            "# ",
            "[x]: é\n",
            "\r\n",
            "\u{1b}[2J",
        ];
        proptest::collection::vec(proptest::sample::select(PIECES), 0..20)
            .prop_map(|pieces| pieces.concat())
    }

    proptest! {
            #[test]
            fn every_place_of_a_row_can_be_pointed_at_and_copied(source in prose(), width in 1u16..30) {
                let mut transcript = Transcript::default();
                transcript.apply(&Event {
                    seq: Seq(1),
                    session: SessionId(Uuid::nil()),
                    at: Time(0),
                    fact: Fact::ItemAdded {
                        turn: 1,
                        step: 1,
                        item: Item::Answer { text: source.clone(), cut: false, opaque: None },
    imported: None,
                    },
                });
                let entry = &transcript.entries()[0];
                let text = shown(entry);
                let sheet = markdown::render(&source, Form::new(width, Glyphs::Unicode));
                for row in 0..sheet.height() {
                    let Some(span) = sheet.span(row) else { continue };
                    prop_assert!(span.start <= span.end && span.end <= text.len(), "{span:?} of {}", text.len());
                    let (_, halves) = sheet.halves(row);
                    let spot = Spot { span: span.clone(), x: 0, text: Cow::Borrowed(halves) };
                    for cell in aligned(&spot, &text) {
                        prop_assert!(text.is_char_boundary(cell.source), "{cell:?}");
                    }
                    for at in span.start..=span.end + 1 {
                        let word = word_at(&text, at);
                        prop_assert!(text.get(word.clone()).is_some(), "{word:?}");
                        for step in [Motion::Left, Motion::Right, Motion::Word, Motion::WordBefore] {
                            prop_assert!(text.is_char_boundary(moved(&text, at, step)), "{step:?} {at}");
                        }
                        let caret = Caret { row: span.clone(), ..Caret::new(Seq(1), at) };
                        excerpt::block(entry, &caret);
                        excerpt::place(entry, at);
                        for lines in [true, false] {
                            excerpt::selected(&transcript, None, (&caret, &caret), lines);
                        }
                    }
                }
            }
        }
}
