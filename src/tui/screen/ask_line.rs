//! What is typed inside an ask: one line with its end in sight, or a command in the lines it has, as many as there is room for.

use ratatui::layout::Rect;

use crate::agent::visible::{as_command, as_command_at, escaped_at};
use crate::tui::app::ask::Line;
use crate::tui::app::text::Text;
use crate::tui::screen::look::{Look, Mark, Role};
use crate::tui::screen::rows::GOES_ON;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{cells, wrap};

/// What stands before it.
fn lead(line: &Line) -> &'static str {
    match line {
        Line::Reason(_) => "no, because: ",
        Line::Command(_) => "run: ",
        Line::Answer(_) => "answer: ",
        Line::Rule(_) => "rule: ",
    }
}

/// Cells of a row of a command; one more holds the cursor at its end.
fn room(width: usize, line: &Line) -> usize {
    width.saturating_sub(lead(line).len() + 1).max(1)
}

/// Rows that it takes when all of it is shown.
pub fn height(line: &Line, width: usize) -> usize {
    match line {
        Line::Command(text) => wrap::chop(&as_command(text.as_str()), room(width, line)).count(),
        Line::Reason(_) | Line::Answer(_) | Line::Rule(_) => 1,
    }
}

/// Draws it into rows of its own; gives the cursor's place.
pub fn draw(line: &Line, canvas: &mut Canvas, area: Rect, look: &Look) -> (u16, u16) {
    match line {
        Line::Command(text) => draw_lines(line, text, canvas, area, look),
        Line::Reason(text) | Line::Answer(text) => {
            draw_line(canvas, area, area.y, lead(line), text, look)
        }
        Line::Rule(text) => {
            let shown = as_command_at(text.as_str(), text.cursor());
            draw_shown(canvas, area, (area.y, lead(line)), &shown, look)
        }
    }
}

/// The lines of a command as they are: where one goes on in the next row, and where more are above or below, a mark says so in a
/// column that no text comes to.
fn draw_lines(
    line: &Line,
    text: &Text,
    canvas: &mut Canvas,
    area: Rect,
    look: &Look,
) -> (u16, u16) {
    let (shown, cursor) = as_command_at(text.as_str(), text.cursor());
    let rows: Vec<_> = wrap::chop(&shown, room(usize::from(area.width), line)).collect();
    let here = rows.iter().rposition(|row| row.start <= cursor);
    let here = here.unwrap_or_default();
    let height = usize::from(area.height).max(1);
    let first = (here + 1).saturating_sub(height);
    let indent = lead(line).len();
    let mut place = (area.left(), area.top());
    let seen = rows.iter().enumerate().skip(first).take(height);
    for ((index, row), y) in seen.zip(area.top()..area.bottom()) {
        let goes_on = row.start > 0 && !shown[..row.start].ends_with('\n');
        let cut =
            index == first && first > 0 || index + 1 == first + height && index + 1 < rows.len();
        let mark = match (index, cut, goes_on) {
            // The only row there is: what is below it runs as well.
            (0, true, _) => format!("{}{}", lead(line).trim_end(), look.mark(Mark::More)),
            (0, ..) => lead(line).to_owned(),
            (_, true, _) => format!("{} ", look.mark(Mark::More)),
            (_, false, true) => GOES_ON.to_owned(),
            (_, false, false) => String::new(),
        };
        let mark = look.plain(&mark, Role::Muted).into_owned();
        let mark = format!("{mark:>indent$}");
        let x = canvas.write(area.left(), y, area.right(), &mark, look.style(Role::Muted));
        canvas.write(
            x,
            y,
            area.right(),
            &shown[row.clone()],
            look.style(Role::Text),
        );
        if index == here {
            let before = cells::of(&shown[row.start..cursor.clamp(row.start, row.end)]);
            place = (x + u16::try_from(before).unwrap_or(u16::MAX), y);
        }
    }
    place
}

/// One line that is typed, with its end in sight; gives the cursor's place.
pub fn draw_line(
    canvas: &mut Canvas,
    area: Rect,
    y: u16,
    lead: &str,
    line: &Text,
    look: &Look,
) -> (u16, u16) {
    let shown = escaped_at(line.as_str(), line.cursor());
    draw_shown(canvas, area, (y, lead), &shown, look)
}

/// What is shown of a line, and where in it the cursor is.
fn draw_shown(
    canvas: &mut Canvas,
    area: Rect,
    (y, lead): (u16, &str),
    (shown, cursor): &(String, usize),
    look: &Look,
) -> (u16, u16) {
    let x = canvas.write(area.left(), y, area.right(), lead, look.style(Role::Muted));
    let room = usize::from(area.right().saturating_sub(x)).saturating_sub(1);
    let before = cells::of(shown.get(..*cursor).unwrap_or(shown));
    let mut from = 0;
    let mut column = before;
    if before > room {
        // The start is left out so that the cursor is in sight.
        let (cut, cut_cells) = cells::prefix(shown, before - room);
        from = cut;
        column = before - cut_cells;
    }
    canvas.write(x, y, area.right(), &shown[from..], look.style(Role::Text));
    (x + column as u16, y)
}
