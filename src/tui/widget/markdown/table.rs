//! Tables: columns as wide as their cells where there is room, else the widest give way and their cells are broken into
//! rows; where even that leaves no room, each row of the table becomes lines of `name: value`.

use std::ops::Range;

use pulldown_cmark::Alignment;

use crate::tui::widget::cells;
use crate::tui::widget::paint::{Glyphs, Ink, Tone};
use crate::tui::widget::sheet::Sheet;
use crate::tui::widget::sheet::flat::Flat;
use crate::tui::widget::wrap;

/// A column that must give way keeps at least so many cells.
const NARROWEST: usize = 6;

#[derive(Debug)]
pub struct Table {
    alignments: Vec<Alignment>,
    /// The first is the head.
    rows: Vec<Vec<Flat>>,
    /// Where each stands in the source.
    sources: Vec<Range<usize>>,
}

impl Table {
    pub fn new(alignments: Vec<Alignment>) -> Self {
        Self {
            alignments,
            rows: Vec::new(),
            sources: Vec::new(),
        }
    }

    pub fn begin_row(&mut self, source: Range<usize>) {
        self.sources.push(source);
        self.rows.push(Vec::with_capacity(self.alignments.len()));
    }

    pub fn cell(&mut self, mut cell: Flat) {
        let head = self.rows.len() == 1;
        if head {
            cell = strong(&cell);
        }
        if let Some(row) = self.rows.last_mut() {
            row.push(cell);
        }
    }

    /// Adds the table within `room` cells, behind leads that were put before.
    pub fn write(
        &self,
        sheet: &mut Sheet,
        glyphs: Glyphs,
        room: usize,
        first: &Range<usize>,
        rest: &Range<usize>,
    ) {
        let mut lead = Lead {
            first: Some(first.clone()),
            rest: rest.clone(),
        };
        let natural = self.natural();
        match fitted(&natural, room) {
            Some(widths) => self.grid(sheet, glyphs, &widths, &mut lead),
            None => self.pairs(sheet, room, &mut lead),
        }
    }

