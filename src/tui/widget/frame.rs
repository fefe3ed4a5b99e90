//! A box with titles in its upper line, as every pane and card has one: heavy where the keys go, light elsewhere.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::cells;
use crate::tui::widget::paint::Glyphs;
use crate::tui::widget::text;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Weight {
    /// This has the keys.
    Heavy,
    #[default]
    Light,
}

/// A part of a title. Parts stand two blanks apart; where there is no room the later ones on the left and the earlier ones
/// on the right go first, and the first of all is cut last. The text must be clean and on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    pub text: &'a str,
    pub style: Style,
}

impl<'a> Segment<'a> {
    pub const fn new(text: &'a str, style: Style) -> Self {
        Self { text, style }
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Frame<'a> {
    pub weight: Weight,
    pub glyphs: Glyphs,
    pub left: &'a [Segment<'a>],
    pub right: &'a [Segment<'a>],
    /// Of the lines.
    pub style: Style,
}

impl Frame<'_> {
    /// What is inside a frame around `area`; empty where there is no room for both.
    pub fn inner(area: Rect) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect {
                width: 0,
                height: 0,
                ..area
            };
        }
        Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width - 2,
            height: area.height - 2,
        }
    }

    /// Draws the lines and titles and gives what is inside, whose cells are left as they are.
    pub fn draw(&self, canvas: &mut Canvas, area: Rect) -> Rect {
        let area = area.intersection(canvas.area);
        if area.width < 2 || area.height < 2 {
            return Self::inner(area);
        }
        let lines = Lines::of(self.weight, self.glyphs);
        let (left, right) = (area.left(), area.right() - 1);
        let (top, bottom) = (area.top(), area.bottom() - 1);
        for y in [top, bottom] {
            canvas.fill(left + 1, y, right, lines.across, self.style);
        }
        for y in top + 1..bottom {
            canvas.fill(left, y, left + 1, lines.down, self.style);
            canvas.fill(right, y, right + 1, lines.down, self.style);
        }
        for (x, y, corner) in [
            (left, top, lines.corners[0]),
            (right, top, lines.corners[1]),
            (left, bottom, lines.corners[2]),
            (right, bottom, lines.corners[3]),
        ] {
            canvas.fill(x, y, x + 1, corner, self.style);
        }
        self.titles(canvas, area);
        Self::inner(area)
    }

    /// Draws a line from wall to wall within the frame around `area`, in row `y` of the canvas.
    pub fn divide(&self, canvas: &mut Canvas, area: Rect, y: u16) {
        let area = area.intersection(canvas.area);
        if area.width > 2 && y > area.top() && y + 1 < area.bottom() {
            let line = self.glyphs.pick("─", "-");
            canvas.fill(area.left() + 1, y, area.right() - 1, line, self.style);
        }
    }

    fn titles(&self, canvas: &mut Canvas, area: Rect) {
        // Corner, line and blank at each end; at least one line between the two titles, and their blanks.
        let room = usize::from(area.width).saturating_sub(6);
        let (mut left, mut right) = (self.left, self.right);
        let gap = |left: &[Segment], right: &[Segment]| {
            if left.is_empty() || right.is_empty() {
                0
            } else {
                3
            }
        };
        while span(left) + span(right) + gap(left, right) > room {
            if left.len() > 1 {
                left = &left[..left.len() - 1];
            } else if right.len() > 1 || (!right.is_empty() && span(right) + 8 > room) {
                right = &right[1..];
            } else {
                break;
            }
        }
        let right_cells = span(right);
        let left_room = room.saturating_sub(right_cells + gap(left, right));
        let y = area.top();
        let mut x = area.left() + 2;
        let end = area
            .left()
            .saturating_add(3 + left_room as u16)
            .min(area.right().saturating_sub(1));
        if left_room > 0 && !left.is_empty() {
            x = canvas.write(x, y, end, " ", self.style);
            for (index, segment) in left.iter().enumerate() {
                if index > 0 {
                    x = canvas.write(x, y, end, "  ", self.style);
                }
                let fitted = text::fit(
                    segment.text,
                    usize::from(end.saturating_sub(x)),
                    self.glyphs,
                );
                x = canvas.write(x, y, end, &fitted, segment.style);
            }
            canvas.write(x, y, end.saturating_add(1), " ", self.style);
        }
        if right_cells > 0 && right_cells <= room {
            let end = area.right() - 2;
            let mut x = end - right_cells as u16 - 2;
            x = canvas.write(x, y, end, " ", self.style);
            for (index, segment) in right.iter().enumerate() {
                if index > 0 {
                    x = canvas.write(x, y, end, "  ", self.style);
                }
                x = canvas.write(x, y, end, segment.text, segment.style);
            }
            canvas.write(x, y, end, " ", self.style);
        }
    }
}