    /// The width of each column's widest cell.
    fn natural(&self) -> Vec<usize> {
        let mut widths = vec![0; self.alignments.len()];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                for line in cell.text().split('\n') {
                    *width = (*width).max(cells::of(line));
                }
            }
        }
        for width in &mut widths {
            *width = (*width).max(1);
        }
        widths
    }

    fn grid(&self, sheet: &mut Sheet, glyphs: Glyphs, widths: &[usize], lead: &mut Lead) {
        let borders = match glyphs {
            Glyphs::Unicode => ["┌┬┐", "├┼┤", "└┴┘"],
            Glyphs::Ascii => ["+++", "+++", "+++"],
        };
        border(sheet, glyphs, borders[0], widths, lead);
        // Rows are parted by lines when a cell of the body takes several; else only the head is.
        let parted = self.rows.iter().skip(1).any(|row| {
            row.iter()
                .zip(widths)
                .any(|(cell, width)| wrap::words(cell.text(), *width, *width).nth(1).is_some())
        });
        for (index, row) in self.rows.iter().enumerate() {
            if index == 1 || (index > 1 && parted) {
                border(sheet, glyphs, borders[1], widths, lead);
            }
            let first = sheet.height();
            self.grid_row(sheet, glyphs, row, widths, lead);
            self.place(sheet, first, index);
        }
        border(sheet, glyphs, borders[2], widths, lead);
    }

    /// The first row of the sheet that shows a row of the table stands for all of it.
    fn place(&self, sheet: &mut Sheet, first: usize, index: usize) {
        if let Some(source) = self.sources.get(index) {
            sheet.place_row(first, source);
        }
    }

    fn grid_row(
        &self,
        sheet: &mut Sheet,
        glyphs: Glyphs,
        row: &[Flat],
        widths: &[usize],
        lead: &mut Lead,
    ) {
        let wall = glyphs.pick("│", "|");
        let broken: Vec<Vec<Range<usize>>> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| wrap::words(cell.text(), *width, *width).collect())
            .collect();
        let height = broken.iter().map(Vec::len).max().unwrap_or(0).max(1);
        for line in 0..height {
            let start = sheet.flat().len();
            sheet.flat().put(wall, Ink::Border);
            for (column, width) in widths.iter().enumerate() {
                let part = broken.get(column).and_then(|lines| lines.get(line));
                let cell = row.get(column);
                let used = match (cell, part) {
                    (Some(cell), Some(part)) => cells::of(&cell.text()[part.clone()]),
                    _ => 0,
                };
                let spare = width.saturating_sub(used);
                let before = match self.alignments.get(column) {
                    Some(Alignment::Right) => spare,
                    Some(Alignment::Center) => spare / 2,
                    _ => 0,
                };
                sheet.flat().put(&" ".repeat(1 + before), Ink::Text);
                if let (Some(cell), Some(part)) = (cell, part) {
                    sheet.flat().put_part(cell, part.clone());
                }
                sheet.flat().put(&" ".repeat(1 + spare - before), Ink::Text);
                sheet.flat().put(wall, Ink::Border);
            }
            let end = sheet.flat().len();
            sheet.push(&lead.next(), &(start..end));
        }
    }

    fn pairs(&self, sheet: &mut Sheet, room: usize, lead: &mut Lead) {
        let Some((head, body)) = self.rows.split_first() else {
            return;
        };
        let none = Flat::default();
        let body: &[Vec<Flat>] = if body.is_empty() {
            std::slice::from_ref(head)
        } else {
            body
        };
        for (index, row) in body.iter().enumerate() {
            if index > 0 {
                let end = sheet.flat().len();
                sheet.push(&lead.next(), &(end..end));
            }
            let first = sheet.height();
            let mut written = false;
            for (column, cell) in row.iter().enumerate() {
                if cell.text().trim().is_empty() {
                    continue;
                }
                written = true;
                let name = head.get(column).unwrap_or(&none);
                let start = sheet.flat().len();
                if !name.text().trim().is_empty() && !std::ptr::eq(row, head) {
                    sheet.flat().put_part(name, 0..name.len());
                    sheet.flat().put(": ", Ink::Muted);
                }
                sheet.flat().put_part(cell, 0..cell.len());
                let end = sheet.flat().len();
                let text = sheet.flat().text()[start..end].to_owned();
                for part in wrap::words(&text, room, room) {
                    sheet.push(&lead.next(), &(start + part.start..start + part.end));
                }
            }
            if !written {
                let end = sheet.flat().len();
                sheet.push(&lead.next(), &(end..end));
            }
            self.place(sheet, first, self.rows.len() - body.len() + index);
        }
    }
}

/// What stands before the rows: something of its own before the first.
struct Lead {
    first: Option<Range<usize>>,
    rest: Range<usize>,
}

impl Lead {
    fn next(&mut self) -> Range<usize> {
        self.first.take().unwrap_or_else(|| self.rest.clone())
    }
}

/// Widths for `room` cells in all, borders counted: those that fit keep theirs, the others share what is left. `None` when
/// a column would become too narrow to read.
fn fitted(natural: &[usize], room: usize) -> Option<Vec<usize>> {
    let borders = natural.len() * 3 + 1;
    let mut left = room.checked_sub(borders)?;
    if natural.iter().sum::<usize>() <= left {
        return Some(natural.to_vec());
    }
    let mut order: Vec<usize> = (0..natural.len()).collect();
    order.sort_by_key(|index| natural[*index]);
    let mut widths = natural.to_vec();
    for (place, index) in order.iter().enumerate() {
        let share = left / (natural.len() - place);
        widths[*index] = natural[*index].min(share);
        if widths[*index] < natural[*index].min(NARROWEST) {
            return None;
        }
        left -= widths[*index];
    }
    Some(widths)
}

fn border(sheet: &mut Sheet, glyphs: Glyphs, joints: &str, widths: &[usize], lead: &mut Lead) {
    let across = glyphs.pick("─", "-");
    let mut joints = joints.chars();
    let mut line = String::new();
    line.extend(joints.next());
    let middle = joints.next();
    for (column, width) in widths.iter().enumerate() {
        if column > 0 {
            line.extend(middle);
        }
        line.push_str(&across.repeat(width + 2));
    }
    line.extend(joints.next());
    let start = sheet.flat().len();
    sheet.flat().put(&line, Ink::Border);
    let end = sheet.flat().len();
    sheet.push(&lead.next(), &(start..end));
}

fn strong(cell: &Flat) -> Flat {
    let strong = |tone: Tone| Tone {
        strong: true,
        ..tone
    };
    cell.toned(&strong)
}