/// The width of segments side by side.
fn span(segments: &[Segment]) -> usize {
    let texts: usize = segments
        .iter()
        // A title longer than any screen need not be measured to its end.
        .map(|segment| cells::prefix(segment.text, usize::from(u16::MAX)).1)
        .sum();
    texts + segments.len().saturating_sub(1) * 2
}

struct Lines {
    across: &'static str,
    down: &'static str,
    corners: [&'static str; 4],
}

impl Lines {
    fn of(weight: Weight, glyphs: Glyphs) -> Self {
        match (glyphs, weight) {
            (Glyphs::Unicode, Weight::Heavy) => Self {
                across: "━",
                down: "┃",
                corners: ["┏", "┓", "┗", "┛"],
            },
            (Glyphs::Unicode, Weight::Light) => Self {
                across: "─",
                down: "│",
                corners: ["┌", "┐", "└", "┘"],
            },
            (Glyphs::Ascii, Weight::Heavy) => Self {
                across: "=",
                down: "|",
                corners: ["#", "#", "#", "#"],
            },
            (Glyphs::Ascii, Weight::Light) => Self {
                across: "-",
                down: "|",
                corners: ["+", "+", "+", "+"],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn drawn(
        width: u16,
        height: u16,
        weight: Weight,
        glyphs: Glyphs,
        left: &[&str],
        right: &[&str],
    ) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut canvas = Canvas::over(area);
        let left: Vec<Segment> = left
            .iter()
            .map(|text| Segment::new(text, Style::new()))
            .collect();
        let right: Vec<Segment> = right
            .iter()
            .map(|text| Segment::new(text, Style::new()))
            .collect();
        let frame = Frame {
            weight,
            glyphs,
            left: &left,
            right: &right,
            style: Style::new(),
        };
        frame.draw(&mut canvas, area);
        frame.divide(&mut canvas, area, height.saturating_sub(2));
        let buffer = canvas.painted();
        (0..height)
            .map(|y| {
                (0..width)
                    .map(|x| buffer[(x, y)].symbol().to_owned())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn frames_are_those_of_the_drawings() {
        assert_eq!(
            drawn(
                58,
                4,
                Weight::Heavy,
                Glyphs::Unicode,
                &["1 api-fix", "~/src/api", "sonnet-5-5"],
                &["turn 14", "$0.42"]
            ),
            [
                "┏━ 1 api-fix  ~/src/api  sonnet-5-5 ━━━━ turn 14  $0.42 ━┓",
                "┃                                                        ┃",
                "┃────────────────────────────────────────────────────────┃",
                "┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛",
            ]
        );
        assert_eq!(
            drawn(
                42,
                2,
                Weight::Light,
                Glyphs::Unicode,
                &["2 docs", "~/src/site", "haiku"],
                &["✓", "$0.03"]
            ),
            [
                "┌─ 2 docs  ~/src/site  haiku ─ ✓  $0.03 ─┐",
                "└────────────────────────────────────────┘",
            ]
        );
        assert_eq!(
            drawn(
                24,
                3,
                Weight::Light,
                Glyphs::Ascii,
                &["3 flaky", "~/src"],
                &["$1.87"]
            )[0],
            "+- 3 flaky ---- $1.87 -+"
        );
    }

    #[test]
    fn titles_give_way_from_the_outside_in() {
        let title = |width| {
            drawn(
                width,
                2,
                Weight::Light,
                Glyphs::Unicode,
                &["1 汉字 fix", "~/src"],
                &["turn 2", "$0.1"],
            )
            .swap_remove(0)
        };
        assert_eq!(title(38), "┌─ 1 汉 字  fix  ~/src ─ turn 2  $0.1 ─┐");
        assert_eq!(title(35), "┌─ 1 汉 字  fix ───── turn 2  $0.1 ─┐");
        assert_eq!(title(24), "┌─ 1 汉 字  fix ── $0.1 ─┐");
        assert_eq!(title(18), "┌─ 1 汉 … ─ $0.1 ─┐");
        assert_eq!(title(9), "┌─ 1… ──┐");
        for width in 0..9 {
            drawn(
                width,
                2,
                Weight::Heavy,
                Glyphs::Unicode,
                &["title"],
                &["right"],
            );
        }
        assert_eq!(
            drawn(1, 1, Weight::Heavy, Glyphs::Unicode, &["t"], &[]),
            [" "]
        );
    }
}
